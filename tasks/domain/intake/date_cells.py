"""Dates in cells: text in the profile's formats becomes ISO dates, or local instants.

May touch: pandas. Tests: tests/unit/definitions/test_profile.py, tests/unit/intake/test_reshape.py.
"""

from zoneinfo import ZoneInfo

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.date_formats import OFFSET
from tasks.domain.dates.parse_dates import (
    ISO_FORMAT,
    UTC,
    ZONED,
    matches,
    parse_days,
    parse_local,
    parse_local_days,
    parse_serials,
    parse_zoned,
    write_instants,
)
from tasks.domain.definitions.profile import EXCEL, ISO
from tasks.domain.intake.repairs import RepairBook

ZERO_DATE = r"0{4}-00-00(?:[T ]00:00(?::00(?:\.0+)?)?)?"


def as_iso(found: pd.Series, name: str, formats: list[str], zone: ZoneInfo, book: RepairBook) -> pd.Series:
    """ISO dates, or local instants in an `_at` column; what fits no format is unchanged, and validation reports it."""
    is_zero = matches(found, ZERO_DATE)
    book.note(name, "zero_date", is_zero)
    found = found.mask(is_zero)
    read = pd.Series(pd.NaT, index=found.index, dtype=frames.DATE)
    for date_format in formats:
        fresh = read.isna() & found.notna()
        if fresh.any():
            parsed = _parse(found.where(fresh), date_format, zone, is_day=not name.endswith("_at"))
            book.note(
                name, _repair_of(date_format), fresh & parsed.notna() & _is_news(found, parsed, name, date_format)
            )
            read = read.fillna(parsed)
    if name.endswith("_at"):
        iso = parse_local(found.where(matches(found, ZONED)), UTC)
        by_format = _with_offset(found, formats)
        written = write_instants(read, iso.fillna(by_format), zone, is_utc=by_format.notna())
    else:
        written = read.dt.strftime(ISO_FORMAT)
    kept: pd.Series = written.astype(frames.TEXT).where(read.notna(), found)
    return kept


def _with_offset(found: pd.Series, formats: list[str]) -> pd.Series:
    """UTC instants of the cells that a format with an offset reads; missing for the others."""
    exact = pd.Series(pd.NaT, index=found.index, dtype=frames.DATE)
    for date_format in (f for f in formats if f.endswith(OFFSET)):
        exact = exact.fillna(parse_zoned(found, date_format, UTC, is_day=False))
    return exact


def _parse(found: pd.Series, date_format: str, zone: ZoneInfo, is_day: bool) -> pd.Series:
    if date_format == ISO:
        return parse_local_days(found, zone) if is_day else parse_local(found, zone)
    if date_format.endswith(OFFSET):
        return parse_zoned(found, date_format, zone, is_day)
    return parse_serials(found) if date_format == EXCEL else parse_days(found, date_format)


def _repair_of(date_format: str) -> str:
    return {ISO: "date_of_instant", EXCEL: "serial_date"}.get(date_format, "date_format")


def _is_news(found: pd.Series, parsed: pd.Series, name: str, date_format: str) -> pd.Series:
    """Whether the stored date differs from the text: an ISO date is not a correction, nor is an instant in `_at`."""
    if date_format == ISO and name.endswith("_at"):
        return pd.Series(False, index=found.index)
    if date_format not in (ISO, ISO_FORMAT):
        return pd.Series(True, index=found.index)
    is_other: pd.Series = found != parsed.dt.strftime(ISO_FORMAT)
    return is_other
