"""Saves of activities: the whole record, refused with everything that is wrong, and the owner notified (V1, V7, W1)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from diary import NOW, START, Diary
from sqlalchemy import text

from tasks.domain.activities.activity import ActivityError


@pytest.fixture
def diary(sqlite_office):
    return Diary(sqlite_office)


def test_a_save_states_the_whole_record(diary):
    diary.save(description="Apporter la balance", remind_minutes=30)
    again = diary.save(location=None)
    assert (again.activity.location, again.activity.description, again.activity.remind_minutes) == (None, None, None)
    assert again.activity.saves == 2
    assert again.activity.ends_at == START + timedelta(hours=1)  # as long as a meeting takes


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_saved(diary):
    with pytest.raises(ActivityError) as refused:
        diary.save(
            subject="é" * 300 + "\n😀",
            ends_at=START - timedelta(hours=1),
            owner_id="U9",
            contact_id="C9",
            invitees=("U2", "U2", "U8"),
            remind_minutes=-5,
        )
    said = str(refused.value)
    for words in (
        "The subject has 302 characters; 200 is the most.",
        "The subject holds a line break",
        "It ends before it starts.",
        "U2 is invited twice",
        "A reminder of -5 minutes",
        "There is no user U9.",
        "There is no user U8.",
        "There is no relation C9, the contact.",
        "Nothing was saved.",
    ):
        assert words in said
    assert diary.rows("activities") == []


def test_ids_are_taken_in_the_spelling_in_which_they_are_stored(diary):
    saved = diary.save(owner_id="u1", contact_id="c1", invitees=("u2",)).activity
    assert (saved.owner_id, saved.contact_id, saved.invitees) == ("U1", "C1", ("U2",))
    assert diary.save(activity_id="a1").activity.activity_id == "A1"
    assert len(diary.rows("activities")) == 1


def test_v1_each_save_with_the_box_ticked_is_one_mail_to_the_owner(diary):
    diary.save(send_notification=True, invitees=())
    diary.dispatch()
    assert diary.sent() == [("ana@x.example", "Nouveau : Bilan")]
    diary.save(NOW + timedelta(hours=1), send_notification=True, invitees=())
    diary.dispatch(NOW + timedelta(hours=2))
    assert diary.sent()[1:] == [("ana@x.example", "Modifié : Bilan")]
    diary.save(NOW + timedelta(hours=3), invitees=())
    diary.dispatch(NOW + timedelta(hours=4))
    assert len(diary.sent()) == 2
    words = diary.mails()[0].get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "Le 1er décembre 2026 à 14:30, jusqu'à 15:30.\nLieu : Rue X 1\nAvec : Jeanne Martin\n" in words


def test_v1_a_second_save_before_the_dispatch_replaces_the_mail_of_the_first(diary):
    diary.save(send_notification=True, invitees=())
    diary.save(send_notification=True, invitees=(), subject="Bilan 2026")
    diary.dispatch()
    assert diary.sent() == [("ana@x.example", "Modifié : Bilan 2026")]


def test_v1_nobody_is_notified_of_his_own_save(diary):
    from flows.jobs.activities import save_context
    from tasks.activities.save import save_activity

    saved = diary.save(invitees=())
    with diary.office.store.begin() as connection:
        ticked = replace(saved.activity, send_notification=True)
        save_activity(connection, save_context(diary.office.settings), ticked, NOW, by="U1")
    diary.dispatch()
    assert diary.sent() == []


def test_nothing_is_sent_for_what_is_over(diary):
    diary.save(START.replace(tzinfo=NOW.tzinfo) + timedelta(minutes=1), send_notification=True, remind_minutes=30)
    diary.dispatch(START.replace(tzinfo=NOW.tzinfo) + timedelta(minutes=3))
    assert diary.sent() == []


def test_v7_an_owner_without_an_address_is_skipped_with_a_reason_and_the_others_get_theirs(diary):
    with diary.office.store.begin() as connection:
        connection.execute(text("UPDATE users SET email = 'nobody' WHERE user_id = 'U1'"))
    diary.save(send_notification=True, remind_minutes=30)
    diary.dispatch()
    diary.dispatch(START.replace(tzinfo=NOW.tzinfo) - timedelta(minutes=30))
    assert [to for to, _ in diary.sent()] == ["bo@x.example", "bo@x.example"]
    reasons = {(m["user_id"], m["reason"]) for m in diary.office.messages(status="dropped")}
    assert reasons == {("U1", "invalid_field")}


def test_w1_a_save_is_told_every_field_that_a_form_requires(diary):
    with pytest.raises(ActivityError) as refused:
        diary.save(notify_contact=True, location=None, contact_id=None)
    assert "location is empty, and required by the form appointment-notice." in str(refused.value)
    assert "contact_id is empty, and required by the form appointment-notice." in str(refused.value)


def test_w1_a_field_that_a_form_closes_is_not_changed_by_a_save(diary):
    form = "form: closed\non: activities\nwhen: {status: held}\nfields: {starts_at: read_only}\n"
    (diary.office.settings.home / "forms" / "closed.yaml").write_text(form, encoding="utf-8")
    diary.office.reload()
    diary.save(status="held")
    with pytest.raises(ActivityError, match="starts_at cannot be changed: the form closed makes it read_only"):
        diary.save(status="held", starts_at=START + timedelta(days=1))
    diary.save(status="held", location="Rue Y 2")
