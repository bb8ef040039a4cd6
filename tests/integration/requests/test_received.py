"""A receipt to the client and a list to the owner, once a day each, of what came by the page."""

from datetime import date, timedelta

import pytest

from factories import TUESDAY, relation
from flows.jobs.requests import take_answer
from tasks.requests.answers import Answer

ITEMS = [
    {"key": "kms", "label": {"fr": "Kilomètres", "nl": "Kilometers"}, "type": "number"},
    {"key": "note", "label": "Salariés", "type": "number"},
]
ASK = {
    "key": "documents",
    "kind": "request",
    "label": "Pièces du mois",
    "message": "request_documents",
    "items": ITEMS,
    "send": {"from": "creation"},
}
WEDNESDAY = TUESDAY + timedelta(days=1)


def set_up(office):
    schedule = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
    office.define("month", subtasks=[ASK], schedules=[schedule])
    office.take("users", {"user_id": "U1", "first_name": "Anne", "email": "anne@cabinet.example"})
    office.bring(relation("R1", owner_id="U1"), relation("R2", owner_id="U1", email="r2@x.example", language="nl"))
    office.assign("month/monthly", "R1", "R2", since=TUESDAY)
    office.night(TUESDAY)
    return office


@pytest.fixture
def asked(sqlite_office):
    return set_up(sqlite_office)


@pytest.fixture
def any_asked(office):
    return set_up(office)


def answer(office, task_id, item, source="page", on=TUESDAY):
    given = Answer(task_id, "documents", item, on, "1", source=source)
    take_answer(office.settings, office.store, given)


def told(office):
    return sorted(
        (m["relation_id"] or "", m["user_id"] or "", m["subject"], m["send_on"])
        for m in office.messages(status="sent")
        if m["task_id"] is None
    )


def test_one_receipt_a_day_and_one_list_for_the_owner_when_the_day_is_over(any_asked):
    answer(any_asked, 1, "kms")
    answer(any_asked, 1, "note")
    answer(any_asked, 2, "kms")
    any_asked.night(TUESDAY)
    assert told(any_asked) == [], "the day is not over"
    for _ in range(2):
        any_asked.night(WEDNESDAY)
    assert told(any_asked) == [
        ("", "U1", "Réponses de clients reçues le 24 novembre 2026", "2026-11-25"),
        ("R1", "", "Bien reçu : merci", "2026-11-25"),
        ("R2", "", "Goed ontvangen, dank u", "2026-11-25"),
    ]
    letters = [path.read_text(encoding="utf-8") for path in any_asked.mails()[2:]]
    assert sum("Kilometers" in letter for letter in letters) == 1, "a Dutch client reads Dutch (K3)"


def test_what_a_person_of_the_firm_records_is_not_receipted(asked):
    answer(asked, 1, "kms", source="hand")
    answer(asked, 2, "kms", source="import")
    asked.night(WEDNESDAY)
    assert told(asked) == []


def test_a_receipt_waits_for_an_address_like_any_other_message(asked):
    answer(asked, 1, "kms")
    asked.bring(relation("R1", owner_id="U1", email=""), on=TUESDAY)
    asked.night(WEDNESDAY)
    assert [row[1] for row in told(asked)] == ["U1"]
    asked.bring(relation("R1", owner_id="U1"), on=WEDNESDAY)
    asked.night(date(2026, 11, 26))
    assert [row[:2] for row in told(asked)] == [("", "U1"), ("R1", "")]
