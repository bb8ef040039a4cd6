"""What waits for a person of the firm today: counts that lead to lists, and the first rows of them.

May touch: sql. Tests: tests/integration/desk/test_desk_today.py, on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select

from sql import schema
from sql.store import plain
from tasks.desk.activity_list import is_of
from tasks.desk.task_list import IS_OPEN, MOST_COUNTED, STATES, TaskChoice, in_state, of_user, read_tasks
from tasks.domain.activities.activity import PLANNED

FEW = 10
UNSURE = ("held", "unknown")
AHEAD = timedelta(days=7)
FAILED, FINDINGS_SINCE = "failed", timedelta(days=30)


@dataclass(frozen=True)
class Today:
    """What waits for a person.

    Attributes:
        counts: overdue, due (within a week), waiting, to_review, exhausted: his tasks; unsure: mails of the firm.
        urgent: his first tasks by due day, those overdue first.
        activities: his of the next week.
        failed_rules: what rules could not do for his records, of the last month.
    """

    counts: Mapping[str, int]
    urgent: Sequence[Mapping[str, Any]]
    activities: Sequence[Mapping[str, Any]]
    failed_rules: Sequence[Mapping[str, Any]]


def read_today(connection: Connection, user_id: str, today: date, now: datetime) -> Today:
    """What waits for a user."""
    tasks = _open_tasks(connection, user_id)
    counts = {
        "overdue": sum(row["due_on"] < today for row in tasks),
        "due": sum(row["due_on"] < today + AHEAD for row in tasks),
        **{state: sum(bool(row[state]) for row in tasks) for state in STATES},
    }
    m = schema.messages.c
    counts["unsure"] = int(connection.execute(select(func.count()).where(m.status.in_(UNSURE))).scalar_one())
    urgent = read_tasks(connection, TaskChoice(only=[row["task_id"] for row in tasks[:FEW]])).rows if tasks else ()
    return Today(counts, urgent, _activities(connection, user_id, now), _failed_rules(connection, user_id, now))


def _open_tasks(connection: Connection, user_id: str) -> Sequence[Mapping[str, Any]]:
    """A user's open tasks by due day, each with whether it is in the states that are counted: read once for all."""
    t = schema.follow_up_tasks.c
    states = [in_state(state).label(state) for state in STATES]
    mine = select(t.task_id, t.due_on, *states).where(IS_OPEN, t.task_id.in_(of_user(user_id, is_open=True)))
    return [dict(row) for row in connection.execute(mine.order_by(t.due_on, t.task_id).limit(MOST_COUNTED)).mappings()]


def _activities(connection: Connection, user_id: str, now: datetime) -> list[dict[str, Any]]:
    """A user's activities of the next days; `is_due` where he is to be told of it by now (V4)."""
    a, r, u = schema.activities.c, schema.relations.c, schema.users.c
    ahead = and_(a.starts_at > plain(now), a.starts_at <= plain(now + AHEAD))
    wanted = (
        select(a.activity_id, a.kind, a.subject, a.starts_at, a.location, a.contact_id, r.name.label("contact_name"))
        .outerjoin(schema.relations, r.relation_id == a.contact_id)
        .where(ahead, func.coalesce(a.status, PLANNED) == PLANNED, is_of(connection, user_id))
        .order_by(a.starts_at, a.activity_id)
        .limit(FEW)
    )
    minutes = connection.execute(select(u.remind_minutes).where(u.user_id == user_id)).scalar_one_or_none()
    rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return [row | {"is_due": _is_due(row["starts_at"], minutes, plain(now))} for row in rows]


def _is_due(starts_at: datetime, remind_minutes: int | None, now: datetime) -> bool:
    return remind_minutes is not None and starts_at - timedelta(minutes=remind_minutes) <= now


def _failed_rules(connection: Connection, user_id: str, now: datetime) -> list[dict[str, Any]]:
    """What rules could not do for a user's records lately."""
    t = schema.rule_acts
    failed = (t.c.outcome == FAILED, t.c.owner_id == user_id, t.c.judged_at > plain(now - FINDINGS_SINCE))
    wanted = select(t).where(*failed).order_by(t.c.act_id.desc()).limit(FEW)
    return [dict(row) for row in connection.execute(wanted).mappings()]
