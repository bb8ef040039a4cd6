"""Status changes: the effects of learning that messages were sent, or came back.

The same effects apply whether we learnt it from the response, an event, the logs or a person: sub-tasks are done, tasks
move on, reminders count from there, and messages that came back wait for another address.
May touch: sql. Tests: tests/integration/mail/test_events.py, tests/integration/mail/test_sendgrid.py.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, CursorResult, and_, bindparam, text, update

from sql import schema
from sql.store import as_date, query
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.definitions.request import MOST_REMINDERS


def apply_status_changes(
    connection: Connection, message_ids: Sequence[int], newly_sent: Sequence[int], sent_on: date | None = None
) -> None:
    """Apply all effects of the current state of these messages.

    Args:
        connection: an open transaction.
        message_ids: messages whose status or delivery was just written; at most a few thousand.
        newly_sent: those of them that were not known to be sent before. Their tasks move on, once.
        sent_on: the day on which they were; None if only their send day is known.
    """
    for name in ("take_back_mails", "reopen_tasks", "reopen_steps", "finish_steps"):
        _run(connection, name, message_ids)
    _run(connection, "move_sent_tasks", newly_sent)
    _set_next_reminders(connection, newly_sent, sent_on)
    _exhaust(connection, newly_sent)


def _set_next_reminders(connection: Connection, newly_sent: Sequence[int], sent_on: date | None) -> None:
    """Count the next reminder of each request from the day on which its message was sent (M4)."""
    sent = _run(connection, "sent_requests", newly_sent)
    rows = [] if sent is None else sent.mappings().all()
    if not rows:
        return
    s = schema.follow_up_subtasks
    this = and_(s.c.task_id == bindparam("of_task"), s.c.key == bindparam("of_key"))
    counted = [
        {
            "of_task": row["task_id"],
            "of_key": row["key"],
            "day": (sent_on or as_date(row["send_on"])) + timedelta(days=row["remind_every_days"]),
        }
        for row in rows
    ]
    connection.execute(update(s).where(this).values(remind_on=bindparam("day")), counted)


def _exhaust(connection: Connection, newly_sent: Sequence[int]) -> None:
    """Move the tasks of requests whose last reminder was sent (R5); a closed task stays closed."""
    exhausted = _run(connection, "exhaust_requests", newly_sent, most_reminders=MOST_REMINDERS)
    t = schema.follow_up_tasks
    for row in [] if exhausted is None else exhausted.all():
        if row.on_exhausted:
            this = and_(t.c.task_id == row.task_id, t.c.status.not_in(CLOSED_STATUSES))
            connection.execute(update(t).where(this).values(status=row.on_exhausted))


def _run(connection: Connection, name: str, message_ids: Sequence[int], **others: object) -> CursorResult[Any] | None:
    if not message_ids:
        return None
    statement = text(query(name)).bindparams(bindparam("message_ids", expanding=True))
    return connection.execute(statement, {"message_ids": [int(i) for i in message_ids]} | others)
