"""Messages that leave at once, whatever the hour: a code, a link asked for anew, a client's question to the owner.

They go through the same outbox as all others. Their text is fixed when they are queued, and nothing reminds of them.
May touch: sql. Tests: tests/integration/web/test_page_sign_in.py.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, insert

from sql import schema
from tasks.domain.mail.keys import IMMEDIATE_CAUSES
from tasks.mail.render import Renderer


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
) -> int:
    """Put a message into the outbox that leaves at once; returns its number.

    Args:
        connection: an open transaction.
        renderer: for the firm's messages.
        message: the name of the message's templates.
        key: its cause_kind, cause_id, step, recipient_kind and recipient_id (M1).
        language: the recipient's, if known.
        merge: its merge fields, by object.
        send_on: today.
        cycle: tells messages of one key apart.

    Raises:
        tasks.mail.render.MergeFieldMissing: it prints a field that is unknown or empty.
        tasks.mail.render.UnsafeMail: a field put a line break into the subject.
    """
    assert key["cause_kind"] in IMMEDIATE_CAUSES
    rendered = renderer.render(message, language, merge)
    row = {**key, "cycle": cycle, "sequence": 0, "send_on": send_on, "status": "pending"} | vars(rendered)
    made = connection.execute(insert(schema.messages).values(row)).inserted_primary_key
    assert made is not None
    return int(made[0])
