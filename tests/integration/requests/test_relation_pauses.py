"""A pause and a full week put reminders off and drop nothing; promises hold them back (K2, R1, R7); on both databases."""

from datetime import date, timedelta

import pytest

from factories import TUESDAY, relation
from flows.jobs.requests import remind, take_promise
from tasks.domain.requests.values import AnswerError
from tasks.requests.pauses import pause_relation, resume_relation

ITEMS = [
    {"key": "kms", "label": "Kilomètres", "type": "number"},
    {"key": "note", "label": "Nombre de salariés", "type": "number"},
]
ASK = {
    "key": "documents",
    "kind": "request",
    "message": "request_documents",
    "items": ITEMS,
    "send": {"from": "creation"},
    "reminders": {"every_days": 3, "max": 5},
}
SCHEDULE = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
FRIDAY = TUESDAY + timedelta(days=3)


def set_up(office):
    office.define("month", subtasks=[ASK], schedules=[SCHEDULE])
    office.bring(relation("R1"))
    office.assign("month/monthly", "R1", since=TUESDAY)
    office.night(TUESDAY)
    return office


@pytest.fixture
def asked(sqlite_office):
    return set_up(sqlite_office)


@pytest.fixture
def any_asked(office):
    return set_up(office)


def reminders(office):
    return [(m["status"], m["reason"], m["send_on"]) for m in office.messages() if m["sequence"]]


def test_k2_a_pause_puts_the_reminder_off_to_the_day_after(any_asked):
    pause_relation(any_asked.store, "r1", date(2026, 12, 1), TUESDAY)
    night = any_asked.night(FRIDAY)
    assert reminders(any_asked) == [("suppressed", "paused", "2026-12-02")]
    assert (night.deferred, night.dropped) == (1, {})
    assert any_asked.messages(status="dropped") == []
    any_asked.night(date(2026, 12, 1))
    assert reminders(any_asked) == [("suppressed", "paused", "2026-12-02")]
    any_asked.night(date(2026, 12, 2))
    assert reminders(any_asked) == [("sent", None, "2026-12-02")]


def test_k2_a_pause_without_an_end_lasts_until_it_is_ended(asked):
    pause_relation(asked.store, "R1", None, TUESDAY)
    for days in (3, 30, 90):
        asked.night(TUESDAY + timedelta(days=days))
    assert [status for status, *_ in reminders(asked)] == ["suppressed"]
    assert resume_relation(asked.store, "R1")
    assert not resume_relation(asked.store, "R1")
    asked.night(date(2027, 3, 2))
    assert reminders(asked) == [("sent", None, "2027-03-02")]


def test_k2_a_pause_is_read_again_as_the_reminder_leaves(asked):
    asked.night(FRIDAY, delivers=False)
    pause_relation(asked.store, "R1", None, FRIDAY)
    asked.night(FRIDAY)
    assert [row[:2] for row in reminders(asked)] == [("suppressed", "paused")]


def test_k2_the_first_message_and_a_reminder_by_hand_leave_during_a_pause(office):
    office.define("month", subtasks=[ASK], schedules=[SCHEDULE])
    office.bring(relation("R1"))
    office.assign("month/monthly", "R1", since=TUESDAY)
    pause_relation(office.store, "R1", None, TUESDAY)
    office.night(TUESDAY)
    assert [m["status"] for m in office.messages()] == ["sent"]
    assert remind(office.settings, office.store, 1, "documents", FRIDAY)["status"] == "sent"


def test_a_pause_of_nobody_or_in_the_past_is_refused(asked):
    with pytest.raises(AnswerError, match="There is no relation R9"):
        pause_relation(asked.store, "R9", None, TUESDAY)
    with pytest.raises(AnswerError, match="2026-11-01 is over"):
        pause_relation(asked.store, "R1", date(2026, 11, 1), TUESDAY)


def test_k2_no_more_reminders_a_week_than_the_firm_allows_and_none_is_lost(office):
    office.edit("firm.yaml", "  send_hour:", "  max_per_week: 2\n  send_hour:")
    names = ("one", "two", "three")
    for name in names:
        office.define(name, subtasks=[ASK | {"reminders": {"every_days": 2, "max": 1}}], schedules=[SCHEDULE])
    office.bring(relation("R1"), relation("R2"))
    for name in names:
        office.assign(f"{name}/monthly", "R1", "R2", since=TUESDAY)
    office.night(TUESDAY)
    thursday = TUESDAY + timedelta(days=2)
    night = office.night(thursday)
    assert (night.delivered.sent, night.deferred, night.dropped) == (4, 2, {})
    assert sorted(row for row in reminders(office) if row[1]) == [("suppressed", "capped", "2026-12-03")] * 2
    for days in range(1, 7):
        assert office.night(thursday + timedelta(days=days)).delivered.sent == 0
    assert office.night(thursday + timedelta(days=7)).delivered.sent == 2
    assert {row[0] for row in reminders(office)} == {"sent"}


def test_r7_what_is_promised_is_not_reminded_of_until_the_day_after(any_asked):
    promise = {"step": "documents", "as_of": TUESDAY}
    take_promise(any_asked.store, 1, item="kms", promised_on=date(2026, 11, 30), **promise)
    any_asked.night(FRIDAY)
    (sent,) = [m for m in any_asked.messages() if m["sequence"]]
    letter = any_asked.mails()[-1].read_text(encoding="utf-8")
    assert (sent["status"], "salari" in letter, "Kilom" in letter) == ("sent", True, False)
    take_promise(any_asked.store, 1, item="kms", promised_on=date(2026, 12, 4), **promise)
    take_promise(any_asked.store, 1, item="note", promised_on=date(2026, 12, 3), **promise)
    for day in (1, 2, 3):
        any_asked.night(date(2026, 12, day))
    assert len(reminders(any_asked)) == 1, "all that is open is promised"
    any_asked.night(date(2026, 12, 4))
    assert len(reminders(any_asked)) == 2


def test_r7_a_promise_is_taken_twice_and_never_far_beyond_the_due_date(asked):
    promise = {"step": "documents", "item": "kms", "as_of": TUESDAY}
    with pytest.raises(
        AnswerError, match="can be promised for a day from 2026-11-24 to 2026-12-24, not for 2026-12-25"
    ):
        take_promise(asked.store, 1, promised_on=date(2026, 12, 25), **promise)
    with pytest.raises(AnswerError, match="not for 2026-11-23"):
        take_promise(asked.store, 1, promised_on=date(2026, 11, 23), **promise)
    for _ in range(2):
        take_promise(asked.store, 1, promised_on=date(2026, 12, 24), **promise)
    with pytest.raises(AnswerError, match="was promised 2 times already"):
        take_promise(asked.store, 1, promised_on=date(2026, 12, 24), **promise)
