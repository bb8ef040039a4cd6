"""Messages that left within another one (K1): whatever is learnt of one is learnt of all.

May touch: sql. Tests: tests/integration/mail/test_digest.py.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, select, update

from sql import schema


def note_carriers(connection: Connection, carrier_of: Mapping[int, int]) -> None:
    """Record which message carries which, before anything is sent; keys are the carried."""
    m = schema.messages
    if carrier_of:
        this = update(m).where(m.c.message_id == bindparam("b_id")).values(carrier_id=bindparam("b_carrier"))
        connection.execute(this, [{"b_id": i, "b_carrier": c} for i, c in carrier_of.items()])


def with_carried(connection: Connection, message_ids: Iterable[int]) -> list[int]:
    """These messages, and all that left in one mail with them."""
    m = schema.messages.c
    ids = [int(i) for i in message_ids]
    if not ids:
        return []
    carrier = func.coalesce(m.carrier_id, m.message_id)
    carriers = select(carrier).where(m.message_id.in_(ids))
    found: Sequence[int] = connection.execute(select(m.message_id).where(carrier.in_(carriers))).scalars().all()
    return sorted({*ids, *found})
