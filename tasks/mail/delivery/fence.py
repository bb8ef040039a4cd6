"""Fence: cancels what a dead dispatch may have requested, and queues it again once the cancel is confirmed (O3).

A scheduled send has its own batch, which can be cancelled until a quarter of an hour before it is sent. Once the cancel
is confirmed, nothing of that batch will be sent, even if a process still sends under it. An immediate send cannot be
cancelled: it stays `unknown` until an event, the logs (tasks/mail/delivery/trace.py) or a person resolves it.
May touch: sql. Tests: tests/integration/mail/test_sendgrid.py.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert, select, update

from sql import schema
from sql.store import Store, plain
from tasks.domain.reasons import Reason
from tasks.mail.delivery.attempts import NOBODY
from tasks.mail.transport.service import MailService

# SendGrid accepts cancels until ten minutes before (O4); five more allow for clock differences and delays.
SURE_UNTIL_BEFORE = timedelta(minutes=15)
MOST_OPEN_CANCELS = 90  # SendGrid allows a hundred


def fence(store: Store, service: MailService, clock: Callable[[], datetime]) -> None:
    """Resolve every unknown attempt of a scheduled send.

    Args:
        store: the database.
        service: the mail service.
        clock: returns the current instant, UTC.

    Raises:
        tasks.mail.transport.base.TransportError: the service cannot be asked; what is unknown stays unknown.
    """
    lost = _unknown_scheduled(store)
    if not lost:
        return
    free = free_cancels(store, service, clock(), len(lost))
    for attempt_id, batch_id, send_at in lost:
        if send_at.replace(tzinfo=UTC) - clock() < SURE_UNTIL_BEFORE or free <= 0:
            _resolve(store, attempt_id, "held", "held", Reason.UNCONFIRMED.value)
            continue
        note_cancel(store, attempt_id, clock())
        service.cancel(batch_id)
        free -= 1
        if service.is_cancelled(batch_id):
            _resolve(store, attempt_id, "cancelled", "pending", None)


def _unknown_scheduled(store: Store) -> list[Any]:
    a = schema.attempts
    wanted = select(a.c.attempt_id, a.c.batch_id, a.c.send_at).where(a.c.state == "unknown", a.c.batch_id.is_not(None))
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(wanted.order_by(a.c.send_at, a.c.attempt_id)).all())


def note_cancel(store: Store, attempt_id: int, now: datetime) -> None:
    """Commit the request to cancel before making it: from then on the logs no longer prove that a message was sent."""
    a = schema.attempts
    with store.begin() as connection:
        connection.execute(update(a).where(a.c.attempt_id == attempt_id).values(cancel_asked_at=plain(now)))


def _resolve(store: Store, attempt_id: int, state: str, status: str, reason: str | None) -> None:
    """Move an unknown attempt and its messages to their next state, once."""
    a, m = schema.attempts, schema.messages
    with store.begin() as connection:
        this = update(a).where(a.c.attempt_id == attempt_id, a.c.state == "unknown")
        if connection.execute(this.values(state=state)).rowcount != 1:
            return
        values = {"status": status, "reason": reason, **NOBODY} | ({"attempt_id": None} if status == "pending" else {})
        mine = and_(m.c.attempt_id == attempt_id, m.c.status == "unknown")
        connection.execute(update(m).where(mine).values(values))


def free_cancels(store: Store, service: MailService, now: datetime, wanted: int) -> int:
    """Return how many more cancels SendGrid accepts, deleting past ones as needed.

    A past cancel is deleted only if its place is needed: while it exists, a dispatch that was suspended before its
    request and resumes hours later still sends nothing.
    """
    standing = service.cancelled_batches()
    free = MOST_OPEN_CANCELS - len(standing)
    if free >= wanted:
        return free
    a = schema.attempts
    past = and_(a.c.state == "cancelled", a.c.send_at < plain(now - timedelta(hours=1)))
    with store.begin(only_reads=True) as connection:
        ours = connection.execute(select(a.c.batch_id).where(past).order_by(a.c.send_at)).scalars().all()
    for batch_id in [one for one in ours if one in set(standing)][: wanted - free]:
        service.forget_cancel(batch_id)
        free += 1
    return free


def remember_cancel(store: Store, batch_id: str, send_at: datetime, now: datetime) -> None:
    """Record a cancelled batch that held no message of the outbox, so that its slot can be released later."""
    row = {
        "claim": "live-fence",
        "batch_id": batch_id,
        "send_at": plain(send_at),
        "body_sha256": "",
        "recipients": 0,
        "state": "cancelled",
        "opened_at": plain(now),
        "lease_until": plain(now),
        "cancel_asked_at": plain(now),
    }
    with store.begin() as connection:
        connection.execute(insert(schema.attempts).values(row))
