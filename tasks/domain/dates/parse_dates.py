"""Days and instants out of text: ISO, any strptime format, and the serial numbers of spreadsheets.

A text that is none stays missing here, for validation to name.
May touch: numpy, pandas. Tests: tests/unit/dates/test_parse_dates.py.
"""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

ISO_DAY = r"\d{4}-\d{2}-\d{2}"
ISO_FORMAT = "%Y-%m-%d"
# A day, or an instant with or without its distance from UTC.
# PostgreSQL leaves out the minutes of an offset that has none.
OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
ISO_INSTANT = rf"{ISO_DAY}(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,9}})?)? ?{OFFSET}?)?"
ZONED = rf".*:\d{{2}}(?:\.\d{{1,9}})? ?{OFFSET}"
MIDNIGHT = rf"{ISO_DAY}[T ]00:00(?::00(?:\.0+)?)? ?{OFFSET}"
SERIAL = r"\d{2,7}(?:[.,]\d+)?"
# The first serial number on whose day spreadsheets agree with the calendar: they have a 29 February 1900, number 60.
FIRST_SERIAL, LAST_SERIAL = 61, 2_958_465  # 1900-03-01 and 9999-12-31
SERIAL_ZERO = np.datetime64("1899-12-30", "s")
SECONDS_A_DAY = 86_400
# Years whose instants can be moved between zones; others are no appointments.
FIRST_YEAR, LAST_YEAR = 1900, 2200
UTC = ZoneInfo("UTC")
INSTANT_FORMAT = "%Y-%m-%dT%H:%M:%S"


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


def parse_local_days(text: pd.Series, zone: ZoneInfo) -> pd.Series:
    """As `parse_local`, for a column of days: a midnight with an offset is the day as it is written.

    What a database holds as a day it often writes as midnight in UTC, which in the west of Greenwich is the evening of
    the day before.
    """
    local = parse_local(text, zone)
    is_midnight = matches(text, MIDNIGHT)
    if is_midnight.any():
        local.loc[is_midnight] = parse_days(text.loc[is_midnight].str.slice(0, len("2026-12-10")))
    return local


def parse_zoned(text: pd.Series, date_format: str, zone: ZoneInfo, is_day: bool) -> pd.Series:
    """Local wall-clock times of texts that end with their offset from UTC.

    Args:
        text: one instant a row, or missing.
        date_format: as strptime reads it, with %z at its end.
        zone: where the clock hangs.
        is_day: the column holds days: a midnight is the day as it is written.

    Returns:
        datetime64[s] without a zone; missing where there is no such day or hour.
    """
    whole = text.str.replace(r"([+-]\d{2})$", r"\g<1>00", regex=True)
    moved = pd.to_datetime(whole, format=date_format, errors="coerce", utc=True)
    moved = moved.where(_can_move(moved))
    local = moved.dt.tz_convert(zone).dt.tz_localize(None).astype("datetime64[s]")
    written = parse_days(
        whole.str.replace(rf"\s*{OFFSET}$", "", regex=True), date_format.removesuffix("%z").rstrip()
    ).where(local.notna())
    is_midnight = written.notna() & (written == written.dt.normalize())
    kept: pd.Series = local.mask(is_midnight, written) if is_day else local
    return kept


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
    is_zoned = matches(text, ISO_INSTANT) & matches(text, ZONED) & instants.notna()
    if is_zoned.any():
        # Not by way of the local hour: in the autumn it may be one of two.
        instants.loc[is_zoned] = parse_local(text.loc[is_zoned], UTC)
    return instants


def write_instants(local: pd.Series, exact: pd.Series, zone: ZoneInfo, is_utc: pd.Series) -> pd.Series:
    """Instants as ISO text that `parse_instants` reads back.

    Args:
        local: wall-clock times, missing where there is none.
        exact: the same in UTC where the source said so, else missing; written with its Z where the local hour alone
            would be read as another instant.
        zone: where the clock hangs.
        is_utc: which of `exact` are written in UTC in any case.
    """
    written: pd.Series = local.dt.strftime(INSTANT_FORMAT).astype("str")
    is_unsure = exact.notna() & (is_utc | (parse_instants(written, zone) != exact))
    return written.mask(is_unsure, exact.dt.strftime(INSTANT_FORMAT + "Z"))


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
