"""In which formats a column's dates are written, as far as its cells tell.

May touch: pandas. Tests: tests/integration/test_guess.py.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from tasks.domain.dates_of_text import ISO_DAY, matches, parse_days, parse_local, parse_serials
from tasks.domain.mapping import EXCEL, ISO

FORMATS = (
    "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%m-%d-%Y", EXCEL,
)  # fmt: skip
MONTH_FIRST = {"%d/%m/%Y": "%m/%d/%Y", "%d-%m-%Y": "%m-%d-%Y"}
ZERO_DAY = "0000-00-00"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Guessed:
    """What the cells of one column tell.

    Attributes:
        formats: those that read them, the one that reads most first; none where there is nothing to read.
        unread: how many cells none of them reads.
        is_plain: every cell is a day in ISO 8601 already.
        is_ambiguous: month and day might as well stand the other way round.
    """

    formats: list[str]
    unread: int = 0
    is_plain: bool = False
    is_ambiguous: bool = False


def guess_formats(values: pd.Series) -> Guessed:
    """The fewest formats that read every date of a column; `values` are its filled cells."""
    left = values.loc[~values.str.startswith(ZERO_DAY)]
    if len(left) and matches(left, ISO_DAY).all():
        return Guessed([], is_plain=True)
    formats, is_ambiguous = list[str](), False
    while len(left):
        read = {date_format: _reads(left, date_format) for date_format in (ISO, *FORMATS)}
        best = max(read, key=lambda date_format: int(read[date_format].sum()))
        if not read[best].any():
            break
        formats.append(best)
        other = MONTH_FIRST.get(best)
        is_ambiguous |= other is not None and bool(read[other].sum() == read[best].sum())
        left = left.loc[~read[best]]
    return Guessed(formats, len(left), is_ambiguous=is_ambiguous)


def _reads(values: pd.Series, date_format: str) -> pd.Series:
    if date_format == ISO:
        return parse_local(values, UTC).notna()
    return (parse_serials(values) if date_format == EXCEL else parse_days(values, date_format)).notna()
