"""Links: the same in every message, of no use to who has the database, revocable, and safe from scanners (D1, D2)."""

import json
from datetime import timedelta

from click.testing import CliRunner
from page_client import BASE, ITEMS, Pages, ask, link_in, mails, text_of
from sqlalchemy import select, text, update

from factories import NOON, TUESDAY, relation
from flows.cli import relance
from flows.jobs.links import list_links, revoke_links
from flows.jobs.requests import take_answer
from sql import schema
from tasks.requests.answers import Answer
from tasks.requests.recipients import choose_recipients


def events(office):
    with office.store.begin() as connection:
        return list(connection.execute(select(schema.request_events.c.kind)).scalars())


def test_d1_first_mail_and_reminder_have_the_same_link_alone_on_its_line(any_pages, moment):
    moment.forward(days=7)
    any_pages.office.night(TUESDAY + timedelta(days=7))
    first, reminder = mails(any_pages.office)
    assert link_in(first) == link_in(reminder)
    assert f"\n{BASE}{link_in(first)}\n" in text_of(first).replace("\r\n", "\n")
    assert len(BASE + link_in(first)) < 90
    assert f'href="{BASE}{link_in(first)}"' in first.get_body(("html",)).get_content()


def test_without_an_address_of_the_page_mails_carry_no_link(sqlite_office):
    ask(sqlite_office)
    sqlite_office.edit("firm.yaml", f"\nweb:\n  url: {BASE}\n", "\n")
    sqlite_office.bring(relation("R2"))
    sqlite_office.assign("month/monthly", "R2", since=TUESDAY)
    sqlite_office.night(TUESDAY)
    assert ["/r/" in text_of(mail) for mail in mails(sqlite_office)] == [True, False]


def test_d1_no_token_is_in_the_database_its_files_or_what_a_run_writes(pages):
    token = link_in(mails(pages.office)[0]).rpartition("/")[2]
    pages.open(f"/r/{token}")
    home = pages.office.settings.home
    found = [p for p in home.rglob("*") if p.is_file() and token.encode() in p.read_bytes()]
    assert {p.parent.name for p in found} == {"outbox"}
    secret = next(iter(pages.cookies.jar)).value
    assert [p for p in home.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()] == []


def test_d1_the_key_is_the_owners_alone_and_another_key_opens_nothing(pages):
    path = link_in(mails(pages.office)[0])
    key = pages.office.settings.home / "web.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_text("0" * 64)
    assert Pages(pages.office, pages.clock).get(path).status_code == 200  # what is stored is a hash of the token
    (row,) = list_links(pages.office.settings, pages.office.store, 1)
    assert not row["url"].endswith(path)
    assert pages.get(path).status_code == 404
    assert pages.get(row["url"].removeprefix(BASE)).status_code == 200


def test_d2_head_and_get_change_nothing_and_show_no_data(any_pages):
    path = link_in(mails(any_pages.office)[0])
    before = events(any_pages.office)
    answers = [any_pages.ask("HEAD", path), any_pages.get(path), any_pages.other(address="198.51.100.7").get(path)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert not [a for a in answers if "set-cookie" in a.headers]
    assert [word for word in ("Jeanne", "Relevés", "Pièces") if word in answers[1].text] == []
    assert events(any_pages.office) == before
    assert any_pages.open(path).status_code == 200


def test_d2_the_button_opens_a_session_and_takes_the_token_out_of_the_address(pages):
    (action, fields), *_ = pages.forms(pages.get(link_in(mails(pages.office)[0])))
    assert action == "/r"
    answer = pages.post(action, fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/d")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert fields["token"] not in pages.get("/d").text


def neutral(answer):
    """An answer without what it repeats of the link itself."""
    return answer.status_code, answer.text.replace(answer.request.url.path.rpartition("/")[2][:64], "TOKEN")


def test_d1_unknown_revoked_old_and_passed_on_links_get_one_answer(any_pages, moment):
    path = link_in(mails(any_pages.office)[0])
    unknown = neutral(any_pages.get("/r/" + "1" * 44))
    assert unknown[0] == 404
    assert revoke_links(any_pages.office.store, 1) == 1
    assert neutral(any_pages.get(path)) == unknown
    fresh = list_links(any_pages.office.settings, any_pages.office.store, 1)[0]["url"].removeprefix(BASE)
    assert (fresh != path, any_pages.get(fresh).status_code) == (True, 200)
    moment.forward(days=181)
    assert neutral(any_pages.get(fresh)) == unknown
    moment.forward(days=-181)
    any_pages.office.bring(relation("R2"), file="r2.csv")
    choose_recipients(any_pages.office.store, 1, ["R2"], None, TUESDAY, now=NOON)
    assert neutral(any_pages.get(fresh)) == unknown
    assert neutral(any_pages.get(path + "x")) == unknown


def test_d1_a_closed_request_says_thank_you_for_fourteen_days(pages, moment):
    path = link_in(mails(pages.office)[0])
    pages.open(path)
    with pages.office.store.begin() as connection:
        connection.execute(update(schema.follow_up_tasks).values(status="done", closed_on=TUESDAY))
    assert "Cette demande est close" in pages.get("/d").text
    assert "/items/" not in pages.get("/d").text
    moment.forward(days=14)
    assert pages.get(path).status_code == 200
    moment.forward(days=1)
    assert pages.get(path).status_code == 404


def test_a_dead_link_is_renewed_to_the_address_on_file_once_an_hour_and_nobody_is_told(any_pages, moment):
    office, path = any_pages.office, link_in(mails(any_pages.office)[0])
    revoke_links(office.store, 1)
    (action, fields), *_ = any_pages.forms(any_pages.get(path))
    said = any_pages.post(action, fields)
    assert said.text == any_pages.post(action, {"token": "1" * 44}).text
    assert len(mails(office)) == 2
    assert mails(office)[1]["To"].addresses[0].addr_spec == "jeanne@martin.example"
    assert any_pages.open(link_in(mails(office)[1])).status_code == 200
    any_pages.post(action, fields)
    assert len(mails(office)) == 2
    moment.forward(minutes=61)
    any_pages.post(action, fields)
    assert len(mails(office)) == 3


def test_links_are_listed_and_revoked_by_command(pages):
    home = ["--home", str(pages.office.settings.home)]
    run = CliRunner().invoke(relance, ["links", "1", "--json", *home])
    (row,) = json.loads(run.stdout)
    assert {**row, "url": row["url"].removeprefix(BASE)} == {
        "step": "documents",
        "recipient_id": "R1",
        "url": link_in(mails(pages.office)[0]),
        "expires_on": row["expires_on"],
    }
    assert "1 links of task 1 are revoked" in CliRunner().invoke(relance, ["links", "1", "--revoke", *home]).stderr
    assert CliRunner().invoke(relance, ["links", "77", *home]).exit_code == 1


def test_each_of_several_recipients_has_a_link_of_its_own_and_one_answer_closes_for_both(any_pages):
    office = any_pages.office
    office.bring(relation("R2", email="paul@martin.example"), file="r2.csv")
    choose_recipients(office.store, 1, ["R1", "R2"], None, TUESDAY, now=NOON)
    one, two = (row["url"].removeprefix(BASE) for row in list_links(office.settings, office.store, 1))
    assert one != two
    other = any_pages.other()
    any_pages.open(one)
    other.open(two)
    assert any_pages.send("kms", value="1200").status_code == 303
    assert other.states()["kms"] == "received"
    assert "1200" not in other.get("/d").text


def test_d8_the_link_of_who_is_asked_no_longer_is_revoked_and_who_is_asked_again_gets_a_new_one(any_pages):
    office, path = any_pages.office, link_in(mails(any_pages.office)[0])
    office.bring(relation("R2", email="paul@martin.example"), file="r2.csv")
    choose_recipients(office.store, 1, ["R1", "R2"], None, TUESDAY, now=NOON)
    assert (any_pages.get(path).status_code, events(office)) == (200, ["link_made"])
    list_links(office.settings, office.store, 1)
    choose_recipients(office.store, 1, ["R2"], None, TUESDAY, now=NOON)
    choose_recipients(office.store, 1, ["R2"], None, TUESDAY, now=NOON)
    e = schema.request_events.c
    with office.store.begin() as connection:
        revoked = connection.execute(select(e.recipient_id, e.step).where(e.kind == "link_revoked")).all()
    assert revoked == [("R1", "documents")]
    choose_recipients(office.store, 1, ["R1"], None, TUESDAY, now=NOON)
    assert any_pages.get(path).status_code == 404
    (row,) = list_links(office.settings, office.store, 1)
    assert not row["url"].endswith(path)
    assert any_pages.get(row["url"].removeprefix(BASE)).status_code == 200


def test_d1_a_database_restored_from_a_backup_gives_nobody_anothers_page(pages):
    """The token is of the request and its recipient, not of the link's number, which is given out again."""
    office, path = pages.office, link_in(mails(pages.office)[0])
    office.bring(relation("R2", email="paul@martin.example"), file="r2.csv")
    with office.store.begin() as connection:
        connection.execute(text("DELETE FROM page_links"))
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = 'page_links'"))
    choose_recipients(office.store, 1, ["R2"], None, TUESDAY, now=NOON)
    (row,) = list_links(office.settings, office.store, 1)
    assert not row["url"].endswith(path)
    assert pages.get(path).status_code == 404


def test_an_answer_that_came_another_way_is_on_the_page(pages):
    pages.open(link_in(mails(pages.office)[0]))
    take_answer(pages.office.settings, pages.office.store, Answer(1, "documents", "kms", TUESDAY, "1234"))
    assert pages.states() == {item["key"]: "open" for item in ITEMS} | {"kms": "received"}
    assert "1234" not in pages.get("/d").text


def test_the_dry_run_gives_no_link_away_and_makes_none(sqlite_office):
    ask(sqlite_office)
    sqlite_office.bring(relation("R2"), file="r2.csv")
    sqlite_office.assign("month/monthly", "R2", since=TUESDAY)
    sqlite_office.night(TUESDAY, is_rehearsal=True)
    with sqlite_office.store.begin() as connection:
        assert connection.execute(select(schema.page_links.c.recipient_id)).scalars().all() == ["R1"]
