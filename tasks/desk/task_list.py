"""Lists of tasks at the desk: filtered and sorted in the database, fifty at a time, none of them read as a whole.

May touch: sql. Tests: tests/integration/desk/test_desk_tasks.py, on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    literal_column,
    select,
    tuple_,
    union,
)

from sql import schema
from tasks.domain.definitions.firm import CLOSED_STATUSES

A_PAGE = 50
MOST_COUNTED = 10_000
# Written out, not as parameters: a partial index serves only a condition that reads like its own.
IS_OPEN: ColumnElement[bool] = literal_column("follow_up_tasks.status NOT IN ('done', 'cancelled')")
IS_RECEIVED: ColumnElement[bool] = literal_column("request_items.status = 'received'")
WAITING, TO_REVIEW, EXHAUSTED = "waiting", "to_review", "exhausted"
STATES = (WAITING, TO_REVIEW, EXHAUSTED)


@dataclass(frozen=True)
class TaskChoice:
    """Which tasks are shown: each filter that is not None narrows it.

    Attributes:
        mine: of relations of this user, or with an open step of his.
        status: a status; None for every one that is open.
        is_any: also closed tasks.
        template, relation_id, mission_id, owner_id: only of this one; the owner is the relation's.
        due_before: due before this day.
        state: waiting (for the client), to_review or exhausted (its last reminder left unanswered).
        after: only those behind this one in the list: its due day and id.
        only: those with these numbers.
    """

    mine: str | None = None
    status: str | None = None
    is_any: bool = False
    template: str | None = None
    relation_id: str | None = None
    mission_id: str | None = None
    owner_id: str | None = None
    due_before: date | None = None
    state: str | None = None
    after: tuple[date, int] | None = None
    only: Sequence[int] | None = None


@dataclass(frozen=True)
class TaskPage:
    """A page of a list: its rows, and where the next page begins, if there is one."""

    rows: Sequence[Mapping[str, Any]]
    next: tuple[date, int] | None


def read_tasks(connection: Connection, choice: TaskChoice) -> TaskPage:
    """One page of tasks, the most urgent first."""
    t, r, u = schema.follow_up_tasks.c, schema.relations.c, schema.users.c
    wanted = (
        select(t.task_id, t.relation_id, r.name, t.label, t.template, t.due_on, t.status, r.owner_id)
        .add_columns(u.first_name.label("owner_first_name"), u.last_name.label("owner_last_name"))
        .join_from(schema.follow_up_tasks, schema.relations, r.relation_id == t.relation_id)
        .outerjoin(schema.users, u.user_id == r.owner_id)
        .where(*_conditions(choice))
        .order_by(t.due_on, t.task_id)
        .limit(A_PAGE + 1)
    )
    found = [dict(row) for row in connection.execute(wanted).mappings()]
    rows = found[:A_PAGE]
    return TaskPage(rows, (rows[-1]["due_on"], rows[-1]["task_id"]) if len(found) > A_PAGE else None)


def count_tasks(connection: Connection, choice: TaskChoice) -> int:
    """How many tasks there are; more than MOST_COUNTED are not counted further."""
    t, r = schema.follow_up_tasks.c, schema.relations.c
    some: Select[Any] = select(t.task_id)
    if choice.owner_id is not None:
        some = some.join_from(schema.follow_up_tasks, schema.relations, r.relation_id == t.relation_id)
    few = some.where(*_conditions(choice)).limit(MOST_COUNTED + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(few)).scalar_one())


def _conditions(choice: TaskChoice) -> list[ColumnElement[bool]]:
    t, r = schema.follow_up_tasks.c, schema.relations.c
    named = {"status": choice.status, "template": choice.template, "relation_id": choice.relation_id}
    named |= {"mission_id": choice.mission_id}
    found = [t[name] == value for name, value in named.items() if value is not None]
    is_open = choice.status not in CLOSED_STATUSES and not choice.is_any
    if is_open:
        found.append(IS_OPEN)
    if choice.owner_id is not None:
        found.append(r.owner_id == choice.owner_id)
    if choice.only is not None:
        found.append(t.task_id.in_(choice.only))
    if choice.due_before is not None:
        found.append(t.due_on < choice.due_before)
    if choice.mine is not None:
        found.append(t.task_id.in_(of_user(choice.mine, is_open=is_open)))
    if choice.state is not None:
        found.append(in_state(choice.state))
    if choice.after is not None:
        found.append(tuple_(t.due_on, t.task_id) > choice.after)
    return found


def of_user(user_id: str, *, is_open: bool) -> Select[Any]:
    """The numbers of a user's tasks, or of the open ones alone: of his relations, and with an open step of his."""
    t, r, s = schema.follow_up_tasks.c, schema.relations.c, schema.follow_up_subtasks.c
    owned = select(t.task_id).join_from(
        schema.relations, schema.follow_up_tasks, and_(r.relation_id == t.relation_id, r.owner_id == user_id)
    )
    if is_open:
        owned = owned.where(IS_OPEN)
    given = select(s.task_id).where(s.assignee_id == user_id, s.status == "open")
    both = union(owned, given).subquery()
    return select(both.c.task_id)


def in_state(state: str) -> ColumnElement[bool]:
    """Whether a task has a request in a state."""
    t, s, i = schema.follow_up_tasks.c, schema.follow_up_subtasks.c, schema.request_items.c
    # Not plainly compared: SQLite would look steps up by kind and status, which thousands of them share.
    is_open = and_(func.coalesce(s.kind, "") == "request", func.coalesce(s.status, "") == "open")
    if state == EXHAUSTED:
        return t.task_id.in_(select(s.task_id).where(is_open, s.exhausted_on.is_not(None)))
    received = select(i.task_id).where(IS_RECEIVED, i.is_reviewed.is_(True))
    if state == TO_REVIEW:
        return t.task_id.in_(received)
    # Asked of one task after the other, until there are fifty.
    waits = and_(s.task_id == t.task_id, is_open, s.completed_on.is_(None), s.exhausted_on.is_(None))
    return and_(exists().where(waits), ~received.where(i.task_id == t.task_id).exists())
