"""The canonical shape of each kind of data: its columns, its key, and how raw text becomes typed frames.

May touch: numpy, pandas. Tests: tests/unit/test_canonical.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
        key: the id column.
        required: columns without which a file is not one of this kind.
        optional: further columns known by name.
        has_fields: whether any other column is a data field (`FIELD`, `FIELD.expires_on`).
    """

    name: str
    key: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    has_fields: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column known by name."""
        return self.required + self.optional


RELATIONS = Kind(
    "relations",
    "relation_id",
    ("relation_id", "type", "status", "name"),
    ("email", "language", "owner_id", "company_id"),
    has_fields=True,
)
USERS = Kind("users", "user_id", ("user_id", "email"), ("first_name", "last_name", "remind_minutes"))
KINDS = {kind.name: kind for kind in (RELATIONS, USERS)}


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
        The same rows: known columns as text (missing where blank), source_row, and `appearance`, which counts
        the rows of one id in file order (1 for the first).
    """
    known = [c for c in kind.columns if c in raw.columns]
    typed = pd.DataFrame({c: trimmed(raw[c]) for c in known} | {"source_row": raw["source_row"]})
    appearance = typed.groupby(kind.key, sort=False).cumcount() + 1
    return typed.assign(appearance=appearance.where(typed[kind.key].notna(), 1))


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
            "relation_id": trimmed(raw[kind.key]),
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
