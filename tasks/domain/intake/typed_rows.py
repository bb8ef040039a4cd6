"""Typed rows: parses canonical text, and adds the columns that validation needs.

Law: every row that comes in goes out, in its place.
May touch: numpy, pandas. Tests: tests/unit/definitions/test_kinds.py.
"""

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.parse_dates import matches, parse_days, parse_instants
from tasks.domain.definitions.kinds import EXPIRES_ON, Kind, field_names
from tasks.domain.intake.ids import BLANKS
from tasks.domain.intake.language_names import CODE

NUMBERS = ("remind_minutes", "quantity")
# Boolean columns, and their names in the tables.
ANSWERS = {
    "backfill": "is_backfill",
    "send_notification": "is_notified",
    "notify_contact": "is_contact_notified",
    "do_not_mail": "is_opted_out",
}
YES = ("true", "yes", "oui", "ja", "1", "vrai", "waar", "y", "o", "j", "x", "on")


def type_rows(raw: pd.DataFrame, kind: Kind, zone: ZoneInfo) -> pd.DataFrame:
    """The columns known by name, trimmed and typed, with the columns that validation needs.

    Args:
        raw: canonical text columns and source_row; one row per source row.
        kind: the kind of the rows.
        zone: the firm's, for instants without an offset (T1).

    Returns:
        The same rows: known columns as text (missing where blank), those named `_on` as dates and `_at` as UTC
        instants; source_row; `row_id`, the keys joined with a slash; `appearance`, the number of the row among those
        with the same id, in file order (1 for the first); for each date or instant `is_unreadable_X` (there is text,
        but it is not a date) and `year_of_X`; `is_unknown_language` where the language is not recognised, and is
        emptied; and `is_out_of_order`, if the kind has a span, where it ends before it starts.
    """
    known = [c for c in kind.columns if c in raw.columns]
    typed = pd.DataFrame({c: trimmed(raw[c]) for c in known} | {"source_row": raw["source_row"]})
    if "language" in typed.columns:
        # Emptied so that the firm's language is used (M9); a relation is not quarantined for it.
        is_unknown = typed["language"].notna() & ~matches(typed["language"], CODE)
        typed = typed.assign(language=typed["language"].mask(is_unknown), is_unknown_language=is_unknown)
    row_id = typed[kind.keys[0]]
    for key in kind.keys[1:]:
        row_id = row_id + "/" + typed[key]
    appearance = row_id.groupby(row_id, sort=False).cumcount() + 1
    typed = typed.assign(row_id=row_id, appearance=appearance.where(row_id.notna(), 1))
    for column in (c for c in known if frames.is_date(c) or frames.is_instant(c)):
        days = parse_days(typed[column]) if frames.is_date(column) else parse_instants(typed[column], zone)
        flags = {f"is_unreadable_{column}": typed[column].notna() & days.isna(), f"year_of_{column}": days.dt.year}
        typed = typed.assign(**{column: days} | flags)
    if kind.span and set(kind.span) <= set(known):
        typed = typed.assign(is_out_of_order=typed[kind.span[0]] > typed[kind.span[1]])
    return typed


def stored_rows(valid: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Valid typed rows with the columns and types of their table.

    Args:
        valid: from `type_rows`, without the rows that validation quarantines.
        kind: the kind of the rows.
    """
    rows = valid[[c for c in kind.columns if c in valid.columns]]
    numbers: dict[str, pd.Series[Any]] = {
        c: pd.to_numeric(rows[c]).astype("Int64") for c in NUMBERS if c in rows.columns
    }
    for column in (c for c in ANSWERS if c in rows.columns):
        answers = rows[column].str.lower()
        numbers[ANSWERS[column]] = answers.isin(YES).astype("boolean").mask(answers.isna())
    return rows.assign(**numbers).drop(columns=list(ANSWERS), errors="ignore")


def find_repeats(rows: pd.DataFrame, typed: pd.DataFrame) -> pd.Series:
    """Whether each row repeats, in every cell, the first row with its id.

    Args:
        rows: canonical text columns and source_row.
        typed: the same rows (`type_rows`).
    """
    is_later = typed["appearance"] > 1
    if not is_later.any():
        return is_later
    cells = rows.drop(columns="source_row").fillna("").assign(row_id=typed["row_id"])
    first = cells.loc[typed["appearance"].eq(1) & cells["row_id"].isin(cells.loc[is_later, "row_id"])]
    as_first = first.set_index("row_id").reindex(cells.loc[is_later, "row_id"])
    said = cells.loc[is_later].drop(columns="row_id")
    is_same = (said.to_numpy() == as_first.to_numpy()).all(axis=1)
    return is_later & pd.Series(is_same, index=said.index).reindex(rows.index, fill_value=False)


def type_fields(raw: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """The data fields of a file, one row per source row × field.

    Args:
        raw: canonical text columns and source_row.
        kind: the kind of the rows.

    Returns:
        source_row, relation_id, field, value, expires_on, has_value, has_expiry (whether the file has that
        column), is_unreadable (there is text, but it is not a date) and expires_year.
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
    """Text without surrounding blanks; missing if nothing else is left."""
    text = column.astype(frames.TEXT)
    bare = text.str.strip(BLANKS)
    bare = bare.mask(bare == "")
    # Most columns need no trimming, and a second copy of all of them takes half a gigabyte per million rows.
    return text if bare.equals(text) else bare
