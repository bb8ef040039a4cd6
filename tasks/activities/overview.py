"""Activities, and what people of the firm are told of them in the product, as shown to people and programs (V4).

May touch: sql. Tests: tests/integration/activities/test_activities_shown.py, on both databases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from sql import schema
from sql.store import Store, plain
from tasks.activities.reminders import reminded
from tasks.activities.stored import read_activities, users_by_id
from tasks.domain.activities.activity import COLUMNS, PLANNED, Activity
from tasks.domain.activities.times import local_of

FINDINGS_SINCE = timedelta(days=30)
FAILED = "failed"


@dataclass(frozen=True)
class ActivityFilter:
    """Which activities to list; what is empty does not filter."""

    status: str | None = None
    owner: str | None = None
    contact: str | None = None
    activity_id: str | None = None


def list_activities(store: Store, zone: ZoneInfo, chosen: ActivityFilter) -> list[dict[str, Any]]:
    """Activities by their start, in the contract's shape; times are local."""
    a = schema.activities.c
    where = [
        *([func.coalesce(a.status, PLANNED) == chosen.status] if chosen.status else []),
        *([a.owner_id == chosen.owner] if chosen.owner else []),
        *([a.contact_id == chosen.contact] if chosen.contact else []),
        *([a.activity_id == chosen.activity_id] if chosen.activity_id else []),
    ]
    with store.begin(only_reads=True) as connection:
        activities = read_activities(connection, *where)
        followers = dict(
            connection.execute(select(a.follows_id, a.activity_id).where(a.follows_id.is_not(None))).tuples().all()
        )
    return [shown(one, zone) | {"is_followed_up_by": followers.get(one.activity_id)} for one in activities]


def shown(activity: Activity, zone: ZoneInfo) -> dict[str, Any]:
    """The canonical columns, with local times, and the invitees as a file has them."""
    row = {name: getattr(activity, name) for name in COLUMNS}
    times = {name: _local(row[name], zone) for name in ("starts_at", "ends_at")}
    return row | times | {"invitees": " ".join(activity.invitees)}


def _local(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return None if instant is None else local_of(instant, zone).strftime("%Y-%m-%dT%H:%M")


def list_notifications(store: Store, zone: ZoneInfo, user: str | None, now: datetime) -> list[dict[str, Any]]:
    """What people of the firm are told in the product: activities ahead, and rules that could not act; by instant.

    An activity is told `users.remind_minutes` before its start (V4); nobody is told of one without a time for it.
    """
    a = schema.activities.c
    is_ahead = (a.starts_at > plain(now), func.coalesce(a.status, PLANNED) == PLANNED)
    with store.begin(only_reads=True) as connection:
        told = _of_activities(connection, read_activities(connection, *is_ahead), zone)
        told += _of_rules(connection, plain(now), zone)
    mine = [row for row in told if user is None or row["user_id"] == user]
    return sorted(mine, key=lambda row: (row["notify_at"], row["user_id"], row["about"], row["activity_id"] or ""))


def _of_activities(connection: Connection, activities: Sequence[Activity], zone: ZoneInfo) -> list[dict[str, Any]]:
    users = users_by_id(connection, [one for activity in activities for one in reminded(activity)])
    return [
        {
            "user_id": user_id,
            "about": "activity",
            "activity_id": activity.activity_id,
            "notify_at": _local(activity.starts_at - timedelta(minutes=user["remind_minutes"]), zone),
            "text": f"{_local(activity.starts_at, zone)} {activity.subject}",
        }
        for activity in activities
        for user_id in reminded(activity)
        if (user := users.get(user_id)) is not None and user["remind_minutes"] is not None
    ]


def _of_rules(connection: Connection, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    t = schema.rule_acts.c
    failed = (t.outcome == FAILED, t.judged_at > now - FINDINGS_SINCE, t.owner_id.is_not(None))
    rows = connection.execute(select(schema.rule_acts).where(*failed)).mappings()
    return [
        {
            "user_id": row["owner_id"],
            "about": "rule",
            "activity_id": row["record_id"] if row["record_kind"] == "activities" else None,
            "notify_at": _local(row["judged_at"], zone),
            "text": f"{row['rule']}: {row['record_id']}: {row['detail'] or row['reason']}",
        }
        for row in rows
    ]
