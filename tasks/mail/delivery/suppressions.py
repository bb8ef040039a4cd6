"""Suppressions: addresses that must not get e-mail (M7), from the service's lists, its events, or a person.

A newly suppressed address opens an internal task for the owner of each relation that has it. The task closes by itself
once the relation's address is corrected or the suppression is lifted.
May touch: sql. Tests: tests/integration/mail/test_suppressions.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Date, DateTime, TextClause, bindparam, delete, func, select, text

from sql import schema
from sql.store import Store, plain, query
from tasks.domain.definitions.firm import is_address
from tasks.domain.errors import RelanceError
from tasks.domain.mail.events import REASON_OF_LIST
from tasks.domain.reasons import Reason
from tasks.mail.delivery.bounces import take_back_by_address
from tasks.mail.transport.service import MailService

BY_HAND = "hand"
# An entry may appear on a list some time after the instant in its timestamp.
OVERLAP = timedelta(days=1)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
ROWS_AT_ONCE = 1000


class SuppressionError(RelanceError):
    """An address that cannot be suppressed or lifted as asked; the message says why."""


@dataclass(frozen=True)
class Suppression:
    """One address on one list: a key of REASON_OF_LIST, or BY_HAND. `since_at` is UTC."""

    address: str
    kind: str
    since_at: datetime


def suppress(connection: Connection, found: Iterable[Suppression], labels: Mapping[str, str], as_of: date) -> list[str]:
    """Record addresses, and open the owners' tasks for those that were not suppressed before.

    Args:
        connection: an open transaction.
        found: entries to record; known ones change nothing.
        labels: of the tasks, by reason, in the firm's language.
        as_of: today.

    Returns:
        The addresses that were not on that list before.
    """
    rows = [
        {
            "address": one.address.lower(),
            "kind": one.kind,
            "reason": REASON_OF_LIST.get(one.kind, Reason.OPTED_OUT.value),
            "since_at": plain(one.since_at),
        }
        for one in found
    ]
    s = schema.suppressions
    last = connection.execute(select(func.coalesce(func.max(s.c.suppression_id), 0))).scalar_one()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(text(query("insert_suppressions")), rows[start : start + ROWS_AT_ONCE])
    new = list(connection.execute(select(s.c.address).where(s.c.suppression_id > last)).scalars())
    if new:
        names = {f"label_{reason}": labels[reason] for reason in set(REASON_OF_LIST.values()) if reason}
        connection.execute(_dated("open_address_tasks"), {"as_of": as_of, "after": last} | names)
        connection.execute(text(query("insert_address_steps")))
    return new


def sync_suppressions(store: Store, service: MailService, labels: Mapping[str, str], now: datetime, as_of: date) -> int:
    """Read the entries added to the service's lists since the last reading (M5).

    Returns:
        The number of new entries.

    Raises:
        tasks.mail.transport.base.TransportError: a list cannot be read; the lists read before it are recorded.
    """
    syncs = schema.suppression_syncs
    with store.begin(only_reads=True) as connection:
        read_until = {row.kind: row.read_until for row in connection.execute(select(syncs))}
    new = 0
    for kind in REASON_OF_LIST:
        since = read_until[kind].replace(tzinfo=UTC) - OVERLAP if kind in read_until else EVER
        found = [Suppression(address, kind, at) for address, at in service.suppressed(kind, since, now)]
        with store.begin() as connection:
            silenced = set(suppress(connection, found, labels, as_of))
            new += len(silenced)
            if REASON_OF_LIST[kind] == Reason.BOUNCED.value:
                bounced = {s.address.lower(): s.since_at for s in found if s.address.lower() in silenced}
                take_back_by_address(connection, bounced, labels, as_of)
            note = text(query("note_sync")).bindparams(bindparam("read_until", type_=DateTime))
            connection.execute(note, {"kind": kind, "read_until": plain(now)})
    return new


def close_corrected(store: Store, as_of: date) -> int:
    """Close address tasks whose relation now has a usable address, and return their number."""
    with store.begin() as connection:
        closed = connection.execute(_dated("close_corrected_addresses"), {"as_of": as_of}).rowcount
        if closed:
            connection.execute(text(query("close_subtasks")))
    return closed


def list_suppressions(store: Store) -> list[dict[str, Any]]:
    """Every recorded address: address, kind, reason, since_on, relation_ids that have it; newest first."""
    s, r = schema.suppressions.c, schema.relations.c
    wanted = select(s.suppression_id, s.address, s.kind, s.reason, s.since_at, r.relation_id)
    having = wanted.outerjoin_from(schema.suppressions, schema.relations, func.lower(r.email) == s.address)
    rows: dict[int, dict[str, Any]] = {}
    with store.begin(only_reads=True) as connection:
        for row in connection.execute(having.order_by(s.suppression_id.desc(), r.relation_id)).mappings():
            known = {key: row[key] for key in ("address", "kind", "reason")}
            whole = known | {"since_on": row["since_at"].date().isoformat(), "relation_ids": []}
            ids = rows.setdefault(row["suppression_id"], whole)["relation_ids"]
            ids += [row["relation_id"]] if row["relation_id"] else []
    return list(rows.values())


def suppress_by_hand(store: Store, address: str, labels: Mapping[str, str], now: datetime, as_of: date) -> bool:
    """Suppress an address because its owner asked for it; return False if it was already suppressed.

    Raises:
        SuppressionError: it is not an e-mail address.
    """
    if not is_address(address):
        raise SuppressionError("That is not an e-mail address; nothing was changed.")
    with store.begin() as connection:
        return bool(suppress(connection, [Suppression(address, BY_HAND, now)], labels, as_of))


def lift(store: Store, service: MailService | None, address: str, as_of: date) -> list[str]:
    """Allow an address again: remove it from the service's lists first, then here.

    Returns:
        The lists that it was on.

    Raises:
        SuppressionError: it was on none.
        tasks.mail.transport.base.TransportError: the service cannot be asked; what it still holds stays here as well.
    """
    s = schema.suppressions
    this = s.c.address == address.lower()
    with store.begin(only_reads=True) as connection:
        kinds = list(connection.execute(select(s.c.kind).where(this).order_by(s.c.kind)).scalars())
    if not kinds:
        raise SuppressionError("That address is not suppressed; `relance suppressions list` shows those that are.")
    for kind in kinds:
        if service is not None and kind != BY_HAND:
            service.unsuppress(kind, address)
        with store.begin() as connection:
            connection.execute(delete(s).where(this, s.c.kind == kind))
    close_corrected(store, as_of)
    return kinds


def _dated(name: str) -> TextClause:
    return text(query(name)).bindparams(bindparam("as_of", type_=Date))
