"""Calendars: only the reader stands in them, instants are UTC, and lines are as RFC 5545 wants them (V5)."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from calendars import read
from hypothesis import given, settings
from hypothesis import strategies as st

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


GOLDEN = Path(__file__).parents[2] / "data" / "calendars"
CASES = {"request": ("REQUEST", True), "request_of_a_client": ("REQUEST", False), "cancel": ("CANCEL", False)}


@pytest.mark.parametrize("case", CASES)
def test_v5_a_calendar_is_written_as_it_was(case, request):
    method, is_internal = CASES[case]
    found = calendar_text(ONE, method, FIRM, BO, NOW, with_description=is_internal).encode()
    file = GOLDEN / f"{case}.ics"
    if request.config.getoption("--keep-snapshots"):
        file.write_bytes(found)
    assert found == file.read_bytes()


def test_v5_a_second_reader_reads_what_was_meant():
    event = read((GOLDEN / "request.ics").read_bytes().decode())
    assert (event["SUMMARY"], event["LOCATION"], event["DESCRIPTION"]) == (ONE.subject, ONE.location, ONE.description)
    assert (event["DTSTART"], event["DTEND"]) == ("20261201T133000Z", "20261201T143000Z")
    assert (event["UID"], event["SEQUENCE"], event["METHOD"]) == ("abc@x.example", "3", "REQUEST")
    assert (event["ATTENDEE"], event["ATTENDEE;"]["CN"]) == ("mailto:bo@x.example", BO.name)
    assert event["ORGANIZER;"]["CN"] == FIRM.name


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120)
one_line = words.filter(lambda text: text.isprintable() and text.strip() == text)


@settings(deadline=None)
@given(one_line, one_line, words, one_line)
def test_v5_no_text_breaks_a_line_or_adds_a_property(subject, location, description, name):
    activity = replace(ONE, subject=subject, location=location, description=description)
    event = read(calendar_text(activity, "REQUEST", FIRM, Person(name, "a@x.example"), NOW, with_description=True))
    assert (event["SUMMARY"], event["LOCATION"]) == (subject, location)
    assert event["UID"] == "abc@x.example"
