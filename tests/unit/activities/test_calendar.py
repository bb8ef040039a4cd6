"""Calendars: only the reader stands in them, instants are UTC, and lines are as RFC 5545 wants them (V5)."""

from datetime import datetime

from tasks.domain.activities.activity import Activity
from tasks.domain.activities.calendar import Person, calendar_text

FIRM, BO = Person("Cabinet; Dupont, Fils", "firm@x.example"), Person("Bo Lié", "bo@x.example")
ONE = Activity(
    "A1",
    "meeting",
    "Bilan; 2026, n°1 \\ " + "é" * 60 + " 😀",
    datetime(2026, 12, 1, 13, 30),
    ends_at=datetime(2026, 12, 1, 14, 30),
    location="Rue X, 1",
    description="Une ligne\nune autre",
    uid="abc@x.example",
    sequence=3,
)
NOW = datetime(2026, 11, 24, 9, 0, 1, 5)


def test_lines_end_in_crlf_and_no_line_is_longer_than_seventy_five_octets():
    text = calendar_text(ONE, "REQUEST", FIRM, BO, NOW, with_description=True)
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_signs_are_escaped_and_read_back():
    from icalendar import Calendar

    text = calendar_text(ONE, "REQUEST", FIRM, BO, NOW, with_description=True)
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert (event["SUMMARY"], event["LOCATION"], event["DESCRIPTION"]) == (ONE.subject, ONE.location, ONE.description)
    assert "Bilan\\; 2026\\, n°1 \\\\" in text


def test_what_stands_in_it():
    lines = calendar_text(ONE, "REQUEST", FIRM, BO, NOW).replace("\r\n ", "").split("\r\n")
    assert lines[:5] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Relance//Relance//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
    ]
    for line in ("UID:abc@x.example", "SEQUENCE:3", "DTSTAMP:20261124T090001Z", "DTSTART:20261201T133000Z"):
        assert line in lines
    assert "DTEND:20261201T143000Z" in lines
    assert 'ORGANIZER;CN="Cabinet; Dupont, Fils":mailto:firm@x.example' in lines
    (attendee,) = [line for line in lines if line.startswith("ATTENDEE")]
    assert attendee.endswith(":mailto:bo@x.example")
    assert "RSVP=TRUE" in attendee
    assert not any(line.startswith("DESCRIPTION") for line in lines)


def test_a_cancellation_says_so():
    text = calendar_text(ONE, "CANCEL", FIRM, BO, NOW)
    assert "METHOD:CANCEL" in text
    assert "STATUS:CANCELLED" in text
