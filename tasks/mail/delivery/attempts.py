"""Attempts: what is asked of the mail service is written down before it is asked (O1), and recovered.

A claim and an attempt hold for a lease. When its holder dies, what it did not come to ask is queued again, and what it
may have asked becomes `unknown`, for tasks/mail/delivery/fence.py. Whoever wakes after that finds his rows gone: every
write names the state in which it must find them.
May touch: sql. Tests: tests/integration/mail/test_attempts.py, on both databases.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, insert, select, update

from sql import schema
from sql.store import Store, plain
from tasks.mail.transport.base import Outcome

# Longer than a request may take (tasks/mail/transport/sendgrid.py), short enough that a killed dispatch is recovered
# in a minute.
LEASE = timedelta(seconds=45)
# Attempts of which nothing was taken: their letters are still in hand, whole or to be asked for in smaller parts.
TAKEN_BY_NOBODY = ("refused", "released")
DIED = "its dispatch died"
NOBODY = {"claimed_by": None, "claimed_until": None}


class _TakenFromUs(Exception):
    """A lease is over, and somebody else has the message."""


class AttemptLedger:
    """One dispatch's claims and attempts.

    Attributes:
        claim: a name that no other dispatch has.
        now: gives the instant, UTC.
    """

    def __init__(self, store: Store, claim: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self.claim = claim
        self.now = clock
        self._opened = 0

    def claim_messages(self, may_repeat: bool, batch: int, after: int, send_by: Any, task_id: int | None) -> int:
        """Claim the next messages that are due; the number of rows.

        Args:
            may_repeat: take up messages whose claimant died, too.
            batch: how many at most.
            after: only messages with a higher number.
            send_by: the last send day that counts, a date.
            task_id: of this task alone.
        """
        m = schema.messages
        free = m.c.status.in_(("pending", "sending") if may_repeat else ("pending",))
        chosen = (
            select(m.c.message_id)
            .where(free, m.c.send_on <= send_by, m.c.message_id > after)
            .where(*([m.c.task_id == task_id] if task_id is not None else []))
            .order_by(m.c.message_id)
            .limit(batch)
            .with_for_update(skip_locked=True)
        )
        claimed = {"status": "sending", "claimed_by": self.claim, "claimed_until": self._lease(), "attempt_id": None}
        with self._store.begin() as connection:
            return connection.execute(update(m).where(m.c.message_id.in_(chosen)).values(claimed)).rowcount

    def next_token(self) -> str:
        """A name for the next attempt, which travels with its mails; no other attempt ever has it."""
        self._opened += 1
        return f"{self.claim}-{self._opened}"

    def open(
        self, message_ids: Sequence[int], token: str, body_sha256: str, batch_id: str | None, send_at: datetime | None
    ) -> int | None:
        """Write an attempt down, committed; None where one of its messages is not ours any more."""
        lease = self._lease()
        row = {
            "claim": self.claim,
            "token": token,
            "batch_id": batch_id,
            "send_at": None if send_at is None else plain(send_at),
            "body_sha256": body_sha256,
            "recipients": len(message_ids),
            "state": "open",
            "opened_at": plain(self.now()),
            "lease_until": lease,
        }
        try:
            with self._store.begin() as connection:
                return self._take(connection, row, frozenset(int(i) for i in message_ids), lease)
        except _TakenFromUs:
            return None

    def _take(
        self, connection: Connection, attempt: Mapping[str, Any], message_ids: frozenset[int], lease: datetime
    ) -> int:
        """Write an attempt and whose it is.

        Not a look before the write: PostgreSQL would show what a recovery under way is about to take away; the
        update waits for it, and finds what it left.

        Raises:
            _TakenFromUs: one of the messages is not ours any more.
        """
        m, r = schema.messages, schema.relations.c
        key = connection.execute(insert(schema.attempts).values(attempt)).inserted_primary_key
        assert key is not None
        # One statement, as each rewrites whole rows. What waits its turn in the same claim is held on to as well;
        # where each is going is written down, as by that the logs are searched when no answer comes.
        is_in_it = m.c.message_id.in_(message_ids)
        address = select(r.email).where(r.relation_id == m.c.recipient_id).scalar_subquery()
        held_on = {
            "claimed_until": lease,
            "attempt_id": case((is_in_it, key[0]), else_=m.c.attempt_id),
            "email": case((is_in_it, address), else_=m.c.email),
        }
        mine = and_(m.c.claimed_by == self.claim, m.c.status == "sending")
        held = connection.execute(update(m).where(mine).values(held_on).returning(m.c.message_id)).scalars()
        if not message_ids <= set(held):
            raise _TakenFromUs
        return int(key[0])

    def close(self, connection: Connection, outcome: Outcome) -> bool:
        """Close an outcome's attempt; False where it was fenced meanwhile, and nothing of it may be written."""
        if outcome.attempt_id is None:
            return True
        a = schema.attempts
        this = and_(a.c.attempt_id == outcome.attempt_id, a.c.state == "open", a.c.claim == self.claim)
        closed = {
            "state": outcome.state,
            "closed_at": plain(self.now()),
            "http_status": outcome.http_status,
            "problem": outcome.problem,
        }
        is_ours = connection.execute(update(a).where(this).values(closed)).rowcount == 1
        if is_ours and outcome.state in TAKEN_BY_NOBODY:
            m = schema.messages
            in_hand = and_(m.c.attempt_id == outcome.attempt_id, m.c.status == "sending")
            connection.execute(update(m).where(in_hand).values(attempt_id=None))
        return is_ours

    def release(self) -> None:
        """Queue again what this dispatch claimed and never asked for."""
        m = schema.messages
        unasked = and_(m.c.claimed_by == self.claim, m.c.status == "sending", m.c.attempt_id.is_(None))
        with self._store.begin() as connection:
            connection.execute(update(m).where(unasked).values(status="pending", **NOBODY))

    def _lease(self) -> datetime:
        return plain(self.now() + LEASE)


def recover(store: Store, now: datetime) -> None:
    """Take up what dead dispatches left: unasked messages are queued again, attempts under way become unknown."""
    m, a = schema.messages, schema.attempts
    instant = plain(now)
    with store.begin() as connection:
        over = and_(m.c.status == "sending", m.c.claimed_until < instant)
        connection.execute(update(m).where(over, m.c.attempt_id.is_(None)).values(status="pending", **NOBODY))
        lost = update(a).where(a.c.state == "open", a.c.lease_until < instant)
        connection.execute(lost.values(state="unknown", closed_at=instant, problem=DIED))
        unknown = select(a.c.attempt_id).where(a.c.state == "unknown")
        sending = update(m).where(m.c.status == "sending", m.c.attempt_id.in_(unknown))
        connection.execute(sending.values(status="unknown", **NOBODY))
