"""Activities in the database, as the records that tasks/domain/activities/activity.py describes.

May touch: sql. Tests: tests/integration/activities/test_save.py, on both databases.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from sql import schema
from tasks.domain.activities.activity import NAMES_IN_TABLE, PLANNED, Activity, ActivityError
from tasks.domain.intake.ids import id_key

COLUMNS = {name: NAMES_IN_TABLE.get(name, name) for name in Activity.__dataclass_fields__}


def find_activity(connection: Connection, activity_id: str) -> Activity | None:
    """An activity by its id, as a person reads it (Q6); None if there is none."""
    a = schema.activities.c
    found = read_activities(connection, a.folded_id == id_key(activity_id))
    return found[0] if found else None


def get_activity(connection: Connection, activity_id: str) -> Activity:
    """An activity by its id.

    Raises:
        ActivityError: there is none.
    """
    found = find_activity(connection, activity_id)
    if found is None:
        raise ActivityError(f"There is no activity {activity_id}. `relance activity list` shows them.")
    return found


def read_activities(connection: Connection, *where: ColumnElement[bool], most: int | None = None) -> list[Activity]:
    """Activities by their start."""
    a = schema.activities.c
    wanted = select(*(a[column].label(name) for name, column in COLUMNS.items())).where(*where)
    rows = connection.execute(wanted.order_by(a.starts_at, a.activity_id).limit(most)).mappings()
    return [activity_of(dict(row)) for row in rows]


def activity_of(row: Mapping[str, Any]) -> Activity:
    """An activity from a row of its table. One without a status is planned."""
    values = dict(row) | {
        "status": row["status"] or PLANNED,
        "invitees": tuple(dict.fromkeys((row["invitees"] or "").split())),
        "send_notification": bool(row["send_notification"]),
        "notify_contact": bool(row["notify_contact"]),
    }
    return Activity(**values)


def write_activity(connection: Connection, activity: Activity, is_new: bool) -> None:
    """Write an activity's row."""
    row = {column: getattr(activity, name) for name, column in COLUMNS.items()}
    row |= {"invitees": " ".join(activity.invitees) or None, "remind_at": activity.remind_at, "is_invitation_due": True}
    table = schema.activities
    if is_new:
        connection.execute(insert(table).values(row | {"folded_id": id_key(activity.activity_id)}))
    else:
        connection.execute(update(table).where(table.c.activity_id == activity.activity_id).values(row))


def rewrite_fields(connection: Connection, activity: Activity, names: Iterable[str]) -> None:
    """Write some fields of a known activity, with what follows from them; the others stay as a file wrote them."""
    row = {COLUMNS[name]: getattr(activity, name) for name in names}
    row |= {"invitees": " ".join(activity.invitees) or None} if "invitees" in row else {}
    row |= {"remind_at": activity.remind_at, "sequence": activity.sequence, "is_invitation_due": True}
    table = schema.activities
    connection.execute(update(table).where(table.c.activity_id == activity.activity_id).values(row))


def set_uid(connection: Connection, activity_id: str, uid: str) -> None:
    """Give an activity its name in calendars, for life."""
    a = schema.activities
    connection.execute(update(a).where(a.c.activity_id == activity_id, a.c.uid.is_(None)).values(uid=uid))


def users_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """People of the firm, by id."""
    u = schema.users.c
    wanted = select(u.user_id, u.first_name, u.last_name, u.email, u.remind_minutes).where(u.user_id.in_(set(ids)))
    return {row["user_id"]: dict(row) for row in connection.execute(wanted).mappings()}


def follower_of(connection: Connection, activity_id: str) -> str | None:
    """The id of the copy that follows an activity up."""
    a = schema.activities.c
    return connection.execute(select(a.activity_id).where(a.follows_id == activity_id)).scalar_one_or_none()
