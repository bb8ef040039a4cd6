"""Everything about one relation: what is known, what runs for it, what it was sent, and what stops its mails.

May touch: sql. Tests: tests/integration/desk/test_desk_relations.py, on both databases.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from sql import schema

FEW = 30


@dataclass(frozen=True)
class RelationCard:
    """A relation as the desk shows it.

    Attributes:
        relation: its row, with its owner's name.
        missions: each with its `services`.
        schedules: that it was put on, those that it was taken off last.
        tasks, messages, activities: the latest first, at most FEW.
        quarantined: rows of files about it that were refused.
        suppressed: why its address gets no mail, as rows of the suppression list.
        pause: of its reminders: until when, or None.
    """

    relation: dict[str, Any]
    missions: list[dict[str, Any]]
    schedules: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    activities: list[dict[str, Any]]
    quarantined: list[dict[str, Any]]
    suppressed: list[dict[str, Any]]
    pause: dict[str, Any] | None


def read_relation_card(connection: Connection, relation_id: str, today: date) -> RelationCard | None:
    """A relation; None if there is none with this id."""
    r, u = schema.relations.c, schema.users.c
    wanted = (
        select(schema.relations, u.first_name, u.last_name)
        .outerjoin(schema.users, u.user_id == r.owner_id)
        .where(r.relation_id == relation_id)
    )
    rows = _rows(connection, wanted)
    if not rows:
        return None
    relation = rows[0]
    p = schema.reminder_pauses
    paused = and_(p.c.relation_id == relation_id, or_(p.c.until_on.is_(None), p.c.until_on >= today))
    return RelationCard(
        relation,
        _missions(connection, relation_id),
        _schedules(connection, relation_id),
        _tasks(connection, relation_id),
        _messages(connection, relation_id),
        _activities(connection, relation_id),
        _quarantined(connection, relation_id),
        _suppressed(connection, relation["email"]),
        next(iter(_rows(connection, select(p).where(paused))), None),
    )


def _rows(connection: Connection, wanted: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _missions(connection: Connection, relation_id: str) -> list[dict[str, Any]]:
    m, s = schema.missions, schema.mission_services
    missions = _rows(connection, select(m).where(m.c.relation_id == relation_id).order_by(m.c.mission_id))
    ids = [row["mission_id"] for row in missions]
    of_these = select(s).where(s.c.mission_id.in_(ids)).order_by(s.c.mission_id, s.c.template)
    services = _rows(connection, of_these) if ids else []
    return [row | {"services": [one for one in services if one["mission_id"] == row["mission_id"]]} for row in missions]


def _schedules(connection: Connection, relation_id: str) -> list[dict[str, Any]]:
    a = schema.assignments
    wanted = select(a).where(a.c.relation_id == relation_id)
    return _rows(connection, wanted.order_by(a.c.stop_on.is_not(None), a.c.template, a.c.schedule))


def _tasks(connection: Connection, relation_id: str) -> list[dict[str, Any]]:
    t = schema.follow_up_tasks
    wanted = select(t).where(t.c.relation_id == relation_id)
    return _rows(connection, wanted.order_by(t.c.due_on.desc(), t.c.task_id.desc()).limit(FEW))


def _messages(connection: Connection, relation_id: str) -> list[dict[str, Any]]:
    m = schema.messages.c
    shown = select(m.message_id, m.subject, m.step, m.status, m.reason, m.send_on, m.email, m.recipient_id)
    to_it = shown.where(m.recipient_kind == "relation", m.recipient_id == relation_id)
    return _rows(connection, to_it.order_by(m.message_id.desc()).limit(FEW))


def _activities(connection: Connection, relation_id: str) -> list[dict[str, Any]]:
    a = schema.activities
    wanted = select(a).where(a.c.contact_id == relation_id)
    return _rows(connection, wanted.order_by(a.c.starts_at.desc(), a.c.activity_id).limit(FEW))


def _quarantined(connection: Connection, relation_id: str) -> list[dict[str, Any]]:
    q = schema.quarantine
    about_it = select(q).where(q.c.kind == "relations", q.c.row_id == relation_id)
    return _rows(connection, about_it.order_by(q.c.source_file, q.c.source_row).limit(FEW))


def _suppressed(connection: Connection, email: str | None) -> list[dict[str, Any]]:
    s = schema.suppressions
    if not email:
        return []
    return _rows(connection, select(s).where(s.c.address == func.lower(email)).order_by(s.c.kind))
