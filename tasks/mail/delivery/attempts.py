"""Attempts: every request to the mail service is recorded before it is made (O1), and recovered after a crash.

A claim and an attempt are valid for a lease. If their dispatch dies, messages that it did not request are queued again,
and those that it may have requested become `unknown`, for tasks/mail/delivery/fence.py. A dispatch that resumes after
its lease expired updates nothing: every UPDATE checks the current state.
May touch: sql. Tests: tests/integration/mail/test_attempts.py, on both databases.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, insert, or_, select, update

from sql import schema
from sql.store import Store, plain
from tasks.domain.mail.keys import TASK
from tasks.mail.delivery.recipients import current_address
from tasks.mail.transport.base import Outcome

# Longer than a request may take (tasks/mail/transport/sendgrid.py), and short enough to recover from a killed dispatch
# within a minute.
LEASE = timedelta(seconds=45)
# Attempts from which the service took nothing: their messages are still claimed, to be sent again whole or in parts.
TAKEN_BY_NOBODY = ("refused", "released")
DIED = "its dispatch died"
NOBODY = {"claimed_by": None, "claimed_until": None}


class _TakenFromUs(Exception):
    """The lease has expired, and another dispatch has the message."""


class AttemptLedger:
    """The claims and attempts of one dispatch.

    Attributes:
        claim: a name that no other dispatch has.
        now: returns the current instant, UTC.
    """

    def __init__(self, store: Store, claim: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self.claim = claim
        self.now = clock
        self._opened = 0

    def claim_messages(
        self,
        may_repeat: bool,
        batch: int,
        after: int,
        *,
        send_by: Any,
        task_id: int | None,
        with_reminders: bool = True,
        whole_recipients: bool = False,
        is_digest: bool = False,
        is_quiet: bool = False,
        causes: Sequence[str] | None = None,
    ) -> int:
        """Claim the next messages that are due.

        Args:
            may_repeat: also claim messages whose previous claimant died.
            batch: the maximum number.
            after: only messages with a higher id.
            send_by: the last send day that is due.
            task_id: only messages of this task; None for all.
            with_reminders: whether reminders are claimed, too (R2).
            is_quiet: today is a day without mails: only messages for this very day, which a person ordered, are
                claimed; others that an outage left over wait (T5).
            whole_recipients: claim all due messages of each recipient together, as some may leave in one mail (P4).
            causes: only messages of these kinds of cause; None for all.
            is_digest: what a recipient gets today waits for the reminder that leaves in the same mail (K1).

        Returns:
            The number of messages claimed.
        """
        m = schema.messages
        free = m.c.status.in_(("pending", "sending") if may_repeat else ("pending",))
        due = [free, m.c.send_on <= send_by, m.c.message_id > after]
        due += [m.c.task_id == task_id] if task_id is not None else []
        due += [m.c.cause_kind.in_(causes)] if causes is not None else []
        due += [or_(m.c.cause_kind != TASK, m.c.send_on == send_by)] if is_quiet else []
        if not with_reminders:
            due += [m.c.sequence == 0]
            later = select(m.c.recipient_id).where(free, m.c.send_on <= send_by, m.c.sequence > 0)
            due += [m.c.recipient_id.not_in(later)] if is_digest else []
        if whole_recipients:
            first = select(m.c.recipient_id).where(*due).order_by(m.c.message_id).limit(batch)
            chosen = select(m.c.message_id).where(*due, m.c.recipient_id.in_(first))
        else:
            chosen = select(m.c.message_id).where(*due).order_by(m.c.message_id).limit(batch)
        chosen = chosen.with_for_update(skip_locked=True)
        claimed = {"status": "sending", "claimed_by": self.claim, "claimed_until": self._lease(), "attempt_id": None}
        claimed |= {"carrier_id": None}
        with self._store.begin() as connection:
            return connection.execute(update(m).where(m.c.message_id.in_(chosen)).values(claimed)).rowcount

    def next_token(self) -> str:
        """A unique name for the next attempt, which is sent along with its messages."""
        self._opened += 1
        return f"{self.claim}-{self._opened}"

    def open(
        self, message_ids: Sequence[int], token: str, body_sha256: str, batch_id: str | None, send_at: datetime | None
    ) -> int | None:
        """Record an attempt and commit; None if another dispatch has taken one of its messages."""
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
        """Insert an attempt and assign its messages to it.

        This updates without reading first: in PostgreSQL, a read would show messages that a concurrent recovery is
        about to release. The update waits for that transaction and sees its result.

        Raises:
            _TakenFromUs: another dispatch has taken one of the messages.
        """
        m = schema.messages
        key = connection.execute(insert(schema.attempts).values(attempt)).inserted_primary_key
        assert key is not None
        # One statement, as each UPDATE rewrites whole rows. It extends the lease of the claim's waiting messages too,
        # and stores each recipient's address, by which the logs are searched if no answer comes.
        is_in_it = m.c.message_id.in_(message_ids)
        held_on = {
            "claimed_until": lease,
            "attempt_id": case((is_in_it, key[0]), else_=m.c.attempt_id),
            "email": case((is_in_it, current_address()), else_=m.c.email),
        }
        mine = and_(m.c.claimed_by == self.claim, m.c.status == "sending")
        held = connection.execute(update(m).where(mine).values(held_on).returning(m.c.message_id)).scalars()
        if not message_ids <= set(held):
            raise _TakenFromUs
        return int(key[0])

    def close(self, connection: Connection, outcome: Outcome) -> bool:
        """Close an outcome's attempt; False if it was fenced meanwhile, and nothing of it may be recorded."""
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
        """Queue again what this dispatch claimed and never requested."""
        m = schema.messages
        unasked = and_(m.c.claimed_by == self.claim, m.c.status == "sending", m.c.attempt_id.is_(None))
        with self._store.begin() as connection:
            connection.execute(update(m).where(unasked).values(status="pending", **NOBODY))

    def _lease(self) -> datetime:
        return plain(self.now() + LEASE)


def recover(store: Store, now: datetime) -> None:
    """Recover from dead dispatches: messages not requested are queued again, open attempts become unknown."""
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
