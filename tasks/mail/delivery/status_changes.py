"""Status changes: the effects of learning that messages were sent, or came back.

The same effects apply whether we learnt it from the response, an event, the logs or a person: sub-tasks are done, tasks
move on, and messages that came back wait for another address.
May touch: sql. Tests: tests/integration/mail/test_events.py, tests/integration/mail/test_sendgrid.py.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, text

from sql.store import query


def apply_status_changes(connection: Connection, message_ids: Sequence[int], newly_sent: Sequence[int]) -> None:
    """Apply all effects of the current state of these messages.

    Args:
        connection: an open transaction.
        message_ids: messages whose status or delivery was just written; at most a few thousand.
        newly_sent: those of them that were not known to be sent before. Their tasks move on, once.
    """
    for name in ("take_back_mails", "reopen_tasks", "reopen_steps", "finish_steps"):
        _run(connection, name, message_ids)
    for name in ("move_sent_tasks", "move_merged_tasks"):
        _run(connection, name, newly_sent)


def _run(connection: Connection, name: str, message_ids: Sequence[int]) -> None:
    if message_ids:
        statement = text(query(name)).bindparams(bindparam("message_ids", expanding=True))
        connection.execute(statement, {"message_ids": [int(i) for i in message_ids]})
