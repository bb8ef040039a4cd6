"""An activity: an appointment, a call or another event, as a save states it and as the database holds it.

May touch: nothing. Tests: tests/unit/activities/test_activity.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from tasks.domain.definitions.record_fields import ACTIVITY_STATUSES
from tasks.domain.errors import RelanceError

PLANNED, HELD, NOT_HELD, CANCELLED = ACTIVITY_STATUSES
LONGEST_SUBJECT, LONGEST_LOCATION, LONGEST_DESCRIPTION = 200, 200, 10_000
MOST_MINUTES = 99_999
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# A change of these is told to people outside, and counts up SEQUENCE (V5).
SIGNIFICANT = ("starts_at", "ends_at", "location")


class ActivityError(RelanceError):
    """An activity that cannot be saved, or does not exist; the message says everything that is wrong."""


@dataclass(frozen=True)
class Activity:
    """One activity; instants are UTC, without a zone.

    Attributes:
        activity_id to notify_contact: the canonical columns.
        saves, saved_at: how often it was saved, and when last.
        sequence: how often its start, end or place changed (V5).
        uid: its name in calendars; None before the first invitation.
        quiet_until: nothing that was due before is sent (V2).
        follows_id: the activity that it was copied from (V6).
    """

    activity_id: str
    kind: str
    subject: str
    starts_at: datetime
    ends_at: datetime | None = None
    owner_id: str | None = None
    contact_id: str | None = None
    location: str | None = None
    status: str = PLANNED
    description: str | None = None
    send_notification: bool = False
    remind_minutes: int | None = None
    invitees: tuple[str, ...] = ()
    notify_contact: bool = False
    saves: int = 0
    saved_at: datetime | None = None
    sequence: int = 0
    uid: str | None = None
    quiet_until: datetime | None = None
    follows_id: str | None = None

    @property
    def remind_at(self) -> datetime | None:
        """The instant of its reminders: an instant, so right across a change of clocks (T6, V3)."""
        return None if self.remind_minutes is None else self.starts_at - timedelta(minutes=self.remind_minutes)

    @property
    def is_planned(self) -> bool:
        """Whether it is going to take place; of a status that is none of ours nothing is known, and nothing is sent."""
        return self.status == PLANNED

    def is_over(self, now: datetime) -> bool:
        """Whether its start has passed: nothing is sent for it any more."""
        return self.starts_at <= now

    def record(self) -> dict[str, Any]:
        """Its canonical columns, as a row of the import kind `activities`."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = tuple(field.name for field in fields(Activity))[:14]
NAMES_IN_TABLE: Mapping[str, str] = {"send_notification": "is_notified", "notify_contact": "is_contact_notified"}


def problems_of(activity: Activity) -> list[str]:
    """What is wrong with an activity in itself, each in a sentence."""
    found = []
    for name, longest in (("subject", LONGEST_SUBJECT), ("location", LONGEST_LOCATION)):
        text = getattr(activity, name) or ""
        if len(text) > longest:
            found.append(f"The {name} has {len(text)} characters; {longest} is the most.")
        if CONTROL.search(text):
            found.append(f"The {name} holds a line break or another control character; write it on one line.")
    if not activity.subject.strip():
        found.append("The subject is empty.")
    if len(activity.description or "") > LONGEST_DESCRIPTION:
        found.append(f"The description is longer than {LONGEST_DESCRIPTION:,} characters.")
    if activity.ends_at is not None and activity.ends_at < activity.starts_at:
        found.append("It ends before it starts.")
    twice = sorted({one for one in activity.invitees if activity.invitees.count(one) > 1})
    if twice:
        found.append(f"{', '.join(twice)} is invited twice; name each person once.")
    if activity.remind_minutes is not None and not 0 <= activity.remind_minutes <= MOST_MINUTES:
        found.append(f"A reminder of {activity.remind_minutes} minutes: write 0 to {MOST_MINUTES}, before the start.")
    if activity.status not in ACTIVITY_STATUSES:
        found.append(f"There is no status {activity.status!r}; there are {', '.join(ACTIVITY_STATUSES)}.")
    return found


def is_significant(before: Activity | None, activity: Activity) -> bool:
    """Whether a save changes what people have in their calendars (V5)."""
    return before is not None and any(getattr(before, name) != getattr(activity, name) for name in SIGNIFICANT)
