"""Rules at a save: judged on the record as saved, all of a rule or nothing of it, once (W2, W3, W4)."""

from datetime import timedelta

import pytest
from diary import NOW, START, Diary, calendar_in, lines_of
from sqlalchemy import text

HOUR = timedelta(hours=1)
BOUNCED = """
INSERT INTO suppressions (address, kind, reason, since_at) VALUES ('jeanne@c.example', 'bounces', 'bounced', '2026-11-01')
"""


@pytest.fixture
def diary(office):
    return Diary(office)


def write(diary, name, words):
    (diary.office.settings.home / "rules" / f"{name}.yaml").write_text(f"rule: {name}\n{words}", encoding="utf-8")
    diary.office.reload()


def acts(diary):
    return [(row["rule"], row["outcome"], row["reason"]) for row in diary.rows("rule_acts")]


def box(diary):
    return [bool(row["is_contact_notified"]) for row in diary.rows("activities")]


def test_w3_the_box_is_reset_and_the_mail_is_rendered_from_the_record_as_it_was_saved(diary):
    diary.save(notify_contact=True, invitees=())
    assert box(diary) == [False]
    diary.dispatch()
    assert diary.sent() == [("jeanne@c.example", "Rendez-vous avec Ana Roy")]
    (mail,) = diary.mails()
    assert str(mail["From"]) == "Ana Roy <ana@x.example>"
    assert "Lieu : Rue X 1" in mail.get_body(("plain",)).get_content()
    assert acts(diary) == [("appointment-notice", "done", None)]


def test_v5_the_mail_to_the_contact_carries_the_appointment_and_a_move_updates_it(diary):
    diary.save(notify_contact=True, invitees=())
    diary.dispatch()
    diary.save(NOW + HOUR, starts_at=START + HOUR, invitees=())
    diary.dispatch(NOW + 2 * HOUR)
    told = [calendar_in(mail) for mail in diary.mails()]
    assert [method for method, _ in told] == ["REQUEST", "REQUEST"]
    assert len({lines_of(one)["UID"] for _, one in told}) == 1
    assert [lines_of(one)["SEQUENCE"] for _, one in told] == ["0", "1"]
    diary.status("cancelled", NOW + 3 * HOUR)
    diary.dispatch(NOW + 4 * HOUR)
    assert calendar_in(diary.mails()[2])[0] == "CANCEL"


def test_w4_a_rule_acts_at_every_save_while_its_condition_holds_and_once_for_each(diary):
    for hours in range(3):
        diary.save(NOW + hours * HOUR, notify_contact=hours != 1, invitees=())
        diary.dispatch(NOW + hours * HOUR)
    assert [to for to, _ in diary.sent()] == ["jeanne@c.example"] * 2
    assert {row["save"] for row in diary.rows("rule_acts")} == {"1", "3"}


def test_w3_a_mail_that_cannot_be_rendered_undoes_the_whole_rule_and_the_owner_is_told(diary):
    with diary.office.store.begin() as connection:
        connection.execute(text("UPDATE users SET first_name = NULL WHERE user_id = 'U1'"))
    diary.save(notify_contact=True, invitees=())
    assert box(diary) == [True]
    diary.dispatch()
    assert diary.sent() == []
    assert acts(diary) == [("appointment-notice", "failed", "missing_field")]
    from tasks.activities.overview import list_notifications

    told = list_notifications(diary.office.store, diary.office.settings.firm.zone, "U1", NOW)
    (finding,) = [one for one in told if one["about"] == "rule"]
    assert "first_name" in finding["text"]
    assert finding["activity_id"] == "A1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE relations SET email = NULL", "no_email"),
        ("UPDATE relations SET is_opted_out = TRUE", "opted_out"),
        (BOUNCED, "bounced"),
    ],
)
def test_w3_a_contact_that_no_mail_reaches_leaves_the_box_ticked(diary, change, reason):
    with diary.office.store.begin() as connection:
        connection.execute(text(change))
    diary.save(notify_contact=True, invitees=())
    assert box(diary) == [True]
    assert acts(diary) == [("appointment-notice", "failed", reason)]


def test_w2_what_a_rule_sets_triggers_no_rule_in_the_same_save(diary):
    write(diary, "a-first", "on: activities\nwhen: {kind: call}\ndo: [{set: {location: Téléphone}}]\n")
    write(diary, "b-second", "on: activities\nwhen: {location: Téléphone}\ndo: [{set: {remind_minutes: 5}}]\n")
    diary.save(kind="call", location=None)
    (row,) = diary.rows("activities")
    assert (row["location"], row["remind_minutes"]) == ("Téléphone", None)
    assert acts(diary) == [("a-first", "done", None)]


def test_w3_a_mail_says_the_record_as_saved_whatever_an_earlier_rule_has_set(diary):
    write(diary, "a-first", "on: activities\nwhen: {kind: call}\ndo: [{set: {location: Téléphone}}]\n")
    mail = "do: [{mail: {message: appointment, to: contact}}]"
    write(diary, "b-second", f"on: activities\nwhen: {{location: Rue X 1}}\n{mail}\n")
    diary.save(kind="call", invitees=())
    diary.dispatch()
    (mail,) = diary.mails()
    assert "Lieu : Rue X 1" in mail.get_body(("plain",)).get_content()
    assert [row["location"] for row in diary.rows("activities")] == ["Téléphone"]


def test_a_rule_mails_nobody_about_what_is_over_and_says_so(diary):
    from datetime import UTC

    diary.save(START.replace(tzinfo=UTC) + HOUR, notify_contact=True, invitees=())
    assert acts(diary) == [("appointment-notice", "left_out", "too_late")]
    assert box(diary) == [True]


def test_w2_a_rule_that_moves_an_activity_counts_it_and_its_reminder_follows(diary):
    write(diary, "late", "on: activities\nwhen: {kind: call}\ndo: [{set: {starts_at: '2026-12-02T10:00'}}]\n")
    diary.save(kind="call", remind_minutes=30)
    (row,) = diary.rows("activities")
    assert (row["starts_at"].isoformat(), row["sequence"]) == ("2026-12-02T09:00:00", 1)
    assert row["remind_at"].isoformat() == "2026-12-02T08:30:00"


def test_a_rule_makes_a_task_for_the_contact_due_when_the_activity_starts(diary):
    diary.office.define("prepare-meeting")
    write(diary, "prepare", "on: activities\nwhen_saved: created\ndo: [{task: {template: prepare-meeting}}]\n")
    diary.save()
    diary.save(NOW + HOUR)
    tasks = diary.office.tasks(template="prepare-meeting")
    assert [(task["relation_id"], task["due_on"], task["created_on"]) for task in tasks] == [
        ("C1", "2026-12-01", "2026-11-24")
    ]
    diary.office.night()
    assert len(diary.office.tasks(template="prepare-meeting")) == 1


def test_a_rule_may_mail_those_invited_each_with_a_calendar_of_his_own(diary):
    write(diary, "tell", "on: activities\nwhen: {kind: visit}\ndo: [{mail: {message: activity_saved, to: invitees}}]\n")
    diary.save(kind="visit", invitees=("U2", "U3"))
    diary.dispatch()
    assert sorted(to for to, _ in diary.sent()) == ["bo@x.example", "cem@x.example"]
    diary.dispatch(NOW + HOUR)
    assert len(diary.sent()) == 2
    assert {calendar_in(mail)[0] for mail in diary.mails()} == {"REQUEST"}
