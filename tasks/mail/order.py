"""Sending by hand: a person orders one message to be sent now. The order is recorded first; the stages carry it out.

If the process dies in between, nothing is lost: the next run finds the order.
May touch: sql. Tests: tests/integration/planning/test_order.py.
"""

from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select, update

from sql import schema
from sql.store import Store
from tasks.domain.definitions.template import MAILS
from tasks.open_tasks import TaskError, find_open_task

MOVING = ("pending", "sending", "sent", "unknown", "held")


def order_mail(store: Store, task_id: int, key: str, as_of: date) -> dict[str, Any] | None:
    """Record that a sub-task's message is to be sent today, unless it was sent or is being sent (M1).

    Args:
        store: the database.
        task_id: the task's id.
        key: the sub-task's key.
        as_of: today.

    Returns:
        The message that exists already, or None if the order is new.

    Raises:
        TaskError: no such task or sub-task, one of them is closed, or the sub-task does not send a message.
    """
    steps = schema.follow_up_subtasks
    this = and_(steps.c.task_id == task_id, steps.c.key == key)
    with store.begin() as connection:
        find_open_task(connection, task_id)
        found = message_of(connection, task_id, key)
        if found is not None and found["status"] in MOVING:
            return found
        step = connection.execute(select(steps.c.kind, steps.c.status).where(this)).one_or_none()
        if step is None or step.kind not in MAILS:
            mails = connection.execute(
                select(steps.c.key).where(steps.c.task_id == task_id, steps.c.kind.in_(MAILS))
            ).scalars()
            raise TaskError(f"Task {task_id} has no mail {key!r}; it has {', '.join(mails) or 'none'}.")
        if step.status != "open":
            raise TaskError(f"Step {key} of task {task_id} is {step.status} already; nothing was sent.")
        connection.execute(update(steps).where(this).values(send_on=as_of, send_from=None))
    return None


def what_became_of(store: Store, task_id: int, key: str) -> dict[str, Any] | None:
    """The first message of a sub-task: message_id, status, reason, send_on; None if there is none."""
    with store.begin(only_reads=True) as connection:
        return message_of(connection, task_id, key)


def message_of(connection: Connection, task_id: int, key: str) -> dict[str, Any] | None:
    """Like `what_became_of`, within a transaction."""
    m = schema.messages.c
    wanted = select(m.message_id, m.status, m.reason, m.send_on)
    row = connection.execute(wanted.where(m.task_id == task_id, m.step == key, m.sequence == 0)).mappings().first()
    return None if row is None else dict(row)
