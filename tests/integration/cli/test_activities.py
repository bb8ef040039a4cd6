"""`relance activity`, `notifications` and `rule explain`, as typed (V1 to V6, W1, W2): seed 002, line by line."""

import json

import pytest
from click.testing import CliRunner
from diary import CLIENT, USERS
from sqlalchemy import insert

from flows.cli import relance
from sql import schema

AT = ("--at", "2026-11-24T10:00")


@pytest.fixture
def call(sqlite_office, monkeypatch):
    """The command line of a firm with three users and a client."""
    with sqlite_office.store.begin() as connection:
        connection.execute(insert(schema.users), [row | {"folded_id": row["user_id"].lower()} for row in USERS])
        connection.execute(insert(schema.relations), CLIENT)
    monkeypatch.setenv("RELANCE_HOME", str(sqlite_office.settings.home))

    def typed(*words, expect=0):
        result = CliRunner().invoke(relance, [str(word) for word in words], catch_exceptions=False)
        assert result.exit_code == expect, result.output
        return result

    return typed


def save(call, *more, expect=0, **changes):
    given = {"id": "A1", "kind": "meeting", "subject": "Bilan", "starts-at": "2026-12-01T14:30", "owner": "U1"}
    given |= {"contact": "C1", "location": "Rue X 1"} | {k.replace("_", "-"): v for k, v in changes.items()}
    words = [part for name, value in given.items() if value is not None for part in (f"--{name}", value)]
    return call("activity", "save", *words, *more, *AT, expect=expect)


def listed(call):
    return json.loads(call("activity", "list", "--json").stdout)


def outbox(call):
    return [
        (m["user_id"] or m["relation_id"], m["subject"], m["status"])
        for m in json.loads(call("messages", "--json").stdout)
    ]


def test_seed_002_from_the_save_to_the_reminder(call):
    """The user of the CRM is notified, reminded, and his colleague is invited."""
    assert save(call, "--send-notification", invitees="U2", remind_minutes="30").stdout == "A1\n"
    call("dispatch", "--at", "2026-11-24T10:05")
    call("dispatch", "--at", "2026-12-01T14:00")
    assert outbox(call) == [
        ("U1", "Nouveau : Bilan", "sent"),
        ("U2", "Invitation : Bilan", "sent"),
        ("U1", "Rappel : Bilan, 14:30", "sent"),
        ("U2", "Rappel : Bilan, 14:30", "sent"),
    ]
    (told,) = json.loads(call("notifications", "--json", *AT).stdout)
    assert told == {
        "user_id": "U1",
        "about": "activity",
        "activity_id": "A1",
        "notify_at": "2026-12-01T14:15",
        "text": "2026-12-01T14:30 Bilan",
    }


def test_seed_002_the_contact_is_notified_once_place_and_contact_are_there(call):
    """The shipped form and rule: place and contact are required, the box is reset, the mail bears the owner's name."""
    said = save(call, "--notify-contact", location=None, contact=None, expect=1)
    assert "location is empty, and required by the form appointment-notice." in said.stderr
    assert "contact_id is empty, and required by the form appointment-notice." in said.stderr
    assert listed(call) == []
    save(call, "--notify-contact")
    assert [row["notify_contact"] for row in listed(call)] == [False]
    call("dispatch", "--at", "2026-11-24T10:05")
    assert outbox(call) == [("C1", "Rendez-vous avec Ana Roy", "sent")]
    explained = json.loads(call("rule", "explain", "A1", "--json").stdout)
    assert [(row["kind"], row["name"], row["outcome"]) for row in explained] == [
        ("form", "appointment-notice", None),
        ("rule", "appointment-notice", None),
        ("act", "appointment-notice", "done"),
    ]


def test_seed_002_a_call_that_did_not_take_place_is_followed_up(call):
    save(call, kind="call")
    words = ("--again-at", "2026-12-02T09:00", "--subject", "Second appel", *AT)
    copy = call("activity", "not-held", "A1", *words).stdout.strip()
    assert call("activity", "not-held", "A1", *words).stdout.strip() == copy
    one, other = listed(call)
    assert (one["status"], one["is_followed_up_by"]) == ("not_held", copy)
    assert (other["activity_id"], other["subject"], other["starts_at"]) == (copy, "Second appel", "2026-12-02T09:00")
    assert other["ends_at"] == "2026-12-02T09:15"


def test_a_calendar_file_is_printed_and_a_cancelled_activity_stays_listed(call):
    save(call)
    text = call("activity", "ics", "A1").stdout
    assert text.startswith("BEGIN:VCALENDAR")
    assert "METHOD:PUBLISH" in text
    call("activity", "cancel", "A1", *AT)
    assert [row["status"] for row in listed(call)] == ["cancelled"]
    assert "There is no activity A9" in call("activity", "cancel", "A9", expect=1).output


def test_a_doubtful_time_is_said_and_a_bad_one_refused(call):
    assert "does not exist" in save(call, starts_at="2027-03-28T02:30").stderr
    assert [row["starts_at"] for row in listed(call)] == ["2027-03-28T03:30"]
    bad = call("activity", "save", "--kind", "call", "--subject", "x", "--starts-at", "demain", expect=1)
    assert "'demain' is no time: write it as 2026-12-31T14:30" in bad.stderr
