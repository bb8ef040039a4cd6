"""Unresolved messages: those whose outcome only a person can find out, listed, explained and resolved by hand (O3).

May touch: sql. Tests: tests/integration/mail/test_sendgrid.py.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text, update

from sql import schema
from sql.store import Store, plain, query
from tasks.domain.errors import RelanceError
from tasks.mail.delivery.carried import with_carried
from tasks.mail.delivery.status_changes import apply_status_changes
from tasks.mail.delivery.trace import UNRESOLVED
from tasks.rows import plain_rows

NEXT = {
    "pending": "It waits for its day, or for the next run.",
    "sending": "A dispatch has it in hand; if that one died, the next takes it up within a minute.",
    "sent": "SendGrid took it. What became of it then, its events tell.",
    "suppressed": "It does not leave as things are. Correct the cause, and it leaves with the next run.",
    "rejected": "SendGrid refused it, or could not deliver it; it is not tried again.",
    "cancelled": "It will not be sent.",
    "held": "Nobody can tell whether it left, and it cannot be taken back any more. Look for it in SendGrid's "
    "activity, then `relance outbox resolve`. An event that comes later resolves it too.",
}
FENCED_NEXT = (
    "Nobody can tell whether SendGrid took it. The next run cancels its batch, and sends it again once that is "
    "confirmed."
)
TRACED_NEXT = (
    "It was to leave at once, and nobody can tell whether it did; it is never sent twice. An event or SendGrid's logs "
    "may still tell; or look for it in SendGrid's activity, then `relance outbox resolve`."
)


class OutboxError(RelanceError):
    """A message that cannot be resolved as asked; the text says why."""


def list_questions(store: Store) -> list[dict[str, Any]]:
    """Messages that are unknown or held, with their attempt; oldest first."""
    return plain_rows(store.read("unresolved_messages"))


def explain_mail(store: Store, message_id: int) -> dict[str, Any]:
    """Everything known about one message except its text and recipient: state, attempt, events, what happens next.

    Raises:
        OutboxError: there is no such message.
    """
    m, a, e = schema.messages.c, schema.attempts.c, schema.mail_events.c
    known = (
        m.message_id,
        m.task_id,
        m.step.label("subtask"),
        m.recipient_id.label("relation_id"),
        m.send_on,
        m.status,
        m.reason,
    )
    asked = (a.attempt_id, a.state, a.batch_id, a.send_at, a.opened_at, a.closed_at, a.http_status, a.problem)
    wanted = select(*known, m.delivery, *asked).outerjoin_from(
        schema.messages, schema.attempts, a.attempt_id == m.attempt_id
    )
    with store.begin(only_reads=True) as connection:
        row = connection.execute(wanted.where(m.message_id == message_id)).mappings().one_or_none()
        if row is None:
            raise OutboxError(f"There is no mail {message_id}; `relance messages` lists them.")
        wanted = select(e.kind, e.happened_at).where(e.message_id == message_id).order_by(e.happened_at, e.kind)
        events = [{"kind": kind, "happened_at": _said(at)} for kind, at in connection.execute(wanted).all()]
    return {key: _said(value) for key, value in row.items()} | {"events": events, "next": _next(row)}


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _next(row: Any) -> str:
    """What happens next to a message, by itself or by a person."""
    if row["status"] == "unknown":
        return FENCED_NEXT if row["batch_id"] is not None else TRACED_NEXT
    return NEXT[row["status"]]


def resolve_by_hand(store: Store, message_ids: Sequence[int], was_sent: bool, now: datetime) -> int:
    """Record what a person found out: the messages were sent, or they were not and are queued again.

    Args:
        store: the database.
        message_ids: the messages' ids.
        was_sent: whether they were sent.
        now: the current instant, UTC.

    Returns:
        The number of messages resolved.

    Raises:
        OutboxError: one of them does not exist or is already resolved; nothing was changed.
    """
    m = schema.messages
    with store.begin() as connection:
        message_ids = with_carried(connection, message_ids)
        values: dict[str, Any] = {"status": "pending", "reason": None, "attempt_id": None}
        if was_sent:
            values = {"status": "sent", "reason": None, "sent_at": plain(now)}
        these = update(m).where(m.c.message_id.in_(message_ids), m.c.status.in_(UNRESOLVED)).values(values)
        resolved = set(connection.execute(these.returning(m.c.message_id)).scalars())
        others = [i for i in message_ids if i not in resolved]
        if others:
            said = {
                row.message_id: row.status
                for row in connection.execute(select(m.c.message_id, m.c.status).where(m.c.message_id.in_(others)))
            }
            wrong = ", ".join(f"{i} is {said.get(i, 'not there')}" for i in others)
            raise OutboxError(f"No question is open about these mails: {wrong}. Nothing was changed.")
        if was_sent:
            apply_status_changes(connection, message_ids, message_ids)
        connection.execute(text(query("resolve_attempts")))
    return len(message_ids)
