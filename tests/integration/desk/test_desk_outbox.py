"""The outbox at the desk: lists by state, a mail's text without its secrets, and what a person decides."""

import re

import pytest
from page_client import link_in, mails
from sqlalchemy import insert, select, update

from sql import schema

KEY = {"cause_kind": "task", "cause_id": "1", "step": "documents", "recipient_kind": "relation", "recipient_id": "R1"}


def add(desk, cycle, status, reason=None, **more):
    row = KEY | {
        "cycle": cycle,
        "send_on": desk.web.today(),
        "status": status,
        "reason": reason,
        "subject": f"S{cycle}",
    }
    with desk.office.store.begin() as connection:
        made = connection.execute(insert(schema.messages).values(row | more)).inserted_primary_key
    return made[0]


def shown(answer):
    return re.findall(r'<a href="/desk/outbox/\d+">(S\d+)</a>', answer.text)


@pytest.fixture
def outbox(any_desk):
    """A desk whose outbox has a mail in most states."""
    desk = any_desk
    add(desk, 11, "pending")
    add(desk, 12, "pending", "paused")
    add(desk, 13, "cancelled", "already_done")
    add(desk, 14, "suppressed", "no_email")
    add(desk, 15, "suppressed", "superseded")
    desk.sign_in()
    return desk


QUERIES = [
    ("relation=R1&status=pending", {"S11", "S12"}),
    ("status=dropped", {"S13", "S14"}),
    ("status=suppressed", {"S14", "S15"}),
    ("status=unsure", set()),
    ("status=nothing", set()),
    ("relation=R9", set()),
    ("after=x", {"S11", "S12", "S13", "S14", "S15"}),
]


def test_mails_are_listed_by_state_and_relation(outbox):
    for query, expected in QUERIES:
        assert set(shown(outbox.get(f"/desk/outbox?{query}"))) == expected, query


def test_reasons_are_told_in_words(outbox):
    assert "pas d'adresse" in outbox.get("/desk/outbox?status=dropped").text.replace("&#39;", "'")


def test_fifty_mails_are_a_page(outbox):
    for cycle in range(100, 220):
        add(outbox, cycle, "pending")
    found, page = [], outbox.get("/desk/outbox?status=pending")
    while True:
        found.append(shown(page))
        if not (following := re.search(r'<a href="(\?[^"]+after=[^"]+)"', page.text)):
            break
        page = outbox.get("/desk/outbox" + following[1].replace("&amp;", "&"))
    assert [len(one) for one in found] == [50, 50, 22]
    assert len({one for part in found for one in part}) == 122


def test_a_mails_text_is_shown_and_no_secret_of_it(outbox):
    page = outbox.get("/desk/outbox/1")
    assert page.status_code == 200
    token = link_in(mails(outbox.office)[0]).rpartition("/")[2]
    assert token not in page.text
    assert "relance_fill" not in page.text
    assert "…" in page.text
    assert outbox.get("/desk/outbox/9999").status_code == 404


def unsure(desk, status="held"):
    m = schema.messages
    with desk.office.store.begin() as connection:
        row = {"claim": "c", "token": "t", "send_at": None, "body_sha256": "x", "recipients": 1, "state": "unknown"}
        row |= {"opened_at": desk.clock().replace(tzinfo=None), "lease_until": desk.clock().replace(tzinfo=None)}
        attempt = connection.execute(insert(schema.attempts).values(row)).inserted_primary_key[0]
        number = connection.execute(select(m.c.message_id).where(m.c.subject == "S11")).scalar_one()
        for step in ("sending", "unknown", *((status,) if status != "unknown" else ())):
            values = {"status": step, "attempt_id": attempt, "reason": "unconfirmed" if step == "held" else None}
            connection.execute(update(m).where(m.c.message_id == number).values(values))
    return number


def state(desk, number):
    m = schema.messages.c
    with desk.office.store.begin(only_reads=True) as connection:
        return connection.execute(select(m.status).where(m.message_id == number)).scalar_one()


@pytest.mark.parametrize(("said", "becomes"), [("yes", "sent"), ("no", "pending")])
@pytest.mark.parametrize("was", ["held", "unknown"])
def test_a_person_decides_on_a_mail_of_which_nobody_knows(outbox, was, said, becomes):
    number = unsure(outbox, was)
    assert shown(outbox.get("/desk/outbox?status=unsure")) == ["S11"]
    action, form = outbox.form(f"/desk/outbox/{number}", outbox.get(f"/desk/outbox/{number}"))
    assert outbox.post(action, form | {"was_sent": said}).status_code == 303
    assert state(outbox, number) == becomes
    # A second person, who still sees the buttons, is told.
    if said == "yes":
        assert outbox.post(action, form | {"was_sent": "no"}).status_code == 422
        assert state(outbox, number) == "sent"


def test_a_mail_that_left_is_not_decided_on(outbox):
    (_, form) = outbox.form("/desk/sign-out", outbox.get("/desk"))
    assert outbox.post("/desk/outbox/1", form | {"was_sent": "no"}).status_code == 422
    assert state(outbox, 1) == "sent"
    assert outbox.post("/desk/outbox/1", form | {"was_sent": "maybe"}).status_code == 303
