"""Guesses the formats in which a column's dates are written, from its cells.

May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from tasks.domain.dates.date_formats import OFFSET, other_order
from tasks.domain.dates.parse_dates import ISO_DAY, matches, parse_days, parse_local, parse_serials, parse_zoned
from tasks.domain.definitions.profile import EXCEL, ISO
from tasks.domain.intake.date_doubts import YEAR_ALONE

DAYS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y")
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAY_FIRST = tuple(day + time for time in TIMES for day in DAYS)
MONTH_FIRST = {day_first: str(other_order(day_first)) for day_first in DAY_FIRST}
YEAR_FIRST = tuple(day + time for time in TIMES for day in ("%Y/%m/%d", "%Y%m%d", "%Y.%m.%d"))
NAMED = tuple(
    day + time
    for time in TIMES
    for day in ("%d %b %Y", "%d-%b-%Y", "%d. %b %Y", "%b %d, %Y", "%d %b %y", "%d-%b-%y", "%d %b, %Y", "%d/%b/%Y")
)
ZONED = tuple(
    date_format + zone
    for date_format in (*DAY_FIRST, *YEAR_FIRST, *MONTH_FIRST.values())
    if "%M" in date_format
    for zone in (OFFSET, " " + OFFSET)
)
FORMATS = (*DAY_FIRST, *YEAR_FIRST, *MONTH_FIRST.values(), EXCEL, *NAMED, *ZONED)
# What each directive looks like: formats that fit no cell are not tried.
LOOKS = {
    "%d": r"\d{1,2}", "%m": r"\d{1,2}", "%Y": r"\d{4}", "%y": r"\d{2}", "%b": r"[^\W\d_]{3,}\.?", "%H": r"\d{1,2}",
    "%I": r"\d{1,2}", "%M": r"\d{2}", "%S": r"\d{2}", "%p": r"[AaPp][Mm]", OFFSET: r"(?:Z|[+-]\d{2}(?::?\d{2})?)",
}  # fmt: skip
ZERO_DAY = "0000-00-00"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Guessed:
    """What is known about the cells of one column.

    Attributes:
        formats: the formats that read them, the one that reads most first; empty if there is nothing to read.
        unread: the number of cells that no format reads, and that are neither turned nor years.
        is_plain: whether every cell is already a date in ISO 8601.
        is_ambiguous: whether month and day could be exchanged.
        turned: the number of cells not read that are dates with day and month exchanged.
        years: the number of cells not read that hold only a year.
    """

    formats: list[str]
    unread: int = 0
    is_plain: bool = False
    is_ambiguous: bool = False
    turned: int = 0
    years: int = 0


def guess_formats(values: pd.Series) -> Guessed:
    """The fewest formats that read every date of a column; `values` are its filled cells."""
    left = values.loc[~values.str.startswith(ZERO_DAY)]
    if len(left) and matches(left, ISO_DAY).all():
        return Guessed([], is_plain=True)
    formats, is_ambiguous, refused = list[str](), False, set[str]()
    possible = [f for f in (ISO, *FORMATS) if _may_read(left, f)]
    while len(left):
        read = {f: _reads(left, f) for f in possible if f not in refused}
        if not read:
            break
        best = max(read, key=lambda date_format: int(read[date_format].sum()))
        if not read[best].any():
            break
        formats.append(best)
        other = other_order(best)
        is_ambiguous |= other is not None and bool(_reads(left, other).sum() == read[best].sum())
        # In a column read with the day first, no date is read with the month first even if it fits, and vice versa.
        refused |= {other} if other else set()
        left = left.loc[~read[best]]
    is_turned = pd.Series(False, index=left.index)
    for date_format in refused:
        is_turned |= _reads(left, date_format)
    is_year = matches(left, YEAR_ALONE) & ~is_turned
    unread = int((~is_turned & ~is_year).sum())
    return Guessed(formats, unread, is_ambiguous=is_ambiguous, turned=int(is_turned.sum()), years=int(is_year.sum()))


def _may_read(values: pd.Series, date_format: str) -> bool:
    if date_format in (ISO, EXCEL):
        return True
    pattern = re.sub(r"%[A-Za-z]", lambda directive: LOOKS[directive[0]], date_format.replace(".", r"\."))
    return bool(matches(values, pattern).any())


def _reads(values: pd.Series, date_format: str) -> pd.Series:
    if date_format == ISO:
        return parse_local(values, UTC).notna()
    if date_format == EXCEL:
        return parse_serials(values).notna() & ~matches(values, YEAR_ALONE)
    if date_format.endswith(OFFSET):
        return parse_zoned(values, date_format, UTC, is_day=True).notna()
    return parse_days(values, date_format).notna()
