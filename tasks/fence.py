"""Fence: what a dead dispatch may have asked for is cancelled, and queued again once the cancel is confirmed (O3).

A scheduled send has a batch of its own, which can be cancelled until a quarter of an hour before it leaves. Once
that is confirmed, nothing of it will leave, whoever still sends under that batch. An immediate send cannot be
taken back: it stays `unknown` until an event, the logs or a person says what became of it.
May touch: sql. Tests: tests/integration/test_sendgrid.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import and_, select, update

from sql import schema
from sql.store import Store
from tasks.attempts import NOBODY
from tasks.domain.reasons import Reason

# SendGrid takes cancels until ten minutes before (O4); five more are for clocks and waiting.
SURE_UNTIL_BEFORE = timedelta(minutes=15)
MOST_OPEN_CANCELS = 90  # of SendGrid's hundred


class Canceller(Protocol):
    """What the fence asks of the mail service."""

    def cancel(self, batch_id: str) -> None:
        """Ask that nothing of a batch leaves."""
        ...

    def is_cancelled(self, batch_id: str) -> bool:
        """Whether that is confirmed."""
        ...

    def cancelled_batches(self) -> list[str]:
        """Every batch of which a cancel stands."""
        ...

    def forget_cancel(self, batch_id: str) -> None:
        """Give back the place of a cancel whose hour is past."""
        ...


@dataclass(frozen=True)
class Fenced:
    """Attempts by what became of them: queued again, held for a person, still unknown."""

    queued: int = 0
    held: int = 0
    unknown: int = 0


def fence(store: Store, service: Canceller, clock: Callable[[], datetime]) -> Fenced:
    """Settle every unknown attempt of a scheduled send.

    Args:
        store: the database.
        service: the mail service.
        clock: gives the instant, UTC.

    Raises:
        tasks.mail.transport.TransportError: the service cannot be asked; what is unknown stays so.
    """
    a = schema.attempts
    wanted = select(a.c.attempt_id, a.c.batch_id, a.c.send_at).where(a.c.state == "unknown", a.c.batch_id.is_not(None))
    with store.begin(only_reads=True) as connection:
        lost = connection.execute(wanted.order_by(a.c.send_at, a.c.attempt_id)).all()
    if not lost:
        return Fenced()
    _forget_past_cancels(store, service, clock())
    room = MOST_OPEN_CANCELS - len(service.cancelled_batches())
    queued = held = unknown = 0
    for attempt_id, batch_id, send_at in lost:
        if send_at.replace(tzinfo=UTC) - clock() < SURE_UNTIL_BEFORE or room <= 0:
            held += _settle(store, attempt_id, "held", "held", Reason.UNCONFIRMED.value)
            continue
        service.cancel(batch_id)
        room -= 1
        if service.is_cancelled(batch_id):
            queued += _settle(store, attempt_id, "cancelled", "pending", None)
        else:
            unknown += 1
    return Fenced(queued, held, unknown)


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


def _forget_past_cancels(store: Store, service: Canceller, now: datetime) -> None:
    a = schema.attempts
    past = and_(a.c.state == "cancelled", a.c.send_at < (now - timedelta(hours=1)).replace(tzinfo=None))
    with store.begin(only_reads=True) as connection:
        ours = set(connection.execute(select(a.c.batch_id).where(past)).scalars())
    if ours:
        for batch_id in service.cancelled_batches():
            if batch_id in ours:
                service.forget_cancel(batch_id)
