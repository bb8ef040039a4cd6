"""Messages that leave at once, whatever the hour: a code, a link asked for anew, a client's question to the owner.

They go through the same outbox as all others. Their text is fixed when they are queued, and nothing reminds of them.
May touch: sql. Tests: tests/integration/web/test_page_sign_in.py.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, insert, select, update

from sql import schema
from tasks.domain.mail.keys import IMMEDIATE_CAUSES
from tasks.domain.reasons import Reason
from tasks.mail.render import Renderer

NOTHING: Mapping[str, object] = {}


def queue_message(
    connection: Connection,
    renderer: Renderer,
    message: str,
    key: Mapping[str, str],
    *,
    language: str | None,
    merge: Mapping[str, Mapping[str, object]],
    send_on: date,
    cycle: int = 0,
    leaves: Mapping[str, object] = NOTHING,
) -> int:
    """Put a message into the outbox that leaves at once; returns its number. One that was withdrawn is queued again.

    Args:
        connection: an open transaction.
        renderer: for the firm's messages.
        message: the name of the message's templates.
        key: its cause_kind, cause_id, step, recipient_kind and recipient_id (M1).
        language: the recipient's, if known.
        merge: its merge fields, by object.
        send_on: today.
        cycle: tells messages of one key apart.
        leaves: how it leaves, as columns of the outbox: send_at, owner_id, is_from_owner, calendar.

    Raises:
        tasks.mail.render.MergeFieldMissing: it prints a field that is unknown or empty.
        tasks.mail.render.UnsafeMail: a field put a line break into the subject.
    """
    assert key["cause_kind"] in IMMEDIATE_CAUSES
    rendered = renderer.render(message, language, merge)
    of_key = {**key, "cycle": cycle, "sequence": 0}
    row: dict[str, object] = {"send_on": send_on, "status": "pending", "reason": None} | vars(rendered) | dict(leaves)
    withdrawn = _withdrawn(connection, of_key)
    if withdrawn is not None:
        m = schema.messages
        connection.execute(update(m).where(m.c.message_id == withdrawn).values(row))
        return withdrawn
    made = connection.execute(insert(schema.messages).values(of_key | row)).inserted_primary_key
    assert made is not None
    return int(made[0])


def _withdrawn(connection: Connection, key: Mapping[str, object]) -> int | None:
    """The number of a message of that key that was withdrawn before it left, and that leaves after all."""
    m = schema.messages.c
    gone = (m.status == "cancelled", m.reason == Reason.SUPERSEDED.value)
    return connection.execute(select(m.message_id).filter_by(**key).where(*gone)).scalar_one_or_none()


def note_unsent(
    connection: Connection,
    key: Mapping[str, object],
    reason: Reason,
    send_on: date,
    leaves: Mapping[str, object] = NOTHING,
) -> None:
    """Leave a row that says why nothing was sent; one that is there stays."""
    row = {"cycle": 0, "sequence": 0, **key}
    known = select(schema.messages.c.message_id).filter_by(**row)
    if connection.execute(known).first() is None:
        fate = {"send_on": send_on, "status": "cancelled", "reason": reason.value}
        connection.execute(insert(schema.messages).values(row | fate | dict(leaves)))
