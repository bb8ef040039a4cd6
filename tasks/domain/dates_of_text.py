"""Days and instants out of text: ISO, any strptime format, and the serial numbers of spreadsheets.

A text that is none stays missing here, for validation to name.
May touch: numpy, pandas. Tests: tests/unit/test_dates_of_text.py.
"""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

ISO_DAY = r"\d{4}-\d{2}-\d{2}"
ISO_FORMAT = "%Y-%m-%d"
# A day, or an instant with or without its distance from UTC.
ISO_INSTANT = rf"{ISO_DAY}(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,9}})?)? ?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
ZONED = r".*:\d{2}(?:\.\d{1,9})? ?(?:Z|[+-]\d{2}:?\d{2})"
SERIAL = r"\d{2,7}(?:[.,]\d+)?"
# The first serial number on whose day spreadsheets agree with the calendar: they have a 29 February 1900, number 60.
FIRST_SERIAL, LAST_SERIAL = 61, 2_958_465  # 1900-03-01 and 9999-12-31
SERIAL_ZERO = np.datetime64("1899-12-30", "s")
SECONDS_A_DAY = 86_400
# Years whose instants can be moved between zones; others are no appointments.
FIRST_YEAR, LAST_YEAR = 1900, 2200


def parse_days(text: pd.Series, date_format: str = ISO_FORMAT) -> pd.Series:
    """Dates of a text column.

    Args:
        text: one date a row in `date_format`, or missing.
        date_format: as strptime reads it.

    Returns:
        datetime64[s]; missing where there is no text or no such day (31 February).
    """
    if date_format == ISO_FORMAT:
        text = text.where(matches(text, ISO_DAY))
    days: pd.Series = pd.to_datetime(text, format=date_format, errors="coerce").astype("datetime64[s]")
    return days


def parse_local(text: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Local wall-clock times of ISO texts; a day alone is its midnight.

    Args:
        text: `2026-11-24`, `2026-11-24 09:30` or `2026-11-24T08:30:00Z` a row, or missing.
        zone: where the clock hangs; what has a distance from UTC is moved there (T1).

    Returns:
        datetime64[s] without a zone; missing where there is no such day or hour.
    """
    is_iso = matches(text, ISO_INSTANT)
    is_zoned = is_iso & matches(text, ZONED)
    local = pd.to_datetime(text.where(is_iso & ~is_zoned), format="ISO8601", errors="coerce").astype("datetime64[s]")
    if is_zoned.any():
        moved = pd.to_datetime(text.loc[is_zoned], format="ISO8601", errors="coerce", utc=True)
        moved = moved.where(_can_move(moved))
        local.loc[is_zoned] = moved.dt.tz_convert(zone).dt.tz_localize(None).astype("datetime64[s]")
    return local


def parse_instants(text: pd.Series, zone: ZoneInfo) -> pd.Series:
    """UTC instants of ISO texts, which are local to `zone` where they do not say otherwise (T1, T6).

    An hour that a change of the clock repeats is taken at its first passing, one that it skips at its end.

    Returns:
        datetime64[s], UTC without saying so, as the tables hold instants.
    """
    local = parse_local(text, zone)
    local = local.where(_can_move(local))
    fixed = local.dt.tz_localize(zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward")
    instants: pd.Series = fixed.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[s]")
    return instants


def parse_serials(text: pd.Series) -> pd.Series:
    """Local wall-clock times of a spreadsheet's serial numbers: days since 1899-12-30, hours as a fraction.

    Returns:
        datetime64[s], to the second; missing where the text is no such number.
    """
    numbers = pd.to_numeric(text.where(matches(text, SERIAL)).str.replace(",", "."), errors="coerce").astype("float64")
    numbers = numbers.where((numbers >= FIRST_SERIAL) & (numbers < LAST_SERIAL + 1))
    seconds = np.rint(numbers.fillna(0).to_numpy() * SECONDS_A_DAY).astype("timedelta64[s]")
    times: pd.Series = pd.Series(SERIAL_ZERO + seconds, index=text.index).where(numbers.notna())
    return times


def matches(text: pd.Series, pattern: str) -> pd.Series:
    """Whether each text is wholly of a pattern; a missing one is not."""
    is_match: pd.Series = text.str.fullmatch(pattern).fillna(False).astype(bool)
    return is_match


def _can_move(times: pd.Series) -> pd.Series:
    can_move: pd.Series = times.dt.year.between(FIRST_YEAR, LAST_YEAR)
    return can_move
