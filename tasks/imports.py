"""Imports as the ledger has them: listed, and shown again.

May touch: sql. Tests: tests/integration/test_ledger.py.
"""

import json
from typing import Any

from sqlalchemy import select

from sql import schema
from sql.store import Store

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


class LedgerError(Exception):
    """There is no such line in the ledger."""


def list_imports(store: Store, last: int) -> list[dict[str, Any]]:
    """The last imports, newest first, as plain values."""
    table = schema.imports
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(
            select(*(table.c[name] for name in SHOWN)).order_by(table.c.import_id.desc()).limit(last)
        ).mappings()
        return [_plain(dict(row)) for row in rows]


def show_import(store: Store, import_id: int) -> dict[str, Any]:
    """One import, with what was told of it then.

    Raises:
        LedgerError: there is none of that number.
    """
    table = schema.imports
    with store.begin(only_reads=True) as connection:
        found = connection.execute(select(table).where(table.c.import_id == import_id)).mappings().first()
    if found is None:
        raise LedgerError(f"There is no import {import_id}; `relance imports` lists them.")
    row = dict(found)
    details: dict[str, Any] = json.loads(row["details"] or "{}")
    return _plain({name: row[name] for name in SHOWN}) | details


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
