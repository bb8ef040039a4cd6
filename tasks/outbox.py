"""Outbox: mails whose fate only a person can tell, listed with their reason and settled one by one (O3).

May touch: sql. Tests: tests/integration/test_sendgrid.py.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from sql import schema
from sql.store import Store
from tasks.overview import plain_rows

OPEN_QUESTIONS = ("unknown", "held")


class OutboxError(Exception):
    """A mail that cannot be settled as asked; the message says why."""


def list_questions(store: Store) -> list[dict[str, Any]]:
    """Mails that are unknown or held, with the attempt they were part of; the oldest first."""
    return plain_rows(store.read("open_questions"))


def settle_by_hand(store: Store, message_ids: Sequence[int], was_sent: bool, now: datetime) -> int:
    """Write down what a person found out: the mails left, or they did not and are queued again.

    Args:
        store: the database.
        message_ids: their numbers.
        was_sent: whether they left.
        now: the instant, UTC.

    Returns:
        How many mails were settled.

    Raises:
        OutboxError: one of them is not there, or there is no question about it; nothing was changed.
    """
    m = schema.messages
    with store.begin() as connection:
        found = dict(
            connection.execute(select(m.c.message_id, m.c.status).where(m.c.message_id.in_(message_ids))).all()
        )
        wrong = [f"{i} is {found.get(i, 'not there')}" for i in message_ids if found.get(i) not in OPEN_QUESTIONS]
        if wrong:
            raise OutboxError(f"No question is open about these mails: {', '.join(wrong)}. Nothing was changed.")
        values: dict[str, Any] = {"status": "pending", "reason": None, "attempt_id": None}
        if was_sent:
            values = {"status": "sent", "reason": None, "sent_at": now.replace(tzinfo=None)}
        connection.execute(update(m).where(m.c.message_id.in_(message_ids)).values(values))
    return len(message_ids)
