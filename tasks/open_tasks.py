"""One open task: found before it is changed, and closed by itself (A1, A3). Many at once: tasks/planning/close.py.

May touch: sql. Tests: tests/integration/planning/test_order.py, tests/integration/requests/test_edits.py.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, func, insert, select, update

from sql import schema
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.definitions.template import Template
from tasks.domain.errors import RelanceError
from tasks.domain.reasons import Reason

BY_STEPS = "steps"
CLIENT_PAGE = "client-page"  # the template name of the firm's own tasks about a client's page
LONGEST_LABEL = 200


class TaskError(RelanceError):
    """A task that does not exist, or cannot be changed as asked; the message says which and what to do."""


def find_open_task(connection: Connection, task_id: int) -> None:
    """Check that a task exists and is open.

    Raises:
        TaskError: it does not exist, or is closed.
    """
    status = connection.execute(_status(), {"task_id": task_id}).scalar_one_or_none()
    if status is None:
        raise TaskError(f"There is no task {task_id}. `relance tasks` lists them.")
    if status in CLOSED_STATUSES:
        raise TaskError(f"Task {task_id} is {status} already.")


@cache
def _status() -> Select[Any]:
    t = schema.follow_up_tasks.c
    return select(t.status).where(t.task_id == bindparam("task_id"))


def close_one(connection: Connection, task_id: int, status: str, closed_by: str, as_of: date) -> None:
    """Close a task with its open sub-tasks, and cancel its waiting messages; a closed one stays as it is."""
    t, s, m = schema.follow_up_tasks, schema.follow_up_subtasks, schema.messages
    this = and_(t.c.task_id == task_id, t.c.status.not_in(CLOSED_STATUSES))
    closed = {"status": status, "closed_on": as_of, "closed_by": closed_by, "status_before": t.c.status}
    if connection.execute(update(t).where(this).values(closed)).rowcount != 1:
        return
    still_open = and_(s.c.task_id == task_id, s.c.status == "open")
    connection.execute(update(s).where(still_open).values(status=status, is_closed_with_task=True))
    waiting = and_(m.c.task_id == task_id, m.c.status.in_(("pending", "suppressed")))
    connection.execute(update(m).where(waiting).values(status="cancelled", reason=Reason.ALREADY_DONE.value))


def close_if_finished(connection: Connection, templates: Mapping[str, Template], task_id: int, as_of: date) -> None:
    """Close a task whose sub-tasks are all done (A3); the same rule as `tasks.planning.close.close_finished`."""
    found = connection.execute(_steps(), {"task_id": task_id}).one()
    template = templates.get(found.template)
    if not found.still_open and found.done and (found.work or template is None or not template.close_when):
        close_one(connection, task_id, "done", BY_STEPS, as_of)


def open_firm_task(
    connection: Connection, relation_id: str, today: date, *, schedule: str, occurrence: str, label: str
) -> None:
    """Open a task of the firm about a client, with one sub-task; one that exists is left as it is.

    Args:
        connection: an open transaction.
        relation_id: the client's.
        today: when it is due.
        schedule: what it is about.
        occurrence: which of several.
        label: in the firm's language.
    """
    t, s = schema.follow_up_tasks, schema.follow_up_subtasks
    key = {"relation_id": relation_id, "template": CLIENT_PAGE, "schedule": schedule, "mission_id": ""}
    key |= {"occurrence": occurrence[:32]}
    if connection.execute(select(t.c.task_id).filter_by(**key)).first():
        return
    days = {"planned_on": today, "due_on": today, "created_on": today}
    made = connection.execute(insert(t).values(key | days | {"label": label[:LONGEST_LABEL], "status": "open"}))
    task_id = (made.inserted_primary_key or (None,))[0]
    step = {"task_id": task_id, "key": "answer", "position": 0, "kind": "action", "label": label[:LONGEST_LABEL]}
    connection.execute(insert(s).values(step | {"due_on": today, "status": "open"}))


@cache
def _steps() -> Select[Any]:
    """The template of a task, and how many of its sub-tasks are open, done, and done as work."""
    t, s = schema.follow_up_tasks.c, schema.follow_up_subtasks.c
    is_work = and_(s.status == "done", s.kind.in_(("action", "request")))
    return (
        select(
            t.template,
            func.count(case((s.status == "open", 1))).label("still_open"),
            func.count(case((s.status == "done", 1))).label("done"),
            func.count(case((is_work, 1))).label("work"),
        )
        .outerjoin(schema.follow_up_subtasks, s.task_id == t.task_id)
        .where(t.task_id == bindparam("task_id"))
        .group_by(t.template)
    )
