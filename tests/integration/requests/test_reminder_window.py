"""Reminders through SendGrid: handed over shortly before the hour, so that an answer of the night stops them (R2, R5)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from factories import TUESDAY, relation
from flows.jobs.dispatch import run_dispatch
from flows.jobs.requests import take_answer
from posting import NINE, delivered, events
from sql import schema
from sql.store import plain
from stand_in import gateway
from tasks.mail.delivery import recall
from tasks.mail.delivery.events import record_events
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


def handed_over(firm, clock, others=2):
    """Reminders of several requests, handed over in one batch at 8:25; the tasks asked."""
    schedule = "month/monthly"
    people = [f"P{n}" for n in range(others)]
    firm.bring(*(relation(p, email=f"{p.lower()}@x.example") for p in people), file="people.csv")
    clock.turn(datetime(2026, 11, 27, 2, tzinfo=UTC))
    firm.assign(schedule, *people, since=TUESDAY)
    firm.night(FRIDAY)
    monday = TUESDAY + timedelta(days=6)
    clock.turn(datetime(2026, 11, 30, 1, tzinfo=UTC))
    firm.night(monday)
    clock.turn(datetime(2026, 11, 30, 7, 25, tzinfo=UTC))
    run_dispatch(firm.settings, firm.store, monday)
    return monday, {t["relation_id"]: t["task_id"] for t in firm.tasks(template="month")}


def of_monday(firm):
    return {m["relation_id"]: (m["status"], m["reason"]) for m in firm.messages() if m["send_on"] == "2026-11-30"}


def test_r2_a_batch_is_taken_back_when_one_of_its_clients_answers(asked, service, clock):
    monday, tasks = handed_over(asked, clock)
    assert set(of_monday(asked).values()) == {("sent", None)}
    clock.turn(datetime(2026, 11, 30, 7, 44, tzinfo=UTC))
    take_answer(asked.settings, asked.store, Answer(tasks["P0"], "documents", "kms", monday, "12"))
    clock.turn(datetime(2026, 11, 30, 7, 45, tzinfo=UTC))
    run_dispatch(asked.settings, asked.store, monday)
    assert of_monday(asked) == {"P0": ("cancelled", "answered"), "P1": ("sent", None)}
    clock.turn(datetime(2026, 11, 30, 9, tzinfo=UTC))
    reached = delivered(service)
    numbers = {m["relation_id"]: str(m["message_id"]) for m in asked.messages() if m["send_on"] == "2026-11-30"}
    assert (reached[numbers["P0"]], reached[numbers["P1"]]) == (0, 1)
    assert asked.night(monday + timedelta(days=1)).crossed == 0


def test_r2_an_answer_in_the_last_ten_minutes_has_crossed_its_reminder_and_is_counted(asked, service, clock):
    monday, tasks = handed_over(asked, clock)
    clock.turn(datetime(2026, 11, 30, 7, 51, tzinfo=UTC))
    take_answer(asked.settings, asked.store, Answer(tasks["P0"], "documents", "kms", monday, "12"))
    run_dispatch(asked.settings, asked.store, monday)
    assert set(of_monday(asked).values()) == {("sent", None)}
    clock.turn(datetime(2026, 11, 30, 9, tzinfo=UTC))
    assert all(n == 1 for n in delivered(service).values())
    assert asked.night(monday).crossed == 1


def test_r2_a_dispatch_that_dies_after_its_cancel_loses_and_doubles_nothing(asked, service, clock, monkeypatch):
    monday, tasks = handed_over(asked, clock)
    clock.turn(datetime(2026, 11, 30, 7, 44, tzinfo=UTC))
    take_answer(asked.settings, asked.store, Answer(tasks["P0"], "documents", "kms", monday, "12"))
    with monkeypatch.context() as broken:
        broken.setattr(recall, "_queue_again", dies)
        with pytest.raises(Died):
            run_dispatch(asked.settings, asked.store, monday)
    clock.turn(datetime(2026, 11, 30, 9, tzinfo=UTC))
    run_dispatch(asked.settings, asked.store, monday)
    assert of_monday(asked) == {"P0": ("cancelled", "answered"), "P1": ("sent", None)}
    numbers = {m["relation_id"]: str(m["message_id"]) for m in asked.messages() if m["send_on"] == "2026-11-30"}
    assert [delivered(service)[numbers[p]] for p in ("P0", "P1")] == [0, 1]


def test_r2_what_an_event_says_has_arrived_is_never_recalled_and_sent_again(asked, service, clock):
    monday, tasks = handed_over(asked, clock)
    clock.turn(datetime(2026, 11, 30, 7, 51, tzinfo=UTC))
    take_answer(asked.settings, asked.store, Answer(tasks["P0"], "documents", "kms", monday, "12"))
    clock.turn(datetime(2026, 11, 30, 9, tzinfo=UTC))
    numbers = [m["message_id"] for m in asked.messages() if m["send_on"] == "2026-11-30"]
    record_events(asked.store, events(service, "delivered", *numbers), {}, clock(), monday)
    with asked.store.begin() as connection:  # a cancel that the service confirms, though it came too late
        assert connection.execute(update(schema.attempts).values(cancel_asked_at=plain(clock()))).rowcount
    assert recall.recall(asked.store, Confirming(), clock) == 0
    assert set(of_monday(asked).values()) == {("sent", None)}


class Confirming:
    """A service that says of every batch that it is cancelled."""

    def cancelled_batches(self):
        return []

    def is_cancelled(self, _batch_id):
        return True


class Died(Exception):
    """The dispatch was killed here."""


def dies(*_words):
    raise Died
