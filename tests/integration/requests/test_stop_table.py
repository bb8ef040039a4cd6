"""The stop table, one row a line (R1): what happens after the request was sent, and no reminder leaves for it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from factories import NOON, TUESDAY, relation
from flows.jobs.requests import take_answer, take_promise
from tasks.mail.delivery.suppressions import suppress_by_hand
from tasks.planning.close import close_task
from tasks.requests.answers import Answer
from tasks.requests.pauses import pause_relation
from tasks.requests.recipients import choose_recipients

WEDNESDAY, FRIDAY = TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=3)
SCHEDULE = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
ASK = {
    "key": "documents",
    "kind": "request",
    "label": "Pièces du mois",
    "message": "request_documents",
    "items": [
        {"key": "kms", "label": "Kilomètres", "type": "number"},
        {"key": "staff", "label": "Salariés", "type": "number"},
        {"key": "note", "label": "Autre chose ?", "type": "text", "required": False},
    ],
    "send": {"from": "creation"},
    "reminders": {"every_days": 3, "max": 1},
}
WORK = {"key": "file", "kind": "action", "label": "Déclarer"}
LABELS = {"bounced": "b", "opted_out": "o"}


@pytest.fixture
def asked(sqlite_office):
    """A request sent to R1 on a Tuesday; its first reminder is due on Friday."""
    sqlite_office.define("month", subtasks=[ASK, WORK], schedules=[SCHEDULE])
    sqlite_office.bring(relation("R1"), relation("R2", email="other@x.example"))
    sqlite_office.assign("month/monthly", "R1", since=TUESDAY)
    sqlite_office.night(TUESDAY)
    return sqlite_office


def answered(office, **how):
    for item in ("kms", "staff"):
        take_answer(office.settings, office.store, Answer(1, "documents", item, WEDNESDAY, **how))


def promised(office):
    for item in ("kms", "staff", "note"):
        day = date(2026, 12, 2)
        take_promise(office.store, 1, step="documents", item=item, promised_on=day, as_of=WEDNESDAY)


def reminded_to_the_end(office):
    for days in (3, 6, 9, 12):
        office.night(TUESDAY + timedelta(days=days))


STOPS = {
    "all required items are answered": lambda o: answered(o, value="1"),
    "all required items are not applicable": lambda o: answered(o, not_applicable="Nous n'en avons pas"),
    "the task is done": lambda o: close_task(o.store, 1, "done", WEDNESDAY),
    "the task is cancelled": lambda o: close_task(o.store, 1, "cancelled", WEDNESDAY),
    "the relation is paused": lambda o: pause_relation(o.store, "R1", None, WEDNESDAY),
    "the relation is former": lambda o: o.bring(relation("R1", status="former"), on=WEDNESDAY),
    "the relation opted out": lambda o: o.bring(relation("R1", do_not_mail="yes"), on=WEDNESDAY),
    "the address is suppressed": lambda o: suppress_by_hand(
        o.store, relation("R1")["email"], LABELS, datetime(2026, 11, 25, tzinfo=UTC), WEDNESDAY
    ),
    "the relation is held": lambda o: o.bring(relation("R1", type="nonsense"), relation("R2"), on=WEDNESDAY),
    "others are asked instead": lambda o: choose_recipients(o.store, 1, ["R2"], None, WEDNESDAY, now=NOON),
    "every open item is promised": promised,
    "the last reminder was sent": reminded_to_the_end,
}
EXPECTED = dict.fromkeys(STOPS, 0) | {"the last reminder was sent": 1}


def reminders(office):
    """The reminders that R1 was sent."""
    return [m for m in office.messages(relation_id="R1") if m["sequence"] and m["status"] == "sent"]


def test_r1_without_a_reason_to_stop_the_reminder_leaves(asked):
    asked.night(FRIDAY)
    assert len(reminders(asked)) == 1


@pytest.mark.parametrize("reason", STOPS)
def test_r1_no_reminder_leaves_once(asked, reason):
    STOPS[reason](asked)
    asked.night(FRIDAY)
    asked.night(FRIDAY + timedelta(days=4))
    assert len(reminders(asked)) == EXPECTED[reason]
