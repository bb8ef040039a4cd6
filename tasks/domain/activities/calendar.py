"""An activity as an iCalendar text for one reader (RFC 5545, 5546): UTC instants, one UID for life (V5).

Only that reader stands in it: nobody sees who else is asked. May touch: icalendar (imported late).
Tests: tests/unit/activities/test_calendar.py.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tasks.domain.activities.activity import Activity
from tasks.domain.activities.invitations import CANCEL, REQUEST

PRODUCT = "-//Relance//Relance//EN"


@dataclass(frozen=True)
class Person:
    """A name with an address."""

    name: str
    email: str


def calendar_text(
    activity: Activity,
    method: str,
    organizer: Person,
    attendee: Person | None,
    now: datetime,
    *,
    with_description: bool = False,
) -> str:
    """The text, with lines that end in CRLF.

    Args:
        activity: what it is about; it has a uid.
        method: REQUEST, CANCEL or PUBLISH.
        organizer: stays the same for the activity's life.
        attendee: the reader; None in a text for nobody.
        now: when it is written, UTC.
        with_description: whether the description, which may be internal, stands in it.
    """
    from icalendar import Calendar, Event

    event = Event()
    event.add("uid", activity.uid)
    event.add("sequence", activity.sequence)
    event.add("dtstamp", now.replace(tzinfo=UTC, microsecond=0))
    event.add("dtstart", activity.starts_at.replace(tzinfo=UTC))
    if activity.ends_at is not None:
        event.add("dtend", activity.ends_at.replace(tzinfo=UTC))
    event.add("summary", activity.subject)
    if activity.location:
        event.add("location", activity.location)
    if with_description and activity.description:
        event.add("description", activity.description)
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event["organizer"] = _address(organizer)
    if attendee is not None:
        asked = {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"} if method == REQUEST else {}
        event.add("attendee", _address(attendee, ROLE="REQ-PARTICIPANT", **asked), encode=False)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))


def _address(person: Person, **parameters: str) -> Any:
    from icalendar import vCalAddress, vText

    address = vCalAddress(f"mailto:{person.email}")
    address.params |= {name: vText(value) for name, value in {"CN": person.name, **parameters}.items()}
    return address
