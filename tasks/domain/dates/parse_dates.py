"""Parses dates and instants: ISO, any strptime format, and the serial numbers of spreadsheets.

A text that is not a date becomes missing here, and validation reports it.
May touch: numpy, pandas. Tests: tests/unit/dates/test_parse_dates.py.
"""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from tasks.domain.dates.month_names import english_months, has_month_name

ISO_DAY = r"\d{4}-\d{2}-\d{2}"
ISO_FORMAT = "%Y-%m-%d"
# A date, or an instant with or without its offset from UTC.
# PostgreSQL omits the minutes of an offset if they are zero.
OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
ISO_INSTANT = rf"{ISO_DAY}(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,9}})?)? ?{OFFSET}?)?"
ZONED = rf".*:\d{{2}}(?:\.\d{{1,9}})? ?{OFFSET}"
MIDNIGHT = rf"{ISO_DAY}[T ]00:00(?::00(?:\.0+)?)? ?{OFFSET}"
SERIAL = r"\d{2,7}(?:[.,]\d+)?"
# The first serial number on which spreadsheets agree with the calendar: they have a 29 February 1900, number 60.
FIRST_SERIAL, LAST_SERIAL = 61, 2_958_465  # 1900-03-01 and 9999-12-31
SERIAL_ZERO = np.datetime64("1899-12-30", "s")
SECONDS_A_DAY = 86_400
# Years in which instants can be converted between time zones; dates outside them are errors.
FIRST_YEAR, LAST_YEAR = 1900, 2200
UTC = ZoneInfo("UTC")
INSTANT_FORMAT = "%Y-%m-%dT%H:%M:%S"


def parse_days(text: pd.Series, date_format: str = ISO_FORMAT) -> pd.Series:
    """Parse a text column as dates.

    Args:
        text: one date per row in `date_format`, or missing.
        date_format: as strptime reads it; a month's name may be French, Dutch, German or English.

    Returns:
        datetime64[s]; missing where there is no text or no such date (31 February).
    """
    if date_format == ISO_FORMAT:
        text = text.where(matches(text, ISO_DAY))
    if has_month_name(date_format):
        text, date_format = english_months(text), date_format.replace("%B", "%b")
    days: pd.Series = pd.to_datetime(text, format=date_format, errors="coerce").astype("datetime64[s]")
    return days


def parse_local(text: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Parse ISO texts as local wall-clock times; a date alone is its midnight.

    Args:
        text: `2026-11-24`, `2026-11-24 09:30` or `2026-11-24T08:30:00Z` per row, or missing.
        zone: the local time zone, to which texts with an offset are converted (T1).

    Returns:
        datetime64[s] without a zone; missing where there is no such date or hour.
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
    """Like `parse_local`, for a column of dates: for a midnight with an offset, the date is taken as written.

    Databases often write a date as midnight in UTC, which west of Greenwich is the evening of the previous day.
    """
    local = parse_local(text, zone)
    is_midnight = matches(text, MIDNIGHT)
    if is_midnight.any():
        local.loc[is_midnight] = parse_days(text.loc[is_midnight].str.slice(0, len("2026-12-10")))
    return local


def parse_zoned(text: pd.Series, date_format: str, zone: ZoneInfo, is_day: bool) -> pd.Series:
    """Parse texts that end with their offset from UTC as local wall-clock times.

    Args:
        text: one instant per row, or missing.
        date_format: as strptime reads it, with %z at its end.
        zone: the local time zone.
        is_day: whether the column holds dates; then for a midnight the date is taken as written.

    Returns:
        datetime64[s] without a zone; missing where there is no such date or hour.
    """
    whole = text.str.replace(r"([+-]\d{2})$", r"\g<1>00", regex=True)
    if has_month_name(date_format):
        whole, date_format = english_months(whole), date_format.replace("%B", "%b")
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
    """Parse ISO texts as UTC instants; texts without an offset are local to `zone` (T1, T6).

    When clocks change, a repeated hour means its first occurrence, and a time in a skipped hour is what it would be
    without the change: 02:30 is 03:30.

    Returns:
        datetime64[s] in UTC but without a zone, as the tables hold instants.
    """
    local = parse_local(text, zone)
    local = local.where(_can_move(local))
    fixed = local.dt.tz_localize(zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="NaT")
    instants: pd.Series = fixed.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[s]")
    is_skipped = instants.isna() & local.notna()
    if is_skipped.any():
        exact = [time.to_pydatetime().replace(tzinfo=zone).astimezone(UTC) for time in local.loc[is_skipped]]
        instants.loc[is_skipped] = [pd.Timestamp(one.replace(tzinfo=None)) for one in exact]
    is_zoned = matches(text, ISO_INSTANT) & matches(text, ZONED) & instants.notna()
    if is_zoned.any():
        # Not converted by way of local time, which is ambiguous for an hour in autumn.
        instants.loc[is_zoned] = parse_local(text.loc[is_zoned], UTC)
    return instants


def write_instants(local: pd.Series, exact: pd.Series, zone: ZoneInfo, is_utc: pd.Series) -> pd.Series:
    """Write instants as ISO text that `parse_instants` reads back unchanged.

    Args:
        local: wall-clock times, missing where there is none.
        exact: the same in UTC if the source gave an offset, else missing; written with Z if the local time alone would
            be read as another instant.
        zone: the local time zone.
        is_utc: which of `exact` are always written in UTC.
    """
    written: pd.Series = local.dt.strftime(INSTANT_FORMAT).astype("str")
    is_unsure = exact.notna() & (is_utc | (parse_instants(written, zone) != exact))
    return written.mask(is_unsure, exact.dt.strftime(INSTANT_FORMAT + "Z"))


def parse_serials(text: pd.Series) -> pd.Series:
    """Parse a spreadsheet's serial numbers as local wall-clock times: days since 1899-12-30, hours as a fraction.

    Returns:
        datetime64[s], to the second; missing where the text is not such a number.
    """
    numbers = pd.to_numeric(text.where(matches(text, SERIAL)).str.replace(",", "."), errors="coerce").astype("float64")
    numbers = numbers.where((numbers >= FIRST_SERIAL) & (numbers < LAST_SERIAL + 1))
    seconds = np.rint(numbers.fillna(0).to_numpy() * SECONDS_A_DAY).astype("timedelta64[s]")
    times: pd.Series = pd.Series(SERIAL_ZERO + seconds, index=text.index).where(numbers.notna())
    return times


def matches(text: pd.Series, pattern: str) -> pd.Series:
    """Whether each whole text matches a pattern; False for a missing one."""
    is_match: pd.Series = text.str.fullmatch(pattern).fillna(False).astype(bool)
    return is_match


def _can_move(times: pd.Series) -> pd.Series:
    can_move: pd.Series = times.dt.year.between(FIRST_YEAR, LAST_YEAR)
    return can_move
