"""Trace: resolves attempts with an unknown outcome from events and the service's logs (O3).

A single message of an attempt that the service knows is enough: a request is accepted whole or not at all.
May touch: sql. Tests: tests/integration/mail/test_trace.py.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from sql import schema
from sql.store import Store, plain
from tasks.mail.delivery.attempts import NOBODY
from tasks.mail.delivery.status_changes import apply_status_changes
from tasks.mail.transport.service import MailService

UNRESOLVED = ("unknown", "held")
# The logs are searched for this long; afterwards only an event or a person can resolve an attempt.
LOOKED_FOR = timedelta(days=3)
TAKEN_IN = ("processed", "deferred")
# The maximum difference between the service's clock and ours.
CLOCKS_APART = timedelta(minutes=10)


def trace_by_events(connection: Connection, now: datetime) -> list[int]:
    """Resolve the attempts that an event proves, and return the ids of their messages."""
    a, e = schema.attempts, schema.mail_events
    # After a cancel, the fact that a message was accepted does not prove that it will be sent.
    is_proof = or_(a.c.cancel_asked_at.is_(None), e.c.kind.not_in(TAKEN_IN))
    proved = select(a.c.attempt_id).where(
        a.c.state.in_(UNRESOLVED), select(e.c.event_id).where(e.c.token == a.c.token, is_proof).exists()
    )
    return accept(connection, list(connection.execute(proved).scalars()), now)


def trace_by_logs(store: Store, service: MailService, now: datetime) -> int:
    """Search the service's logs for unresolved attempts, and return the number found."""
    proved = [row["attempt_id"] for row in _open_attempts(store, now) if _is_known(service, row)]
    with store.begin() as connection:
        accept(connection, proved, now)
    return len(proved)


def accept(connection: Connection, attempt_ids: Sequence[int], now: datetime) -> list[int]:
    """Record that attempts were accepted after all.

    Args:
        connection: an open transaction.
        attempt_ids: attempts; those no longer unresolved are ignored.
        now: the current instant, UTC.

    Returns:
        The ids of their messages.
    """
    if not attempt_ids:
        return []
    a, m = schema.attempts, schema.messages
    these = and_(a.c.attempt_id.in_(attempt_ids), a.c.state.in_(UNRESOLVED))
    resolved = list(
        connection.execute(update(a).where(these).values(state="accepted").returning(a.c.attempt_id)).scalars()
    )
    mails = and_(m.c.attempt_id.in_(resolved), m.c.status.in_(UNRESOLVED))
    sent = {"status": "sent", "reason": None, "sent_at": plain(now), **NOBODY}
    ids = list(connection.execute(update(m).where(mails).values(sent).returning(m.c.message_id)).scalars())
    apply_status_changes(connection, ids, ids)
    return ids


def _open_attempts(store: Store, now: datetime) -> list[Any]:
    """Unresolved attempts, with one address each; oldest first."""
    a, m = schema.attempts.c, schema.messages.c
    wanted = select(a.attempt_id, a.token, a.opened_at, func.min(m.email).label("address"))
    joined = wanted.join_from(schema.attempts, schema.messages, m.attempt_id == a.attempt_id)
    recent = joined.where(
        a.state.in_(UNRESOLVED),
        a.token.is_not(None),
        a.cancel_asked_at.is_(None),
        a.opened_at > plain(now - LOOKED_FOR),
    )
    grouped = recent.group_by(a.attempt_id, a.token, a.opened_at).order_by(a.attempt_id)
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(grouped).mappings())


def _is_known(service: MailService, row: Any) -> bool:
    since = row["opened_at"].replace(tzinfo=UTC) - CLOCKS_APART
    return service.has_mail(row["address"], row["token"], since)
