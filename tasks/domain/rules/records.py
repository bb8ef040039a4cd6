"""Records as forms and rules see them: each field as its type, times local to the firm, ids as a list.

A cell comes as text from a file, or typed from the database; both give the same value.
May touch: pandas. Tests: tests/unit/rules/test_records.py.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from tasks.domain import frames
from tasks.domain.definitions.record_fields import FieldType, type_of
from tasks.domain.intake.typed_rows import YES

DTYPES: Mapping[FieldType, Any] = {
    "text": frames.TEXT,
    "whole": "Int64",
    "flag": "boolean",
    "day": frames.DATE,
    "instant": frames.DATE,
    "ids": object,
}


def record_of(row: Mapping[str, Any], kind: str, zone: ZoneInfo) -> dict[str, Any]:
    """One record: its fields by name, None where they are empty.

    Args:
        row: cells by the names of the canonical columns; instants are UTC.
        kind: activities, relations or missions.
        zone: the firm's.
    """
    return {name: _read(type_of(kind, name), zone)(cell) for name, cell in row.items()}


def record_frame(rows: pd.DataFrame, kind: str, zone: ZoneInfo) -> pd.DataFrame:
    """Many records at once; a row holds what `record_of` says of it."""
    columns = {}
    for name in rows.columns:
        wanted = type_of(kind, name)
        values = [_read(wanted, zone)(cell) for cell in rows[name]]
        columns[name] = pd.Series(values, index=rows.index, dtype=DTYPES[wanted])
    return pd.DataFrame(columns, index=rows.index)


def _read(wanted: FieldType, zone: ZoneInfo) -> Callable[[Any], Any]:
    def read(cell: Any) -> Any:
        if isinstance(cell, list | tuple):
            return list(cell)
        if cell is None or bool(pd.isna(cell)) or cell == "":
            return [] if wanted == "ids" else None
        return local(cell, zone) if wanted == "instant" else READERS[wanted](cell)

    return read


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    """A UTC instant as the clock on the firm's wall shows it."""
    return pd.Timestamp(instant).to_pydatetime().replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def _day(cell: Any) -> date:
    return pd.Timestamp(cell).date()


def _flag(cell: Any) -> bool:
    return cell.strip().lower() in YES if isinstance(cell, str) else bool(cell)


READERS: Mapping[FieldType, Callable[[Any], Any]] = {
    "text": str,
    "whole": int,
    "flag": _flag,
    "day": _day,
    "ids": lambda cell: str(cell).split(),
}
