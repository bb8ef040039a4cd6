"""Pauses: sending stops after too many failures, or because a person asks for it, until `relance outbox resume`.

May touch: sql. Tests: tests/integration/mail/test_pauses.py.
"""

from datetime import datetime
from itertools import takewhile

from sqlalchemy import func, insert, or_, select, update

from sql import schema
from sql.store import Store, plain
from tasks.mail.delivery.attempts import DIED
from tasks.mail.transport.base import TransportError

# Each failure leaves messages with an unknown outcome, and uses one of the hundred cancels that SendGrid allows.
FAILURES_THAT_PAUSE = 5
LOOKED_BACK = 50
WITHOUT_ANSWER = ("unknown", "held", "cancelled", "resolved")
TELL_OF_THE_SERVICE = (*WITHOUT_ANSWER, "accepted", "refused")


class TooManyFailures(TransportError):
    """The service fails repeatedly, and each failure leaves messages with an unknown outcome: a person must look."""


class DispatchPaused(TransportError):
    """Sending is paused until `relance outbox resume`; the message says since when and why."""


def pause(store: Store, problem: str, now: datetime) -> bool:
    """Pause sending; return False if it was already paused."""
    p = schema.pauses
    with store.begin() as connection:
        if connection.execute(select(p.c.pause_id).where(p.c.resumed_at.is_(None))).first():
            return False
        connection.execute(insert(p).values(paused_at=plain(now), problem=problem))
    return True


def resume(store: Store, now: datetime) -> bool:
    """Resume sending; return False if it was not paused."""
    p = schema.pauses
    with store.begin() as connection:
        over = update(p).where(p.c.resumed_at.is_(None)).values(resumed_at=plain(now))
        return connection.execute(over).rowcount > 0


def check_failures(store: Store, said: object) -> None:
    """Stop if the outcomes of the last attempts are all unknown, across claims and dispatches.

    An attempt whose own dispatch died, or that the service did not take, says nothing about the service.

    Args:
        store: the database.
        said: the service's last answer, for the message.

    Raises:
        TooManyFailures: FAILURES_THAT_PAUSE in a row since sending was last resumed.
    """
    a, p = schema.attempts.c, schema.pauses.c
    resumed_at = select(func.max(p.resumed_at)).scalar_subquery()
    since = or_(resumed_at.is_(None), a.opened_at > resumed_at)
    seen = select(a.state).where(a.state.in_(TELL_OF_THE_SERVICE), func.coalesce(a.problem, "") != DIED, since)
    with store.begin(only_reads=True) as connection:
        states = list(connection.execute(seen.order_by(a.attempt_id.desc()).limit(LOOKED_BACK)).scalars())
    failures = len(list(takewhile(WITHOUT_ANSWER.__contains__, states)))
    if failures >= FAILURES_THAT_PAUSE:
        raise TooManyFailures(
            f"SendGrid failed {failures} times in a row ({said}); some mails may have left all the same."
        )


def ensure_not_paused(store: Store) -> None:
    """Check that sending is not paused.

    Raises:
        DispatchPaused: it is.
    """
    p = schema.pauses.c
    with store.begin(only_reads=True) as connection:
        found = connection.execute(select(p.paused_at, p.problem).where(p.resumed_at.is_(None))).first()
    if found is not None:
        raise DispatchPaused(
            f"Sending is paused since {found.paused_at:%Y-%m-%d %H:%M} UTC: {found.problem} "
            "Mails wait in the outbox; `relance outbox resume` lets them leave."
        )
