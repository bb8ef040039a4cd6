"""Recall: takes back a batch that was handed over ahead and holds a message of a request answered since (R2).

A batch can be cancelled until ten minutes before it is sent. Once the cancel is confirmed, its messages are queued
again, and whoever answered gets none. What was answered later than that has crossed the answer.
May touch: sql. Tests: tests/integration/requests/test_reminder_window.py, on both databases.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from sql import schema
from sql.store import Store, plain
from tasks.mail.delivery.fence import free_cancels, note_cancel
from tasks.mail.transport.service import MailService

CANCELLED_AT_LEAST = timedelta(minutes=10)  # before it is sent: SendGrid accepts no cancel later (O4)


def mark_crossed(connection: Connection, task_id: int, now: datetime) -> int:
    """Mark the messages of a task's answered requests that were handed over and are not sent yet; return their number.

    Called in the transaction of the answer. A recall takes the mark away; one that stays counts as crossed.
    """
    m, a, s = schema.messages, schema.attempts.c, schema.follow_up_subtasks.c
    waits = exists().where(a.attempt_id == m.c.attempt_id, a.send_at > plain(now), a.state == "accepted")
    answered = exists().where(s.task_id == m.c.task_id, s.key == m.c.step, s.completed_on.is_not(None))
    crossing = and_(m.c.task_id == task_id, m.c.status == "sent", waits, answered)
    return connection.execute(update(m).where(crossing).values(is_crossed=True)).rowcount


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
    is_crossed = exists().where(m.attempt_id == a.attempt_id, m.is_crossed.is_(True), m.status == "sent")
    in_time = and_(is_crossed, a.send_at >= plain(now + CANCELLED_AT_LEAST))
    half_done = and_(a.cancel_asked_at.is_not(None), _is_recent(a, now))
    wanted = select(a.attempt_id, a.batch_id, a.send_at).where(
        a.state == "accepted", a.batch_id.is_not(None), or_(in_time, half_done)
    )
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(wanted.order_by(a.send_at, a.attempt_id)).all())


def _is_recent(a: Any, now: datetime) -> ColumnElement[bool]:
    """Whether a cancel was asked for so recently that its dispatch may have died."""
    recent: ColumnElement[bool] = a.cancel_asked_at > plain(now - timedelta(days=1))
    return recent


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
