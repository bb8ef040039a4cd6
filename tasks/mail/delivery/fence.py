"""Fence: what a dead dispatch may have asked for is cancelled, and queued again once the cancel is confirmed (O3).

A scheduled send has a batch of its own, which can be cancelled until a quarter of an hour before it leaves. Once
that is confirmed, nothing of it will leave, whoever still sends under that batch. An immediate send cannot be
taken back: it stays `unknown` until an event, the logs (tasks/mail/delivery/trace.py) or a person says what became of
it.
May touch: sql. Tests: tests/integration/mail/test_sendgrid.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert, select, update

from sql import schema
from sql.store import Store, plain
from tasks.domain.reasons import Reason
from tasks.mail.delivery.attempts import NOBODY
from tasks.mail.transport.service import MailService

# SendGrid takes cancels until ten minutes before (O4); five more are for clocks and waiting.
SURE_UNTIL_BEFORE = timedelta(minutes=15)
MOST_OPEN_CANCELS = 90  # of SendGrid's hundred


@dataclass(frozen=True)
class Fenced:
    """Attempts by what became of them: queued again, held for a person, still unknown."""

    queued: int = 0
    held: int = 0
    unknown: int = 0


def fence(store: Store, service: MailService, clock: Callable[[], datetime]) -> Fenced:
    """Settle every unknown attempt of a scheduled send.

    Args:
        store: the database.
        service: the mail service.
        clock: gives the instant, UTC.

    Raises:
        tasks.mail.transport.base.TransportError: the service cannot be asked; what is unknown stays so.
    """
    lost = _unknown_scheduled(store)
    if not lost:
        return Fenced()
    room = _make_room(store, service, clock(), len(lost))
    queued = held = unknown = 0
    for attempt_id, batch_id, send_at in lost:
        if send_at.replace(tzinfo=UTC) - clock() < SURE_UNTIL_BEFORE or room <= 0:
            held += _settle(store, attempt_id, "held", "held", Reason.UNCONFIRMED.value)
            continue
        _note_cancel(store, attempt_id, clock())
        service.cancel(batch_id)
        room -= 1
        if service.is_cancelled(batch_id):
            queued += _settle(store, attempt_id, "cancelled", "pending", None)
        else:
            unknown += 1
    return Fenced(queued, held, unknown)


def _unknown_scheduled(store: Store) -> list[Any]:
    a = schema.attempts
    wanted = select(a.c.attempt_id, a.c.batch_id, a.c.send_at).where(a.c.state == "unknown", a.c.batch_id.is_not(None))
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(wanted.order_by(a.c.send_at, a.c.attempt_id)).all())


def _note_cancel(store: Store, attempt_id: int, now: datetime) -> None:
    """Commit that a cancel is asked for, before it is: afterwards the logs cannot vouch for the attempt any more."""
    a = schema.attempts
    with store.begin() as connection:
        connection.execute(update(a).where(a.c.attempt_id == attempt_id).values(cancel_asked_at=plain(now)))


def _settle(store: Store, attempt_id: int, state: str, status: str, reason: str | None) -> int:
    """Move an unknown attempt and its messages on, once."""
    a, m = schema.attempts, schema.messages
    with store.begin() as connection:
        this = update(a).where(a.c.attempt_id == attempt_id, a.c.state == "unknown")
        if connection.execute(this.values(state=state)).rowcount != 1:
            return 0
        values = {"status": status, "reason": reason, **NOBODY} | ({"attempt_id": None} if status == "pending" else {})
        mine = and_(m.c.attempt_id == attempt_id, m.c.status == "unknown")
        connection.execute(update(m).where(mine).values(values))
    return 1


def _make_room(store: Store, service: MailService, now: datetime, wanted: int) -> int:
    """How many cancels may still be asked for.

    A past cancel is forgotten only where its place is needed: as long as it stands, a dispatch that was stopped before
    its request and wakes hours later still sends nothing.
    """
    standing = service.cancelled_batches()
    room = MOST_OPEN_CANCELS - len(standing)
    if room >= wanted:
        return room
    a = schema.attempts
    past = and_(a.c.state == "cancelled", a.c.send_at < plain(now - timedelta(hours=1)))
    with store.begin(only_reads=True) as connection:
        ours = connection.execute(select(a.c.batch_id).where(past).order_by(a.c.send_at)).scalars().all()
    for batch_id in [one for one in ours if one in set(standing)][: wanted - room]:
        service.forget_cancel(batch_id)
        room += 1
    return room


def remember_cancel(store: Store, batch_id: str, send_at: datetime, now: datetime) -> None:
    """Write down a cancel of a batch that no mail of the outbox was in, so that its place is given back one day."""
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
