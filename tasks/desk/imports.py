"""Imports and quarantined rows at the desk, fifty at a time.

May touch: sql. Tests: tests/integration/desk/test_desk_data.py, on both databases.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from sql import schema

A_PAGE = 50
KEY = ("kind", "mapping", "source_file", "source_row")


@dataclass(frozen=True)
class ImportPage:
    """A page of imports, the latest first, and before which number the next one begins."""

    rows: Sequence[Mapping[str, Any]]
    next: int | None


def read_imports(connection: Connection, before: int | None) -> ImportPage:
    """One page of imports."""
    i = schema.imports.c
    shown = [column for column in schema.imports.c if column.name != "details"]
    wanted = select(*shown).order_by(i.import_id.desc()).limit(A_PAGE + 1)
    if before is not None:
        wanted = wanted.where(i.import_id < before)
    found = [dict(row) for row in connection.execute(wanted).mappings()]
    rows = found[:A_PAGE]
    return ImportPage(rows, rows[-1]["import_id"] if len(found) > A_PAGE else None)


def read_import(connection: Connection, import_id: int) -> dict[str, Any] | None:
    """One import with its findings; None if there is none with this number."""
    i = schema.imports
    row = connection.execute(select(i).where(i.c.import_id == import_id)).mappings().one_or_none()
    if row is None:
        return None
    details: dict[str, Any] = json.loads(row["details"] or "{}")
    return dict(row) | {"findings": details.get("findings", []), "doubts": details.get("doubts", [])}


@dataclass(frozen=True)
class QuarantinePage:
    """A page of quarantined rows, and after which row the next one begins: its key."""

    rows: Sequence[Mapping[str, Any]]
    next: tuple[Any, ...] | None


def read_quarantine(
    connection: Connection, kind: str | None, file: str | None, after: Sequence[Any] | None
) -> QuarantinePage:
    """One page of quarantined rows, by file and row; without what the rows held."""
    q = schema.quarantine.c
    shown = (*KEY, "row_id", "reason", "column_name", "problem", "since_on", "is_holding")
    key = [q[name] for name in KEY]
    wanted = select(*(q[name] for name in shown)).order_by(*key).limit(A_PAGE + 1)
    if kind is not None:
        wanted = wanted.where(q.kind == kind)
    if file is not None:
        wanted = wanted.where(q.source_file == file)
    if after is not None:
        wanted = wanted.where(tuple_(*key) > tuple(after))
    found = [dict(row) for row in connection.execute(wanted).mappings()]
    rows = found[:A_PAGE]
    return QuarantinePage(rows, tuple(rows[-1][name] for name in KEY) if len(found) > A_PAGE else None)


def files_in_quarantine(connection: Connection) -> list[tuple[str, int]]:
    """The files of quarantined rows, with how many of each."""
    q = schema.quarantine.c
    wanted = select(q.source_file, func.count()).group_by(q.source_file).order_by(q.source_file).limit(200)
    return [(name, int(count)) for name, count in connection.execute(wanted).tuples()]
