"""Recall: takes back a batch that was handed over ahead and holds a message of a request answered since (R2).

A batch can be cancelled until ten minutes before it is sent. Once the cancel is confirmed, its messages are queued
again, and whoever answered gets none. What was answered later than that has crossed the answer.
May touch: sql. Tests: tests/integration/requests/test_reminder_window.py, on both databases.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, and_, bindparam, exists, func, or_, select, update

from sql import schema
from sql.store import Store, plain
from tasks.mail.delivery.fence import free_cancels, note_cancel
from tasks.mail.delivery.trace import TAKEN_IN
from tasks.mail.transport.service import MailService

CANCELLED_AT_LEAST = timedelta(minutes=10)  # before it is sent: SendGrid accepts no cancel later (O4)
ASKED_RECENTLY = timedelta(days=1)  # a cancel whose dispatch died is looked up for this long


def mark_crossed(connection: Connection, task_id: int, now: datetime) -> int:
    """Mark the messages of a task's answered requests that were handed over and are not sent yet; return their number.

    Called in the transaction of the answer. A recall takes the mark away; one that stays counts as crossed.
    """
    return connection.execute(_mark_crossing(), {"of_task": task_id, "now": plain(now)}).rowcount


@cache
def _mark_crossing() -> Update:
    m, a, s = schema.messages, schema.attempts.c, schema.follow_up_subtasks.c
    waits = exists().where(a.attempt_id == m.c.attempt_id, a.send_at > bindparam("now"), a.state == "accepted")
    answered = exists().where(s.task_id == m.c.task_id, s.key == m.c.step, s.completed_on.is_not(None))
    crossing = and_(m.c.task_id == bindparam("of_task"), m.c.status == "sent", waits, answered)
    return update(m).where(crossing).values(is_crossed=True)


def mark_answered_meanwhile(connection: Connection, message_ids: Sequence[int]) -> None:
    """Mark those of the messages just sent whose request was answered while they were being handed over."""
    m, s = schema.messages, schema.follow_up_subtasks.c
    answered = exists().where(
        s.task_id == m.c.task_id, s.key == m.c.step, s.kind == "request", s.completed_on.is_not(None)
    )
    connection.execute(update(m).where(m.c.message_id.in_(message_ids), answered).values(is_crossed=True))


def count_crossed(store: Store, since: Any) -> int:
    """The number of messages sent since a day that crossed an answer."""
    m = schema.messages.c
    crossed = select(func.count()).where(m.is_crossed.is_(True), m.status == "sent", m.send_on >= since)
    with store.begin(only_reads=True) as connection:
        return int(connection.execute(crossed).scalar_one())


def recall(store: Store, service: MailService, clock: Callable[[], datetime]) -> int:
    """Cancel the batches that hold a crossed message while that is possible, and queue their messages again.

    Returns:
        The number of batches taken back.

    Raises:
        tasks.mail.transport.base.TransportError: the service cannot be asked; the next dispatch goes on.
    """
    wanted = _crossed_attempts(store, clock())
    if not wanted:
        return 0
    free = free_cancels(store, service, clock(), len(wanted))
    taken_back = 0
    for attempt_id, batch_id, send_at in wanted:
        if send_at.replace(tzinfo=UTC) - clock() >= CANCELLED_AT_LEAST and free > 0:
            note_cancel(store, attempt_id, clock())
            service.cancel(batch_id)
            free -= 1
        # Also after a dispatch that died between cancel and record.
        if service.is_cancelled(batch_id):
            taken_back += _queue_again(store, attempt_id)
    return taken_back


def _crossed_attempts(store: Store, now: datetime) -> list[Any]:
    a, m = schema.attempts.c, schema.messages.c
    mine = and_(m.attempt_id == a.attempt_id, m.status == "sent")
    is_crossed = exists().where(mine, m.is_crossed.is_(True))
    # What has arrived was not cancelled, whatever the service says of its batch.
    has_arrived = exists().where(mine, m.delivery.is_not(None), m.delivery.not_in(TAKEN_IN))
    is_possible = or_(a.send_at >= plain(now + CANCELLED_AT_LEAST), a.cancel_asked_at > plain(now - ASKED_RECENTLY))
    wanted = select(a.attempt_id, a.batch_id, a.send_at).where(
        a.state == "accepted", a.batch_id.is_not(None), is_crossed, ~has_arrived, is_possible
    )
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(wanted.order_by(a.send_at, a.attempt_id)).all())


def _queue_again(store: Store, attempt_id: int) -> int:
    """Queue the messages of a cancelled batch again, once."""
    a, m = schema.attempts, schema.messages
    with store.begin() as connection:
        this = update(a).where(a.c.attempt_id == attempt_id, a.c.state == "accepted")
        if connection.execute(this.values(state="cancelled")).rowcount != 1:
            return 0
        again = {"status": "pending", "sent_at": None, "attempt_id": None, "is_crossed": None}
        sent = and_(m.c.attempt_id == attempt_id, m.c.status == "sent")
        connection.execute(update(m).where(sent).values(again))
    return 1
