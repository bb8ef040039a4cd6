"""Reminders through SendGrid: handed over shortly before the hour, so that an answer of the night stops them (R2, R5)."""

from datetime import UTC, datetime, timedelta

import pytest

from factories import TUESDAY, relation
from flows.jobs.dispatch import run_dispatch
from flows.jobs.requests import take_answer
from posting import NINE, delivered
from stand_in import gateway
from tasks.requests.answers import Answer

ASK = {
    "key": "documents",
    "kind": "request",
    "message": "request_documents",
    "items": [{"key": "kms", "label": "Kilomètres", "type": "number"}],
    "send": {"from": "creation"},
    "reminders": {"every_days": 3, "max": 1},
    "on_exhausted": "resend_requests",
}
FRIDAY = TUESDAY + timedelta(days=3)
NIGHT = datetime(2026, 11, 27, 1, tzinfo=UTC)


@pytest.fixture
def asked(any_firm, service, clock):
    """A request sent on Tuesday at nine; its reminder is due on Friday."""
    schedule = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
    any_firm.define("month", subtasks=[ASK], schedules=[schedule])
    any_firm.bring(relation("R9", email="r9@x.example"))
    any_firm.assign("month/monthly", "R9", since=TUESDAY)
    any_firm.night(TUESDAY)
    clock.turn(NINE)
    clock.turn(NIGHT)
    any_firm.night(FRIDAY)
    return any_firm


def reminder(firm):
    (message,) = [m for m in firm.messages() if m["sequence"] == 1]
    return message["status"], message["reason"]


def test_r2_a_reminder_is_handed_over_thirty_five_minutes_before_the_hour(asked, service, clock):
    assert reminder(asked) == ("pending", None)
    clock.turn(NIGHT.replace(hour=7, minute=24))
    run_dispatch(asked.settings, asked.store, FRIDAY)
    assert reminder(asked) == ("pending", None)
    clock.turn(NIGHT.replace(hour=7, minute=25))
    run_dispatch(asked.settings, asked.store, FRIDAY)
    assert reminder(asked) == ("sent", None)
    assert [t["status"] for t in asked.tasks(template="month")] == ["resend_requests"]
    clock.turn(NIGHT.replace(hour=8))
    assert all(n == 1 for n in delivered(service).values())
    assert sum(delivered(service).values()) == len(asked.messages())


def test_r2_an_answer_of_the_night_stops_the_reminder(asked, service, clock):
    task_id = asked.tasks(template="month")[0]["task_id"]
    take_answer(asked.settings, asked.store, Answer(task_id, "documents", "kms", FRIDAY, "12"))
    clock.turn(NIGHT.replace(hour=7, minute=30))
    run_dispatch(asked.settings, asked.store, FRIDAY)
    assert reminder(asked) == ("cancelled", "answered")


def test_r5_a_reminder_of_unknown_fate_exhausts_nothing(asked, service, clock):
    service.set(logs_lag=86400)
    service.faults(gateway(502, accepted=False))
    clock.turn(NIGHT.replace(hour=7, minute=50))
    run_dispatch(asked.settings, asked.store, FRIDAY)
    assert reminder(asked)[0] in ("unknown", "held")
    assert [t["status"] for t in asked.tasks(template="month")] == ["open"]
