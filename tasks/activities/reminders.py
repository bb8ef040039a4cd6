"""Reminders of activities to the owner and those invited, to the minute (V3, T6, V7).

What is due is found by `remind_at`, so nothing is planned ahead that a move would have to follow: a reminder is written
as it becomes due, from the activity as it then is. Its key holds the start: moved, it is due again; moved back, not.
May touch: sql, tasks/mail. Tests: tests/integration/activities/test_activity_reminders.py, on both databases.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from sql import schema
from sql.store import Store, plain
from tasks.activities.merge import merge_of, user_fields
from tasks.activities.stored import read_activities, users_by_id
from tasks.domain.activities.activity import PLANNED, Activity
from tasks.domain.activities.times import local_of
from tasks.domain.mail.keys import ACTIVITY, USER, message_key
from tasks.domain.reasons import Reason
from tasks.mail.immediate import note_unsent, queue_message
from tasks.mail.render import Renderer

REMINDER = "reminder"
# A batch that is scheduled this far ahead can be cancelled when the activity moves (O3, O4). With less time left a
# reminder waits for its minute; the next dispatch comes after five.
SCHEDULED_FROM, SCHEDULED_TO = timedelta(minutes=30), timedelta(minutes=36)
BETWEEN_DISPATCHES = timedelta(minutes=2, seconds=30)
# How far back a dispatch that was away notes what it missed.
MISSED_SINCE = timedelta(days=2)
ACTIVITIES_A_PART = 500


def queue_reminders(store: Store, renderer: Renderer, zone: ZoneInfo, now: datetime, *, schedules: bool) -> int:
    """Write every reminder that is due, and note what came too late; return how many are to be sent.

    Args:
        store: the database.
        renderer: for the firm's messages.
        zone: the firm's.
        now: the instant, UTC.
        schedules: whether the mail service is given what is due soon, for its minute; a folder would have it at once.
    """
    ids = due_activities(store, plain(now), schedules=schedules)
    queued = 0
    for start in range(0, len(ids), ACTIVITIES_A_PART):
        part = ids[start : start + ACTIVITIES_A_PART]
        with store.begin() as connection:
            queued += _queue(connection, renderer, zone, part, plain(now))
        store.let_others_write()
    return queued


def due_activities(store: Store, now: datetime, *, schedules: bool = True) -> list[str]:
    """The ids of the activities whose reminder is due at an instant (UTC, without a zone), or was missed."""
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(_due(now, schedules=schedules)).scalars())


def _due(now: datetime, *, schedules: bool) -> Any:
    """Activities whose `remind_at` has come, or comes so that the mail service can be given it ahead.

    It is emptied once its reminders are written; each save computes it anew.
    """
    a = schema.activities.c
    is_due: ColumnElement[bool] = a.remind_at <= now + BETWEEN_DISPATCHES
    if schedules:
        ahead = and_(a.remind_at >= now + SCHEDULED_FROM, a.remind_at <= now + SCHEDULED_TO)
        is_due = and_(a.remind_at <= now + SCHEDULED_TO, or_(is_due, ahead))
    return select(a.activity_id).where(is_due).order_by(a.remind_at, a.activity_id)


def _queue(
    connection: Connection, renderer: Renderer, zone: ZoneInfo, activity_ids: Sequence[str], now: datetime
) -> int:
    """Write the reminders of some activities to those who have none for this start yet."""
    a, queued = schema.activities, 0
    for activity in read_activities(connection, a.c.activity_id.in_(activity_ids)):
        people = [one for one in reminded(activity) if not _is_written(connection, _key(activity, one))]
        if not _is_to_be_sent(activity):
            people = []
        if people and activity.is_over(now):
            _note_too_late(connection, activity, people, now, local_of(now, zone).date())
        elif people:
            _remind(connection, renderer, zone, activity, people, now)
            queued += len(people)
    connection.execute(update(a).where(a.c.activity_id.in_(activity_ids)).values(remind_at=None))
    return queued


def _is_to_be_sent(activity: Activity) -> bool:
    """Whether it is going to take place, and its reminder was not due before a first import brought it (V2)."""
    quiet_until, remind_at = activity.quiet_until, activity.remind_at
    return activity.is_planned and (quiet_until is None or remind_at is None or remind_at >= quiet_until)


def _is_written(connection: Connection, key: Mapping[str, str]) -> bool:
    """Whether somebody has a reminder; not if it was withdrawn before it left."""
    m = schema.messages.c
    found = connection.execute(select(m.status, m.reason).filter_by(**key, cycle=0, sequence=0)).first()
    return found is not None and (found.status, found.reason) != ("cancelled", Reason.SUPERSEDED.value)


def _remind(
    connection: Connection,
    renderer: Renderer,
    zone: ZoneInfo,
    activity: Activity,
    people: Sequence[str],
    now: datetime,
) -> None:
    users, merge = users_by_id(connection, people), merge_of(connection, activity, zone)
    for user_id in people:
        queue_message(
            connection,
            renderer,
            "activity_reminder",
            _key(activity, user_id),
            language=None,
            merge=merge | {"reader": user_fields(users.get(user_id))},
            send_on=local_of(now, zone).date(),
            leaves={"send_at": activity.remind_at, "about_at": activity.starts_at},
        )


def reminded(activity: Activity) -> list[str]:
    """Who is reminded: the owner and those invited, each once (V7)."""
    return list(dict.fromkeys([*([activity.owner_id] if activity.owner_id else []), *activity.invitees]))


def _key(activity: Activity, user_id: str) -> dict[str, str]:
    step = f"{REMINDER} {activity.starts_at:%Y-%m-%dT%H:%M}Z"
    return message_key((ACTIVITY, activity.activity_id), step, (USER, user_id))


def _note_too_late(
    connection: Connection, activity: Activity, people: Sequence[str], now: datetime, today: date
) -> None:
    """Leave a row that says why nothing was sent, if the reminder was planned before its time (M3), and lately."""
    was_planned = activity.saved_at and activity.remind_at and activity.saved_at <= activity.remind_at
    if not was_planned or activity.starts_at <= now - MISSED_SINCE:
        return
    times = {"about_at": activity.starts_at, "send_at": activity.remind_at}
    for user_id in people:
        note_unsent(connection, _key(activity, user_id), Reason.TOO_LATE, today, times)


def withdraw_outdated(connection: Connection, activity_id: str, now: datetime) -> None:
    """Withdraw what a save has overtaken: what waits is dropped, what is scheduled at the mail service is recalled.

    Called within the save's transaction, after the activity was written.
    """
    m, a, t = schema.messages, schema.activities.c, schema.attempts.c
    mine = and_(m.c.cause_kind == ACTIVITY, m.c.cause_id == activity_id)
    start = select(a.starts_at).where(a.activity_id == activity_id).scalar_subquery()
    status = select(func.coalesce(a.status, PLANNED)).where(a.activity_id == activity_id).scalar_subquery()
    is_overtaken: ColumnElement[bool] = or_(
        m.c.step == "saved", and_(m.c.step.like(f"{REMINDER}%"), or_(m.c.about_at != start, status != PLANNED))
    )
    dropped = {"status": "cancelled", "reason": Reason.SUPERSEDED.value}
    connection.execute(update(m).where(mine, is_overtaken, m.c.status == "pending").values(dropped))
    is_ahead = exists().where(t.attempt_id == m.c.attempt_id, t.state == "accepted", t.send_at > plain(now))
    crossed = and_(mine, m.c.step.like(f"{REMINDER}%"), m.c.status == "sent", is_ahead)
    connection.execute(update(m).where(crossed).values(is_crossed=True))
