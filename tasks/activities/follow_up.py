"""An activity that was held or not, and its copy at another time (V6).

May touch: sql. Tests: tests/integration/activities/test_follow_up.py, on both databases.
"""

import uuid
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from tasks.activities.save import SaveContext, Saved, save_activity
from tasks.activities.stored import follower_of, get_activity
from tasks.domain.activities.activity import PLANNED, Activity, ActivityError


def new_id() -> str:
    """An id for an activity that is saved without one."""
    return f"A-{uuid.uuid4().hex[:12]}"


def set_status(connection: Connection, context: SaveContext, activity_id: str, status: str, now: datetime) -> Saved:
    """Save an activity with another status; one that has it already is left as it is.

    Raises:
        ActivityError: there is no such activity, or a form does not let it be saved.
    """
    activity = get_activity(connection, activity_id)
    if activity.status == status:
        return Saved(activity, activity)
    return save_activity(connection, context, replace(activity, status=status), now)


def follow_up(
    connection: Connection,
    context: SaveContext,
    activity_id: str,
    starts_at: datetime,
    subject: str | None,
    now: datetime,
) -> Saved:
    """Copy an activity to another time: everything but date, time and name; boxes, answers and UID are new.

    The same call twice makes one copy.

    Raises:
        ActivityError: it is followed up by another activity already.
    """
    activity = get_activity(connection, activity_id)
    follower = follower_of(connection, activity.activity_id)
    if follower is not None:
        copy = get_activity(connection, follower)
        if copy.starts_at == starts_at and copy.subject == (subject or activity.subject):
            return Saved(copy, copy)
        raise ActivityError(f"{activity.activity_id} is followed up by {follower} already; save that one instead.")
    return save_activity(connection, context, _copy(activity, starts_at, subject), now)


def _copy(activity: Activity, starts_at: datetime, subject: str | None) -> Activity:
    length = None if activity.ends_at is None else activity.ends_at - activity.starts_at
    return Activity(
        activity_id=new_id(),
        kind=activity.kind,
        subject=subject or activity.subject,
        starts_at=starts_at,
        ends_at=None if length is None else starts_at + length,
        owner_id=activity.owner_id,
        contact_id=activity.contact_id,
        location=activity.location,
        status=PLANNED,
        description=activity.description,
        remind_minutes=activity.remind_minutes,
        invitees=activity.invitees,
        follows_id=activity.activity_id,
    )
