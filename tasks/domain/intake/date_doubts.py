"""Finds dates that a profile's formats may misread. It only reports them and never decides.

May touch: pandas. Tests: tests/unit/dates/test_date_formats.py.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pandas as pd

from tasks.domain.dates.date_formats import OFFSET, other_order
from tasks.domain.dates.parse_dates import MIDNIGHT, matches, parse_days, parse_local, parse_local_days, parse_serials
from tasks.domain.definitions.profile import EXCEL, ISO

ROWS_NAMED = 5
YEAR_ALONE = r"(?:19|20)\d{2}"


def doubt_dates(
    cells: pd.Series, formats: Sequence[str], source_row: pd.Series, column: str, zone: ZoneInfo
) -> list[str]:
    """One sentence for each way in which a column's dates may be misread.

    Args:
        cells: the column's text, missing where empty.
        formats: those in its rule, in order.
        source_row: of each cell.
        column: the canonical column, for the sentence.
        zone: the firm's.
    """
    doubts = _doubt_the_order(cells, formats, source_row, column)
    if EXCEL in formats:
        is_year = matches(cells, YEAR_ALONE) & parse_serials(cells).notna()
        if is_year.any():
            doubts.append(
                f"{column}: {int(is_year.sum()):,} cells hold a year alone ({_rows(is_year, source_row)}), which as a "
                "serial number is a day of 1905. Write the whole date."
            )
    if ISO in formats and not column.endswith("_at"):
        is_moved = matches(cells, MIDNIGHT) & (parse_local_days(cells, zone) != parse_local(cells, zone).dt.normalize())
        if is_moved.any():
            doubts.append(
                f"{column}: {int(is_moved.sum()):,} cells are midnight with an offset from UTC "
                f"({_rows(is_moved, source_row)}): the day as written is taken, not the day in {zone.key}."
            )
    return doubts


def _doubt_the_order(cells: pd.Series, formats: Sequence[str], source_row: pd.Series, column: str) -> list[str]:
    doubts = []
    plain = [f for f in formats if f not in (ISO, EXCEL) and not f.endswith(OFFSET)]
    for date_format in plain:
        other = other_order(date_format)
        if other is None or (other in plain and plain.index(other) < plain.index(date_format)):
            continue
        days, turned = parse_days(cells, date_format), parse_days(cells, other)
        is_either = days.notna() & turned.notna() & (days != turned)
        only_other = days.isna() & turned.notna()
        only_this = days.notna() & turned.isna()
        if only_other.any() and days.notna().any():
            doubts.append(
                f"{column}: {int(days.notna().sum()):,} cells fit {date_format} and {int(only_other.sum()):,} fit "
                f"{other} only ({_rows(only_other, source_row)}): day and month are not written in one order. "
                "Correct the source."
            )
        elif is_either.any() and not only_this.any():
            doubts.append(f"{column}: read by {date_format}; {other} would fit every cell as well.")
    return doubts


def _rows(mask: pd.Series, source_row: pd.Series) -> str:
    first = ", ".join(f"{n:,}" for n in source_row[mask].head(ROWS_NAMED))
    more = int(mask.sum()) - ROWS_NAMED
    return f"rows {first}" + (f" and {more:,} more" if more > 0 else "")
