"""The canonical shape of each kind of data: its columns, its key, and how raw text becomes typed frames.

May touch: numpy, pandas. Tests: tests/unit/test_canonical.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tasks.domain import frames

EXPIRES_ON = ".expires_on"
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
ISO_DAY = r"\d{4}-\d{2}-\d{2}"


@dataclass(frozen=True)
class Kind:
    """A kind of data that can be imported.

    Attributes:
        name: as in `relance import KIND`.
        keys: the columns that identify a row.
        required: columns without which a file is not one of this kind.
        optional: further columns known by name.
        has_fields: whether any other column is a data field (`FIELD`, `FIELD.expires_on`).
        span: two date columns of which the first must not lie after the second.
    """

    name: str
    keys: tuple[str, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    has_fields: bool = False
    span: tuple[str, str] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column known by name."""
        return self.required + self.optional


RELATIONS = Kind(
    "relations",
    ("relation_id",),
    ("relation_id", "type", "status", "name"),
    ("email", "language", "owner_id", "company_id"),
    has_fields=True,
)
USERS = Kind("users", ("user_id",), ("user_id", "email"), ("first_name", "last_name", "remind_minutes"))
MISSIONS = Kind(
    "missions",
    ("mission_id",),
    ("mission_id", "relation_id", "status"),
    ("name", "start_on", "end_on"),
    span=("start_on", "end_on"),
)
MISSION_SERVICES = Kind(
    "mission_services",
    ("mission_id", "template"),
    ("mission_id", "template"),
    ("frequency", "first_due_on", "quantity", "backfill"),
)
KINDS = {kind.name: kind for kind in (RELATIONS, USERS, MISSIONS, MISSION_SERVICES)}
NUMBERS = ("remind_minutes", "quantity")
YES, NO = ("true", "yes", "oui", "ja", "1"), ("false", "no", "non", "nee", "0")


class ShapeError(Exception):
    """A file whose columns are not those of its kind; the message names them and what to do."""


def check_columns(kind: Kind, columns: Sequence[str]) -> None:
    """Refuse a file with columns missing, given twice, or not nameable (Q3).

    Raises:
        ShapeError: naming every offending column at once.
    """
    problems = []
    missing = [c for c in kind.required if c not in columns]
    if missing:
        problems.append(f"column {', '.join(missing)} is missing (missing or renamed at the source)")
    unknown = [c for c in columns if c not in kind.columns and not (kind.has_fields and _is_field(c))]
    if unknown:
        named = ", ".join(repr(c[:40]) for c in unknown)
        what = (
            "neither a column of this kind nor a data field (lower case, digits, _)" if kind.has_fields else "unknown"
        )
        problems.append(f"column {named} is {what}")
    if problems:
        raise ShapeError(
            f"{'; '.join(problems)}. Known columns: {', '.join(kind.columns)}. "
            "For a file of another shape, name its profile with --mapping."
        )


def _is_field(column: str) -> bool:
    return FIELD_NAME.fullmatch(column.removesuffix(EXPIRES_ON)) is not None


def field_names(columns: Sequence[str], kind: Kind) -> list[str]:
    """The data fields among a file's columns, in order of first appearance."""
    if not kind.has_fields:
        return []
    return list(dict.fromkeys(c.removesuffix(EXPIRES_ON) for c in columns if c not in kind.columns))


def type_rows(raw: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """The columns known by name, trimmed, with what validation needs to see.

    Args:
        raw: canonical text columns and source_row; one row per source row.
        kind: what they are.

    Returns:
        The same rows: known columns as text (missing where blank), those named `_on` as dates; source_row; `row_id`,
        the keys with a slash between them; `appearance`, which counts the rows of one id in file order (1 for the
        first); for each date `is_unreadable_X` (there is text, and it is no day) and `year_of_X`; and
        `is_out_of_order`, where the kind has a span that ends before it starts.
    """
    known = [c for c in kind.columns if c in raw.columns]
    typed = pd.DataFrame({c: trimmed(raw[c]) for c in known} | {"source_row": raw["source_row"]})
    row_id = typed[kind.keys[0]]
    for key in kind.keys[1:]:
        row_id = row_id + "/" + typed[key]
    appearance = row_id.groupby(row_id, sort=False).cumcount() + 1
    typed = typed.assign(row_id=row_id, appearance=appearance.where(row_id.notna(), 1))
    for column in (c for c in known if frames.is_date(c)):
        days = parse_days(typed[column])
        flags = {f"is_unreadable_{column}": typed[column].notna() & days.isna(), f"year_of_{column}": days.dt.year}
        typed = typed.assign(**{column: days} | flags)
    if kind.span and set(kind.span) <= set(known):
        typed = typed.assign(is_out_of_order=typed[kind.span[0]] > typed[kind.span[1]])
    return typed


def stored_rows(valid: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Valid typed rows with the columns and types of their table.

    Args:
        valid: from `type_rows`, without the rows that validation keeps out.
        kind: what they are.
    """
    rows = valid[[c for c in kind.columns if c in valid.columns]]
    numbers: dict[str, pd.Series[Any]] = {
        c: pd.to_numeric(rows[c]).astype("Int64") for c in NUMBERS if c in rows.columns
    }
    if "backfill" in rows.columns:
        answers = rows["backfill"].str.lower()
        numbers["is_backfill"] = answers.isin(YES).astype("boolean").mask(answers.isna())
    return rows.assign(**numbers).drop(columns="backfill", errors="ignore")


def type_fields(raw: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """The data fields of a file, one row per source row × field.

    Args:
        raw: canonical text columns and source_row.
        kind: what they are.

    Returns:
        source_row, relation_id, field, value, expires_on, has_value, has_expiry (whether the file has that
        column), is_unreadable (there is text where a date should stand, and it is none) and expires_year.
    """
    parts = []
    for field in field_names([c for c in raw.columns if c != "source_row"], kind):
        has_value, has_expiry = field in raw.columns, field + EXPIRES_ON in raw.columns
        blank = pd.Series(pd.NA, index=raw.index, dtype=frames.TEXT)
        text = trimmed(raw[field + EXPIRES_ON]) if has_expiry else blank
        expires_on = parse_days(text)
        part = {
            "source_row": raw["source_row"],
            "relation_id": trimmed(raw["relation_id"]),
            "field": pd.Series(field, index=raw.index, dtype=frames.TEXT),
            "value": trimmed(raw[field]) if has_value else blank,
            "expires_on": expires_on,
            "has_value": has_value,
            "has_expiry": has_expiry,
            "is_unreadable": text.notna() & expires_on.isna(),
            "expires_year": expires_on.dt.year,
        }
        parts.append(pd.DataFrame(part))
    if not parts:
        return frames.empty(
            ("source_row", "relation_id", "field", "value", "expires_on", "has_value", "has_expiry", "is_unreadable")
        ).assign(expires_year=pd.Series(dtype="float64"))
    return pd.concat(parts, ignore_index=True)


def trimmed(column: pd.Series) -> pd.Series:
    """Text without the blanks around it; missing where nothing else was there."""
    text = column.astype(frames.TEXT).str.strip(" \t\u00a0")
    return text.mask(text == "")


def parse_days(text: pd.Series, date_format: str = "%Y-%m-%d") -> pd.Series:
    """Dates of a text column.

    Args:
        text: one date a row in `date_format`, or missing.
        date_format: as strptime reads it.

    Returns:
        datetime64[s]; missing where there is no text or no such day (31 February).
    """
    if date_format == "%Y-%m-%d":
        text = text.where(text.str.fullmatch(ISO_DAY).fillna(False).astype(bool))
    return pd.to_datetime(text, format=date_format, errors="coerce").astype("datetime64[s]")
