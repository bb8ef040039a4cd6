"""The card of a task: what it shows, and every act on it, with what is refused."""

import re
from urllib.parse import quote

import pytest
from page_client import Pages, link_in, mails, pdf
from sqlalchemy import select

from factories import relation
from sql import schema

ODD = relation("A/B é'\"<b>", "2027-03-01", name="Müller & <i>Fils</i>", owner_id="U1")


@pytest.fixture
def client(any_desk):
    """The client's own browser, with the page open."""
    pages = Pages(any_desk.office, any_desk.clock)
    pages.open(link_in(mails(any_desk.office)[0]))
    return pages


def acts(desk):
    d = schema.desk_acts.c
    with desk.office.store.begin(only_reads=True) as connection:
        wanted = select(d.act, d.user_id).where(d.about_kind == "task").order_by(d.act_id)
        return [tuple(row) for row in connection.execute(wanted)]


def act(desk, button, path="/desk/tasks/1", of=None, **typed):
    """Press a button on the card: the form that it is in, of an item if one is named."""
    page = desk.get("/desk/tasks/1").text
    at = page.index(f'id="item-documents-{of}"') if of else 0
    chosen = next(
        form
        for form in re.finditer(r"<form method=\"post\" action=\"([^\"]+)\"[^>]*>(.*?)</form>", page[at:], re.DOTALL)
        if f'value="{button}"' in form[2] and form[1].partition("#")[0] == path
    )
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', chosen[2]))
    return desk.post(path, fields | {"do": button} | typed)


def states(desk):
    return dict(re.findall(r'<li id="item-documents-(\w+)" data-state="(\w+)"', desk.get("/desk/tasks/1").text))


def test_what_a_client_sends_is_shown_reviewed_and_given_back(any_desk, client):
    desk = any_desk
    client.send("kms", value="12500")
    client.send("iban", value="FR76 3000 6000 0112 3456 7890 189")
    client.upload("bank", quote("relevé.pdf"), pdf(1))
    desk.sign_in()
    page = desk.get("/desk/tasks/1").text
    assert "12500" in page
    assert "relevé.pdf" in page
    assert states(desk)["iban"] == "received"
    assert act(desk, "accept", of="iban").status_code == 303
    assert states(desk)["iban"] == "accepted"
    before = len(mails(desk.office))
    assert act(desk, "return", of="kms", reason="Il manque un zéro.").status_code == 303
    assert states(desk)["kms"] == "returned"
    assert "Il manque un zéro." in desk.get("/desk/tasks/1").text
    assert len(mails(desk.office)) >= before
    assert acts(desk) == [("accept", "U1"), ("return", "U1")]
    # The reason may be about the client: it is with the item, and not in the row of the act.
    with desk.office.store.begin(only_reads=True) as connection:
        details = connection.execute(select(schema.desk_acts.c.detail)).scalars().all()
    assert "zéro" not in repr(details)


def test_a_return_needs_a_reason(any_desk, client):
    client.send("kms", value="12500")
    any_desk.sign_in()
    answer = act(any_desk, "return", of="kms", reason="   ")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert states(any_desk)["kms"] == "received"
    assert acts(any_desk) == [("return", "U1"), ("refused", "U1")]


def test_a_document_is_downloaded_as_it_came_and_never_shown(any_desk, client):
    content = pdf(2)
    client.upload("card", quote("carte d'identité «1».pdf"), content)
    any_desk.sign_in()
    (path,) = set(re.findall(r'href="(/desk/tasks/1/documents/\d+)"', any_desk.get("/desk/tasks/1").text))
    answer = any_desk.get(path)
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert any_desk.get("/desk/tasks/1/documents/999").status_code == 404
    assert any_desk.get("/desk/tasks/2/documents/1").status_code == 404
    client.office.settings.documents.rename(client.office.settings.home / "elsewhere")
    assert any_desk.get(path).status_code == 404


def test_a_task_is_done_once_and_cannot_be_cancelled_then(any_desk):
    desk = any_desk
    desk.sign_in()
    page = desk.get("/desk/tasks/1")
    assert act(desk, "done").status_code == 303
    assert '<button type="submit" name="do" value="done">' not in desk.get("/desk/tasks/1").text
    action, fields = next((a, f) for a, f in desk.forms(page) if a == "/desk/tasks/1")
    answer = desk.post(action, fields | {"do": "cancel"})
    assert answer.status_code == 409
    assert "Task 1 is done already; it cannot become cancelled." in answer.text


def test_steps_are_closed_and_their_mails_not_sent_again(any_desk):
    desk = any_desk
    desk.sign_in()
    assert act(desk, "close_step").status_code == 303
    assert "done" in desk.get("/desk/tasks?status=done").text
    page = desk.get("/desk/tasks/1").text
    assert 'data-state="done"' in page


def test_a_mail_that_was_sent_is_not_sent_again_by_the_button(any_desk):
    desk = any_desk
    desk.sign_in()
    before = len(mails(desk.office))
    act(desk, "send")
    assert len(mails(desk.office)) == before


def test_a_request_is_reminded_of_and_refused_in_words_on_the_same_day(any_desk):
    desk = any_desk
    desk.sign_in()
    answer = act(desk, "remind")
    assert answer.status_code == 409
    assert "had a message on" in answer.text
    desk.clock.forward(days=3)
    desk.sign_in()
    before = len(mails(desk.office))
    assert act(desk, "remind").status_code == 303
    assert len(mails(desk.office)) == before + 1


def test_items_are_added_named_anew_and_taken_away(any_desk):
    desk = any_desk
    desk.sign_in()
    items = "/desk/tasks/1/items"
    assert act(desk, "add", items, item="lease", label="Bail", type="document").status_code == 303
    assert states(desk)["lease"] == "open"
    assert act(desk, "label", items, item="lease", label="Bail commercial").status_code == 303
    assert "Bail commercial" in desk.get("/desk/tasks/1").text
    assert act(desk, "remove", items, item="lease").status_code == 303
    assert "lease" not in states(desk)
    assert act(desk, "add", items, item="Not a key", label="X", type="text").status_code == 409
    assert act(desk, "remove", items, item="nothing").status_code == 409


def test_another_is_asked_and_the_first_ones_link_is_dead(any_desk, client):
    desk = any_desk
    desk.office.take("relations", relation("R2", "2027-03-01", name="Autre", owner_id="U1"))
    desk.sign_in()
    action, fields = desk.form("/recipients", desk.get("/desk/tasks/1"))
    assert desk.post(action, fields | {"recipients": "R2"}).status_code == 303
    assert "Autre" in desk.get("/desk/tasks/1").text
    assert client.get("/d").status_code == 403
    answer = desk.post(action, fields | {"recipients": "R2 nobody"})
    assert answer.status_code == 409
    assert "There is no relation nobody" in answer.text


def test_comments_have_their_author(any_desk):
    desk = any_desk
    desk.sign_in()
    action, fields = desk.form("/comments", desk.get("/desk/tasks/1"))
    assert desk.post(action, fields | {"text": "Appelé <le> 3."}).status_code == 303
    page = desk.get("/desk/tasks/1").text
    assert "Appelé &lt;le&gt; 3." in page
    assert "Anne Dupont" in page.partition('id="comments"')[2]
    assert desk.post(action, fields | {"text": "  "}).status_code == 409


def test_a_link_is_shown_to_who_asks_for_it_and_that_is_noted(any_desk):
    desk = any_desk
    desk.sign_in()
    assert "/r/" not in desk.get("/desk/tasks/1").text
    action, fields = desk.form("/links", desk.get("/desk/tasks/1"))
    answer = desk.post(action, fields)
    assert link_in(mails(desk.office)[0]) in answer.text
    assert acts(desk) == [("copy_link", "U1")]


def test_odd_names_and_ids_are_shown_as_they_are(sqlite_office, moment):
    from desk_client import open_desk

    desk = open_desk(sqlite_office, moment, ODD)
    desk.sign_in()
    for path in ("/desk/tasks", "/desk/tasks/1"):
        page = desk.get(path).text
        assert "Müller &amp; &lt;i&gt;Fils&lt;/i&gt;" in page
        assert (
            "/desk/relations/A%2FB%20%C3%A9%27%22%3Cb%3E" in page or "/desk/relations/A/B%20%C3%A9%27%22%3Cb%3E" in page
        )


def test_there_is_nothing_where_there_is_no_task(desk):
    desk.sign_in()
    assert desk.get("/desk/tasks/999").status_code == 404
    assert desk.get("/desk/tasks/x").status_code == 404


def test_what_happened_is_told_in_order(any_desk, client):
    client.send("kms", value="12500")
    any_desk.sign_in()
    any_desk.clock.forward(minutes=1)
    act(any_desk, "accept", of="kms")
    timeline = any_desk.get("/desk/tasks/1").text.partition('id="timeline"')[2]
    told = re.findall(r"<li>([^<]+)</li>", timeline)
    assert "accepté" in told[0]
    assert any("réponse reçue (kms)" in one for one in told)
    assert any("page ouverte" in one for one in told)
