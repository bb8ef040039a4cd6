"""The ledger of imports: list them, and show one again.

May touch: sql. Tests: tests/integration/intake/test_ledger.py.
"""

import json
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from sqlalchemy import and_, func, or_, select

from sql import schema
from sql.store import Store
from tasks.domain.errors import RelanceError
from tasks.intake.quarantine import Feed

SHOWN = (
    "import_id",
    "imported_on",
    "imported_at",
    "kind",
    "source_file",
    "mapping",
    "sha256",
    "read",
    "new",
    "changed",
    "unchanged",
    "quarantined",
    "left_out",
    "made_former",
    "is_full",
    "is_drop_accepted",
    "undone_at",
)
# For each kind, the kinds whose import may change the result of an import of that kind.
DEPENDS_ON = {
    "relations": ("relations",),
    "users": ("users",),
    "missions": ("relations", "missions"),
    "mission_services": ("relations", "missions", "mission_services"),
    "activities": ("activities",),
    "field_dates": ("relations", "field_dates"),
}


class LedgerError(RelanceError):
    """There is no such import in the ledger."""


def list_imports(store: Store, last: int, zone: tzinfo = UTC) -> list[dict[str, Any]]:
    """The last imports, newest first, as plain values; instants in the given time zone, with their offset."""
    table = schema.imports
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(
            select(*(table.c[name] for name in SHOWN)).order_by(table.c.import_id.desc()).limit(last)
        ).mappings()
        return [_plain(dict(row), zone) for row in rows]


def last_import_id(store: Store) -> int:
    """The highest import id in the ledger, 0 if it is empty."""
    with store.begin(only_reads=True) as connection:
        return int(connection.execute(select(func.coalesce(func.max(schema.imports.c.import_id), 0))).scalar_one())


def same_before(store: Store, feed: Feed, sha256: str, shape: str, as_of: date) -> dict[str, Any] | None:
    """The last import of a feed, if importing the same bytes again would change nothing; else None.

    That is the case if the last import read these bytes with these definitions, was not undone, and no kind that the
    feed's rows depend on was imported or undone since. Anything else that writes such rows must be in the ledger too.
    """
    table = schema.imports
    if feed.kind.name not in DEPENDS_ON:
        return None  # an answer depends on tasks, too, which are created without an entry in the ledger
    of_feed = (table.c.kind == feed.kind.name, table.c.mapping == feed.mapping, table.c.stream == feed.stream)
    last = select(table).where(*of_feed).order_by(table.c.import_id.desc()).limit(1)
    with store.begin(only_reads=True) as connection:
        found = connection.execute(last).mappings().first()
        if found is None or found["undone_at"] is not None or found["sha256"] != sha256 or found["imported_on"] > as_of:
            return None
        if json.loads(found["details"] or "{}").get("shape") != shape:
            return None
        is_newer = and_(table.c.import_id > found["import_id"], table.c.kind.in_(DEPENDS_ON[feed.kind.name]))
        was_undone = table.c.undone_at >= found["imported_at"]
        disturbed = connection.execute(select(func.count()).select_from(table).where(or_(is_newer, was_undone)))
        return None if disturbed.scalar_one() else dict(found)


def show_import(store: Store, import_id: int, zone: tzinfo = UTC) -> dict[str, Any]:
    """One import, with the report printed at the time; instants in the given time zone, with their offset.

    Raises:
        LedgerError: there is no import with that id.
    """
    table = schema.imports
    with store.begin(only_reads=True) as connection:
        found = connection.execute(select(table).where(table.c.import_id == import_id)).mappings().first()
    if found is None:
        raise LedgerError(f"There is no import {import_id}; `relance imports` lists them.")
    row = dict(found)
    details: dict[str, Any] = json.loads(row["details"] or "{}")
    return _plain({name: row[name] for name in SHOWN}, zone) | details


def _plain(row: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    return {name: _text(value, zone) if isinstance(value, date) else value for name, value in row.items()}


def _text(day: date, zone: tzinfo) -> str:
    """A date, or an instant in the time zone; the tables hold instants in UTC without a zone."""
    return day.replace(tzinfo=UTC).astimezone(zone).isoformat() if isinstance(day, datetime) else day.isoformat()
