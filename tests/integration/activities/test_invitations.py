"""Invitations: each person sees only what is theirs, one entry for life, and a removed one is told alone (V5, V7)."""

from datetime import UTC, timedelta

import pytest
from diary import NOW, START, Diary, calendar_in, lines_of

HOUR = timedelta(hours=1)


@pytest.fixture
def diary(office):
    return Diary(office)


def calendars(diary, after=0):
    """To whom, method, SEQUENCE, UID and start of the calendars that left."""
    found = []
    for mail in diary.mails()[after:]:
        method, text = calendar_in(mail)
        lines = lines_of(text)
        assert lines["METHOD"] == method
        to = mail["To"].addresses[0].addr_spec
        assert f"mailto:{to}" in text.replace("\n ", "")
        found.append((to, method, int(lines["SEQUENCE"]), lines["DTSTART"]))
    return found


def test_v5_everybody_who_is_invited_gets_a_calendar_of_his_own(diary):
    diary.save(invitees=("U2", "U3"), description="Interne")
    diary.dispatch()
    assert calendars(diary) == [
        ("bo@x.example", "REQUEST", 0, "20261201T133000Z"),
        ("cem@x.example", "REQUEST", 0, "20261201T133000Z"),
    ]
    _, text = calendar_in(diary.mails()[0])
    lines = lines_of(text)
    assert "cem@x.example" not in text
    assert lines["ORGANIZER"] == "mailto:contact@mon-cabinet.example"
    assert (lines["SUMMARY"], lines["LOCATION"], lines["STATUS"]) == ("Bilan", "Rue X 1", "CONFIRMED")
    mail = diary.mails()[0]
    assert mail["Reply-To"].addresses[0].addr_spec == "ana@x.example"
    (file,) = mail.iter_attachments()
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file.get_content().decode().replace("\r\n", "\n") == text


def test_v5_the_uid_is_one_for_life_and_sequence_counts_moves(diary):
    diary.save()
    diary.dispatch()
    diary.save(NOW + HOUR, starts_at=START + HOUR)
    diary.dispatch(NOW + HOUR + timedelta(minutes=2))
    diary.save(NOW + 2 * HOUR, starts_at=START + HOUR, location="Rue Y 2")
    diary.dispatch(NOW + 2 * HOUR + timedelta(minutes=2))
    assert [one[1:3] for one in calendars(diary)] == [("REQUEST", 0), ("REQUEST", 1), ("REQUEST", 2)]
    assert len({lines_of(calendar_in(mail)[1])["UID"] for mail in diary.mails()}) == 1


def test_v5_a_change_of_words_tells_nobody_outside(diary):
    diary.save()
    diary.dispatch()
    diary.save(NOW + HOUR, subject="Bilan 2026", description="Autre")
    for minutes in (0, 5):
        diary.dispatch(NOW + 2 * HOUR + timedelta(minutes=minutes))
    assert len(diary.mails()) == 1
    # And says so, once for each save and person.
    (quiet,) = [row for row in diary.rows("messages") if row["reason"] == "not_significant"]
    assert (quiet["recipient_id"], quiet["status"], quiet["cycle"]) == ("U2", "cancelled", 2)


def test_v5_who_is_told_something_or_is_new_has_no_silence_to_explain(diary):
    diary.save()
    diary.dispatch()
    diary.save(NOW + HOUR, starts_at=START + HOUR, invitees=("U2", "U3"))
    diary.dispatch(NOW + 2 * HOUR)
    diary.save(NOW + 3 * HOUR, starts_at=START + HOUR, invitees=("U3",), subject="Autre")
    diary.dispatch(NOW + 4 * HOUR)
    quiet = [row["recipient_id"] for row in diary.rows("messages") if row["reason"] == "not_significant"]
    assert quiet == ["U3"]


def test_v5_moved_and_moved_back_within_a_minute_is_one_mail_at_most(diary):
    diary.save()
    diary.dispatch()
    diary.save(NOW + HOUR, starts_at=START + HOUR)
    diary.save(NOW + HOUR + timedelta(seconds=20))
    diary.dispatch(NOW + HOUR + timedelta(seconds=59))
    assert len(diary.mails()) == 1
    diary.dispatch(NOW + 2 * HOUR)
    assert len(diary.mails()) <= 2
    assert [one[3] for one in calendars(diary)][-1] == "20261201T133000Z"


def test_v5_who_is_removed_is_told_alone_and_may_be_invited_again(diary):
    diary.save(invitees=("U2", "U3"))
    diary.dispatch()
    diary.save(NOW + HOUR, invitees=("U2",))
    diary.dispatch(NOW + 2 * HOUR)
    assert calendars(diary, after=2) == [("cem@x.example", "CANCEL", 0, "20261201T133000Z")]
    diary.save(NOW + 3 * HOUR, invitees=("U2", "U3"))
    diary.dispatch(NOW + 4 * HOUR)
    assert [one[:2] for one in calendars(diary, after=3)] == [("cem@x.example", "REQUEST")]


def test_v5_a_cancellation_reaches_everybody_at_the_address_that_was_told(diary):
    from sqlalchemy import text

    diary.save(invitees=("U2", "U3"))
    diary.dispatch()
    with diary.office.store.begin() as connection:
        connection.execute(text("UPDATE users SET email = 'new@x.example' WHERE user_id = 'U2'"))
    diary.status("cancelled", NOW + HOUR)
    diary.dispatch(NOW + 2 * HOUR)
    told = calendars(diary, after=2)
    assert [one[:3] for one in told] == [("bo@x.example", "CANCEL", 1), ("cem@x.example", "CANCEL", 1)]
    assert lines_of(calendar_in(diary.mails()[2])[1])["STATUS"] == "CANCELLED"
    diary.save(NOW + 3 * HOUR, invitees=("U2", "U3"))
    diary.dispatch(NOW + 4 * HOUR)
    assert [one[:3] for one in calendars(diary, after=4)] == [
        ("new@x.example", "REQUEST", 2),
        ("cem@x.example", "REQUEST", 2),
    ]


def test_v5_what_is_over_tells_nobody_anything(diary):
    diary.save()
    diary.dispatch()
    after = START.replace(tzinfo=UTC) + timedelta(minutes=1)
    diary.status("cancelled", after)
    diary.dispatch(after + HOUR)
    assert len(diary.mails()) == 1


def test_v5_a_cancellation_that_came_too_late_is_sent_when_the_activity_is_ahead_again(diary, monkeypatch):
    diary.save()
    diary.dispatch()
    diary.save(NOW + HOUR, invitees=())
    _write_and_die(diary, monkeypatch, START.replace(tzinfo=UTC) - timedelta(minutes=10))
    diary.dispatch(START.replace(tzinfo=UTC) + HOUR)  # it is over: nothing leaves
    assert [one[1] for one in calendars(diary)] == ["REQUEST"]
    later = START + timedelta(days=2)
    diary.save(START.replace(tzinfo=UTC) + 2 * HOUR, starts_at=later, invitees=())
    diary.dispatch(START.replace(tzinfo=UTC) + 3 * HOUR)
    assert [one[:2] for one in calendars(diary)] == [("bo@x.example", "REQUEST"), ("bo@x.example", "CANCEL")]
    diary.dispatch(START.replace(tzinfo=UTC) + 4 * HOUR)
    assert len(calendars(diary)) == 2


def test_v5_who_was_never_reached_is_not_told_that_it_is_cancelled(diary, monkeypatch):
    diary.save()
    _write_and_die(diary, monkeypatch, START.replace(tzinfo=UTC) - timedelta(minutes=10))
    diary.dispatch(START.replace(tzinfo=UTC) + HOUR)
    diary.save(START.replace(tzinfo=UTC) + 2 * HOUR, starts_at=START + timedelta(days=2), invitees=())
    diary.dispatch(START.replace(tzinfo=UTC) + 3 * HOUR)
    assert calendars(diary) == []


def _write_and_die(diary, monkeypatch, at):
    """A dispatch that dies after it has written what is due, before it sends."""

    class Died(BaseException):
        pass

    def die(*_, **__):
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("flows.jobs.dispatch.deliver", die)
        with pytest.raises(Died):
            diary.dispatch(at)


def test_v7_an_owner_who_is_also_invited_gets_one_mail(diary):
    diary.save(send_notification=True, invitees=("U1", "U2"))
    diary.dispatch()
    assert sorted(to for to, _ in diary.sent()) == ["ana@x.example", "bo@x.example"]


def test_v7_somebody_without_an_address_is_noted_and_the_others_are_invited(diary):
    from sqlalchemy import text

    with diary.office.store.begin() as connection:
        connection.execute(text("UPDATE users SET email = '' WHERE user_id = 'U2'"))
    diary.save(invitees=("U2", "U3"))
    diary.dispatch()
    assert [to for to, _ in diary.sent()] == ["cem@x.example"]
    assert [(m["user_id"], m["reason"]) for m in diary.office.messages(status="dropped")] == [("U2", "no_email")]


def test_a_dispatch_that_dies_between_writing_and_sending_sends_each_invitation_once(diary, monkeypatch):
    from flows.jobs import dispatch

    diary.save(invitees=("U2", "U3"))
    deliver = dispatch.deliver
    monkeypatch.setattr(dispatch, "deliver", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        diary.dispatch()
    monkeypatch.setattr(dispatch, "deliver", deliver)
    diary.dispatch()
    diary.dispatch(NOW + HOUR)
    assert len(diary.mails()) == 2


def test_erasing_a_client_erases_what_was_told_of_appointments_with_him(diary):
    from tasks.requests.erase import erase_relation

    diary.save(notify_contact=True, description="Divorce en cours", send_notification=True)
    diary.dispatch()
    assert any("Jeanne" in row["body_text"] for row in diary.rows("messages"))
    office = diary.office
    erase_relation(office.store, office.settings.documents, "C1", years=5, as_of=NOW.date(), now=NOW)
    for row in diary.rows("messages"):
        assert (row["subject"], row["body_text"], row["body_html"], row["calendar"]) == ("", "", "", None)
    assert [row["description"] for row in diary.rows("activities")] == [None]
    assert [row["email"] for row in diary.rows("invitations") if row["attendee_kind"] == "relation"] == [None]
