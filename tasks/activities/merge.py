"""The merge fields of messages about an activity: the activity, its owner, its contact and the reader (M8).

May touch: sql. Tests: tests/integration/activities/test_save.py.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from sql import schema
from tasks.activities.stored import users_by_id
from tasks.domain.activities.activity import Activity
from tasks.domain.activities.times import local_of

NAMES = ("first_name", "last_name", "email")


def merge_of(connection: Connection, activity: Activity, zone: ZoneInfo) -> dict[str, dict[str, object]]:
    """The merge fields of a message about an activity."""
    people = users_by_id(connection, [activity.owner_id] if activity.owner_id else [])
    contact = relation_of(connection, activity.contact_id)
    return {
        "activity": activity_fields(activity, zone),
        "owner": user_fields(people.get(activity.owner_id or "")),
        "contact": contact,
        "relation": contact,
    }


def activity_fields(activity: Activity, zone: ZoneInfo) -> dict[str, object]:
    """What a text may say of an activity: `starts_on` and `ends_on` are days, `starts_at` and `ends_at` hours."""
    starts = local_of(activity.starts_at, zone)
    ends = None if activity.ends_at is None else local_of(activity.ends_at, zone)
    return {
        "activity_id": activity.activity_id,
        "kind": activity.kind,
        "subject": activity.subject,
        "location": activity.location,
        "status": activity.status,
        "description": activity.description,
        "starts_on": starts.date(),
        "starts_at": f"{starts:%H:%M}",
        "ends_on": None if ends is None else ends.date(),
        "ends_at": None if ends is None else f"{ends:%H:%M}",
    }


def user_fields(user: Mapping[str, Any] | None) -> dict[str, object]:
    """A person of the firm; nothing if there is none."""
    return {} if user is None else {name: user[name] for name in NAMES}


def relation_of(connection: Connection, relation_id: str | None) -> dict[str, object]:
    """A relation; nothing if there is none."""
    r = schema.relations.c
    wanted = select(r.relation_id, r.name, r.email, r.type, r.language).where(r.relation_id == relation_id)
    row = connection.execute(wanted).mappings().first() if relation_id else None
    return {} if row is None else dict(row)
