"""Close: closes tasks and sub-tasks, by hand or because all their sub-tasks are done (A1, A2).

Every caller closes a task in the same way: the task, its open sub-tasks and its waiting messages, in one transaction.
May touch: sql. Tests: tests/integration/planning/test_night.py, tests/integration/planning/test_way_back.py.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd
from sqlalchemy import Connection, and_, select, text, update

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, query
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.definitions.template import Template
from tasks.domain.planning.following import AFTER_END, RENEWED, SUPERSEDED
from tasks.domain.reasons import Reason
from tasks.open_tasks import BY_STEPS, TaskError, close_one, find_open_task

STATUS_AFTER = {RENEWED: "done", SUPERSEDED: "cancelled", AFTER_END: "cancelled"}


def close_task(store: Store, task_id: int, status: str, as_of: date) -> str:
    """Close one task by hand.

    Args:
        store: the database.
        task_id: its id, as `relance tasks` shows it.
        status: `done` or `cancelled`.
        as_of: the closing date.

    Returns:
        Its previous status; closing a task again in the same way changes nothing.

    Raises:
        TaskError: there is no such task, or it was already closed in the other way.
    """
    tasks = schema.follow_up_tasks
    with store.begin() as connection:
        before = connection.execute(tasks.select().where(tasks.c.task_id == task_id)).mappings().one_or_none()
        if before is None:
            raise TaskError(f"There is no task {task_id}. `relance tasks` lists them.")
        if before["status"] in CLOSED_STATUSES and before["status"] != status:
            raise TaskError(f"Task {task_id} is {before['status']} already; it cannot become {status}.")
        close_one(connection, task_id, status, "hand", as_of)
    return str(before["status"])


def close_finished(store: Store, templates: Mapping[str, Template], as_of: date) -> int:
    """Close tasks whose sub-tasks are all done (A3).

    Sending a message does not complete a task with `close_when`: if it has only messages, it stays open until the data
    change.

    Args:
        store: the database.
        templates: by name.
        as_of: the closing date.

    Returns:
        The number of tasks closed.
    """
    with store.begin() as connection:
        found = read_frame(connection, query("finished_tasks"), {})
        waiting = [name for name, template in templates.items() if template.close_when]
        closing = found.loc[found["has_work"] | ~found["template"].isin(waiting)]
        if not closing.empty:
            _close(connection, closing.assign(status="done", closed_by=BY_STEPS), as_of)
    return len(closing)


def close_step(store: Store, task_id: int, key: str) -> str:
    """Close one sub-task by hand; its message is cancelled if it is still waiting.

    Args:
        store: the database.
        task_id: the task's id.
        key: the sub-task's key.

    Returns:
        Its previous status; closing it again changes nothing.

    Raises:
        TaskError: there is no such task or sub-task, or the task is closed.
    """
    steps, messages = schema.follow_up_subtasks, schema.messages
    this = and_(steps.c.task_id == task_id, steps.c.key == key)
    its_mail = and_(messages.c.task_id == task_id, messages.c.step == key)
    waits = messages.c.status.in_(("pending", "suppressed"))
    with store.begin() as connection:
        find_open_task(connection, task_id)
        before = connection.execute(select(steps.c.status).where(this)).scalar_one_or_none()
        if before is None:
            keys = connection.execute(select(steps.c.key).where(steps.c.task_id == task_id)).scalars()
            raise TaskError(f"Task {task_id} has no step {key!r}; it has {', '.join(keys)}.")
        connection.execute(update(steps).where(this, steps.c.status == "open").values(status="done"))
        cancelled = {"status": "cancelled", "reason": Reason.ALREADY_DONE.value}
        connection.execute(update(messages).where(its_mail, waits).values(cancelled))
    return str(before)


def _close(connection: Connection, closing: pd.DataFrame, as_of: date) -> None:
    columns = closing[["task_id", "status", "closed_by"]].assign(closed_on=pd.Timestamp(as_of))
    with staged(connection, schema.follow_up_tasks, columns):
        connection.execute(text(query("close_tasks")))
    connection.execute(text(query("close_subtasks")))
    connection.execute(text(query("cancel_messages_of_closed_tasks")))
