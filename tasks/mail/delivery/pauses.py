"""Pauses: dispatch stands still after too many failures, or because a person wants it, until one command resumes it.

May touch: sql. Tests: tests/integration/mail/test_pauses.py.
"""

from datetime import datetime
from itertools import takewhile

from sqlalchemy import func, insert, or_, select, update

from sql import schema
from sql.store import Store, plain
from tasks.mail.delivery.attempts import DIED
from tasks.mail.transport.base import TransportError

# Each leaves mails of unknown fate, and takes up one of the hundred cancels there are.
FAILURES_THAT_PAUSE = 5
LOOKED_BACK = 50
TOLD_NOTHING = ("unknown", "held", "cancelled", "resolved")
TELL_OF_THE_SERVICE = (*TOLD_NOTHING, "accepted", "refused")


class TooManyFailures(TransportError):
    """The service fails again and again, and each failure leaves mails of unknown fate: a person should look."""


class DispatchPaused(TransportError):
    """Nothing leaves until `relance outbox resume`; the message says since when and why."""


def pause(store: Store, problem: str, now: datetime) -> bool:
    """Let nothing leave from now on; whether it was not so before."""
    p = schema.pauses
    with store.begin() as connection:
        if connection.execute(select(p.c.pause_id).where(p.c.resumed_at.is_(None))).first():
            return False
        connection.execute(insert(p).values(paused_at=plain(now), problem=problem))
    return True


def resume(store: Store, now: datetime) -> bool:
    """Let mails leave again; whether they did not before."""
    p = schema.pauses
    with store.begin() as connection:
        over = update(p).where(p.c.resumed_at.is_(None)).values(resumed_at=plain(now))
        return connection.execute(over).rowcount > 0


def check_failures(store: Store, said: object) -> None:
    """Stop where the last attempts told nothing, in whichever claim or dispatch they were made.

    An attempt whose own dispatch died, or that was never taken up, says nothing of the service.

    Args:
        store: the database.
        said: what the service answered last.

    Raises:
        TooManyFailures: FAILURES_THAT_PAUSE in a row, since sending was last resumed.
    """
    a, p = schema.attempts.c, schema.pauses.c
    resumed_at = select(func.max(p.resumed_at)).scalar_subquery()
    since = or_(resumed_at.is_(None), a.opened_at > resumed_at)
    told = select(a.state).where(a.state.in_(TELL_OF_THE_SERVICE), func.coalesce(a.problem, "") != DIED, since)
    with store.begin(only_reads=True) as connection:
        states = list(connection.execute(told.order_by(a.attempt_id.desc()).limit(LOOKED_BACK)).scalars())
    failures = len(list(takewhile(TOLD_NOTHING.__contains__, states)))
    if failures >= FAILURES_THAT_PAUSE:
        raise TooManyFailures(
            f"SendGrid failed {failures} times in a row ({said}); some mails may have left all the same."
        )


def ensure_not_paused(store: Store) -> None:
    """Make sure that mails may leave.

    Raises:
        DispatchPaused: they may not.
    """
    p = schema.pauses.c
    with store.begin(only_reads=True) as connection:
        found = connection.execute(select(p.paused_at, p.problem).where(p.resumed_at.is_(None))).first()
    if found is not None:
        raise DispatchPaused(
            f"Sending is paused since {found.paused_at:%Y-%m-%d %H:%M} UTC: {found.problem} "
            "Mails wait in the outbox; `relance outbox resume` lets them leave."
        )
