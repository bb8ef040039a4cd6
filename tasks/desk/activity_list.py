"""Activities at the desk: by their start, fifty at a time; and the mails about one.

May touch: sql. Tests: tests/integration/desk/test_desk_activities.py, on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_

from sql import schema
from tasks.domain.activities.activity import PLANNED

A_PAGE = 50


@dataclass(frozen=True)
class ActivityChoice:
    """Which activities are shown: each filter that is not None narrows it.

    Attributes:
        since: the first instant, UTC.
        mine: of this user, or to which he is invited.
        owner_id, kind, status, contact_id: only of this one.
        after: only those behind this start and id.
    """

    since: datetime
    mine: str | None = None
    owner_id: str | None = None
    kind: str | None = None
    status: str | None = None
    contact_id: str | None = None
    after: tuple[datetime, str] | None = None


@dataclass(frozen=True)
class ActivityPage:
    """A page of a list, and where the next one begins."""

    rows: Sequence[Mapping[str, Any]]
    next: tuple[datetime, str] | None


def read_activities_of(connection: Connection, choice: ActivityChoice) -> ActivityPage:
    """One page of activities, the first ones first."""
    a, r, u = schema.activities.c, schema.relations.c, schema.users.c
    named = {a.owner_id: choice.owner_id, a.kind: choice.kind, a.contact_id: choice.contact_id}
    where: list[ColumnElement[bool]] = [a.starts_at >= choice.since]
    where += [column == value for column, value in named.items() if value is not None]
    if choice.status is not None:
        where.append(func.coalesce(a.status, PLANNED) == choice.status)
    if choice.mine is not None:
        where.append(is_of(connection, choice.mine))
    if choice.after is not None:
        where.append(tuple_(a.starts_at, a.activity_id) > choice.after)
    wanted = (
        select(a.activity_id, a.kind, a.subject, a.starts_at, a.location, a.contact_id, r.name.label("contact_name"))
        .add_columns(func.coalesce(a.status, PLANNED).label("status"), u.first_name, u.last_name, a.owner_id)
        .outerjoin(schema.relations, r.relation_id == a.contact_id)
        .outerjoin(schema.users, u.user_id == a.owner_id)
        .where(*where)
        .order_by(a.starts_at, a.activity_id)
        .limit(A_PAGE + 1)
    )
    found = [dict(row) for row in connection.execute(wanted).mappings()]
    rows = found[:A_PAGE]
    return ActivityPage(rows, (rows[-1]["starts_at"], rows[-1]["activity_id"]) if len(found) > A_PAGE else None)


def is_of(connection: Connection, user_id: str) -> ColumnElement[bool]:
    """Whether an activity is a user's, or he is invited to it."""
    a = schema.activities.c
    position = func.instr if connection.dialect.name == "sqlite" else func.strpos
    return or_(a.owner_id == user_id, position(" " + func.coalesce(a.invitees, "") + " ", f" {user_id} ") > 0)


def mails_about(connection: Connection, activity_id: str) -> list[dict[str, Any]]:
    """The messages about an activity, the latest first."""
    m = schema.messages.c
    shown = (m.message_id, m.subject, m.step, m.status, m.reason, m.send_on, m.email, m.recipient_id)
    about = and_(m.cause_kind == "activity", m.cause_id == activity_id)
    return [
        dict(row) for row in connection.execute(select(*shown).where(about).order_by(m.message_id.desc())).mappings()
    ]
