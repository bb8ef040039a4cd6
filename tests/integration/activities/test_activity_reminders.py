"""Reminders of activities, to the minute: each key once, late only while the start is ahead (V3, T6, V7)."""

from datetime import UTC, datetime, timedelta

import pytest
from diary import NOW, START, Diary

from posting import delivered

START_UTC = START.replace(tzinfo=UTC)
DUE = START_UTC - timedelta(minutes=30)


@pytest.fixture
def diary(office):
    return Diary(office)


def reminders(diary):
    return [(to, subject) for to, subject in diary.sent() if subject.startswith("Rappel")]


def test_v3_owner_and_invited_are_reminded_at_the_minute_and_once(diary):
    diary.save(remind_minutes=30)
    diary.dispatch(DUE - timedelta(minutes=5))
    assert reminders(diary) == []
    diary.dispatch(DUE)
    diary.dispatch(DUE + timedelta(minutes=5))
    both = [("ana@x.example", "Rappel : Bilan, 14:30"), ("bo@x.example", "Rappel : Bilan, 14:30")]
    assert sorted(reminders(diary)) == both
    assert {mail["Date"].datetime for mail in diary.mails() if "Rappel" in str(mail["Subject"])} == {DUE}


def test_v3_a_folder_gets_nothing_before_its_minute(diary):
    diary.save(remind_minutes=30)
    diary.dispatch(DUE - timedelta(minutes=33))
    assert reminders(diary) == []


def test_v3_moved_it_is_due_again_and_moved_back_never_twice(diary):
    diary.save(remind_minutes=30)
    diary.dispatch(DUE)
    assert len(reminders(diary)) == 2
    later = START + timedelta(hours=3)
    diary.save(DUE + timedelta(minutes=1), remind_minutes=30, starts_at=later)
    diary.dispatch(later.replace(tzinfo=UTC) - timedelta(minutes=30))
    assert len(reminders(diary)) == 4
    diary.save(DUE + timedelta(minutes=2), remind_minutes=30)
    diary.dispatch(DUE + timedelta(minutes=3))
    assert len(reminders(diary)) == 4


def test_v3_moved_closer_past_its_time_one_goes_at_once(diary):
    diary.save(remind_minutes=60)
    now = START_UTC - timedelta(hours=10)
    diary.save(now, remind_minutes=60, starts_at=(now + timedelta(minutes=20)).replace(tzinfo=None))
    diary.dispatch(now + timedelta(minutes=1))
    assert len(reminders(diary)) == 2


def test_v3_late_only_while_the_start_is_ahead(diary):
    diary.save(remind_minutes=30)
    diary.dispatch(START_UTC - timedelta(minutes=1))
    assert len(reminders(diary)) == 2
    diary.save(activity_id="A2", remind_minutes=30, starts_at=START + timedelta(days=1))
    diary.dispatch(START_UTC + timedelta(days=1, minutes=1))
    assert len(reminders(diary)) == 2
    late = [(m["activity_id"], m["user_id"], m["reason"]) for m in diary.office.messages(status="dropped")]
    assert late == [("A2", "U1", "too_late"), ("A2", "U2", "too_late")]
    diary.dispatch(START_UTC + timedelta(days=1, minutes=6))
    assert len(diary.office.messages(status="dropped")) == 2


def test_v7_one_person_twice_is_reminded_once(diary):
    diary.save(remind_minutes=30, invitees=("U1", "U2"))
    diary.dispatch(DUE)
    assert sorted(to for to, _ in reminders(diary)) == ["ana@x.example", "bo@x.example"]


def test_a_cancelled_one_and_one_that_was_held_are_not_reminded_of(diary):
    diary.save(remind_minutes=30)
    diary.status("cancelled")
    diary.dispatch(DUE)
    assert reminders(diary) == []


def test_who_is_no_longer_invited_is_not_reminded(diary):
    diary.save(remind_minutes=30, invitees=("U2", "U3"))
    diary.save(remind_minutes=30, invitees=("U3",))
    diary.dispatch(DUE)
    assert sorted(to for to, _ in reminders(diary)) == ["ana@x.example", "cem@x.example"]


@pytest.mark.parametrize(
    ("start", "reminded"),
    [  # Clocks go forward at 01:00 UTC on 29 March, and back at 01:00 UTC on 25 October.
        (datetime(2026, 3, 29, 1, 30), datetime(2026, 3, 29, 0, 0)),  # 03:30 there; 90 minutes before it is 01:00
        (datetime(2026, 10, 25, 1, 30), datetime(2026, 10, 25, 0, 0)),  # 02:30 the second time
    ],
)
def test_t6_a_reminder_is_an_instant_across_both_changes_of_clocks(diary, start, reminded):
    diary.save(start.replace(tzinfo=UTC) - timedelta(days=1), starts_at=start, remind_minutes=90, invitees=())
    due = reminded.replace(tzinfo=UTC)
    diary.dispatch(due - timedelta(minutes=5))
    assert reminders(diary) == []
    diary.dispatch(due)
    assert len(reminders(diary)) == 1


def test_at_the_mail_service_a_reminder_is_scheduled_and_recalled_when_the_activity_moves(any_firm, service, clock):
    diary = Diary(any_firm)
    diary.save(remind_minutes=30, invitees=())
    clock.turn(DUE - timedelta(minutes=33))
    diary.dispatch(clock())
    assert [(m["subject"], m["status"]) for m in of_activities(diary)] == [("Rappel : Bilan, 14:30", "sent")]
    later = START + timedelta(hours=2)
    clock.turn(DUE - timedelta(minutes=25))
    diary.save(clock(), remind_minutes=30, invitees=(), starts_at=later)
    clock.turn(DUE - timedelta(minutes=24))
    diary.dispatch(clock())
    assert [(m["status"], m["reason"]) for m in of_activities(diary)] == [("cancelled", "superseded")]
    clock.turn(later.replace(tzinfo=UTC) - timedelta(minutes=63))
    diary.dispatch(clock())
    clock.turn(later.replace(tzinfo=UTC))
    arrived = {str(m["message_id"]): m for m in of_activities(diary)}
    assert {arrived[one]["subject"]: n for one, n in delivered(service).items() if one in arrived} == {
        "Rappel : Bilan, 16:30": 1
    }


def test_v3_moved_and_moved_back_before_it_left_it_is_sent_once_after_all(any_firm, service, clock):
    diary = Diary(any_firm)
    diary.save(remind_minutes=30, invitees=())
    clock.turn(DUE - timedelta(minutes=33))
    diary.dispatch(clock())
    clock.turn(DUE - timedelta(minutes=25))
    diary.save(clock(), remind_minutes=30, invitees=(), starts_at=START + timedelta(hours=2))
    diary.dispatch(clock())
    assert [(m["status"], m["reason"]) for m in of_activities(diary)] == [("cancelled", "superseded")]
    diary.save(clock(), remind_minutes=30, invitees=(), subject="Bilan 2026")
    clock.turn(DUE)
    diary.dispatch(clock())
    diary.dispatch(clock())
    assert [(m["subject"], m["status"]) for m in of_activities(diary)] == [("Rappel : Bilan 2026, 14:30", "sent")]


def test_v3_who_is_invited_after_the_others_were_reminded_is_reminded_at_once(diary):
    diary.save(remind_minutes=30)
    diary.dispatch(DUE)
    diary.save(DUE + timedelta(minutes=2), remind_minutes=30, invitees=("U2", "U3"))
    diary.dispatch(DUE + timedelta(minutes=5))
    assert sorted(to for to, _ in reminders(diary)) == ["ana@x.example", "bo@x.example", "cem@x.example"]


def test_v3_a_night_sends_what_became_due_while_it_held_the_outbox(any_firm, service, clock):
    diary = Diary(any_firm)
    diary.save(remind_minutes=30, invitees=())
    clock.turn(DUE)
    any_firm.night(DUE.date())
    assert [(m["subject"], m["status"]) for m in of_activities(diary)] == [("Rappel : Bilan, 14:30", "sent")]


def of_activities(diary):
    return [m for m in diary.office.messages() if m["activity_id"]]


def test_a_reminder_with_no_time_left_to_schedule_waits_for_its_minute(diary):
    diary.save(DUE - timedelta(minutes=20), remind_minutes=30)
    diary.dispatch(DUE - timedelta(minutes=15))
    assert reminders(diary) == []
    diary.dispatch(DUE - timedelta(minutes=1))
    assert len(reminders(diary)) == 2
    assert NOW < DUE
