"""Settle: tasks that close or move because the data, or a person, said so (A1, A2).

One way to close a task, whoever closes it: the task, its open steps and its waiting mails, in one transaction.
May touch: sql. Tests: tests/integration/test_night.py.
"""

from datetime import date

import pandas as pd
from sqlalchemy import Column, Connection, String, text

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, query
from tasks.domain import frames
from tasks.domain.firm import CLOSED_STATUSES

STATUS_AFTER = {"renewed": "done", "superseded": "cancelled"}


class TaskError(Exception):
    """A task that is not there, or cannot become what was asked; the message says which and what now."""


def apply_settlement(store: Store, settled: pd.DataFrame, as_of: date) -> int:
    """Close renewed tasks and re-date corrected ones (A2).

    Args:
        store: the database.
        settled: from tasks/plan.py: task_id, change, and the new dates.
        as_of: the closing day.

    Returns:
        How many tasks were closed.
    """
    if settled.empty:
        return 0
    closing = settled.loc[settled["change"] != "redated"]
    redated = settled.loc[settled["change"] == "redated"]
    with store.begin() as connection:
        _close(
            connection,
            closing.assign(status=closing["change"].map(STATUS_AFTER), closed_by=closing["change"]),
            as_of,
        )
        _redate(connection, redated)
    return len(closing)


def close_task(store: Store, task_id: int, status: str, as_of: date) -> str:
    """Close one task by hand.

    Args:
        store: the database.
        task_id: its number, as `relance tasks` shows it.
        status: `done` or `cancelled`.
        as_of: the closing day.

    Returns:
        The status it had before; closing a task twice the same way changes nothing.

    Raises:
        TaskError: no such task, or closed the other way already.
    """
    tasks = schema.follow_up_tasks
    with store.begin() as connection:
        before = connection.execute(tasks.select().where(tasks.c.task_id == task_id)).mappings().one_or_none()
        if before is None:
            raise TaskError(f"There is no task {task_id}. `relance tasks` lists them.")
        if before["status"] in CLOSED_STATUSES and before["status"] != status:
            raise TaskError(f"Task {task_id} is {before['status']} already; it cannot become {status}.")
        _close(connection, pd.DataFrame({"task_id": [task_id], "status": [status], "closed_by": ["hand"]}), as_of)
    return str(before["status"])


def _close(connection: Connection, closing: pd.DataFrame, as_of: date) -> None:
    columns = closing[["task_id", "status", "closed_by"]].assign(closed_on=pd.Timestamp(as_of))
    with staged(connection, schema.follow_up_tasks, columns):
        connection.execute(text(query("close_tasks")))
    connection.execute(text(query("close_subtasks")))
    connection.execute(text(query("cancel_messages_of_closed_tasks")))


def _redate(connection: Connection, redated: pd.DataFrame) -> None:
    dates = redated[["task_id", "anchor_on", "occurrence", "due_on", "planned_on"]]
    with staged(connection, schema.follow_up_tasks, dates):
        connection.execute(text(query("redate_tasks")))
        steps = read_frame(connection, query("redated_steps"), {})
    if steps.empty:
        return
    moved = steps.assign(send_on=(steps["due_on"] + pd.to_timedelta(steps["offset_days"], unit="D")))
    step_key = (Column("step_key", String(64)),)
    columns = moved[["task_id", "send_on"]].astype({"send_on": frames.DATE}).assign(step_key=moved["step_key"])
    with staged(connection, schema.follow_up_subtasks, columns, extra=step_key):
        connection.execute(text(query("redate_subtasks")))
