"""The recurrence engine: which periods of which rows are planned, and when they are due (T2–T5).

Occurrence k is `first + k × frequency`, always counted from the first date, never from the previous one, so that
month ends clamp and do not drift (tasks/domain/dates/month_line.py). Dates are local dates; daylight saving has no
effect.
May touch: numpy. Tests: tests/unit/dates/test_recurrence.py; slow twin: tests/harness/reference.py.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from tasks.domain.dates.month_line import EARLIEST, LATEST, Line
from tasks.domain.dates.workdays import Workdays

Days = np.ndarray  # datetime64[D], NaT where there is no date
Numbers = np.ndarray  # int64
# No run of days off is longer; `adjust: previous` may move a due date forward by as much.
LONGEST_ADJUSTMENT = 15
NO_HOLIDAYS = Workdays()
NO_DATE = np.datetime64("NaT", "D")
# Small enough that a block's arrays fit into a processor's cache; memory grows only with the number of periods.
ROWS_A_BLOCK = 65_536


@dataclass(frozen=True)
class Series:
    """Recurring dates, one row each; all arrays have the same length.

    Attributes:
        first: the first date; NaT gives no period.
        step: days or months from one period to the next; 0 does not recur.
        is_monthly: whether step counts months.
        is_last_day: whether each period, including the first, is on its month's last day (`month_end: last_day`).
        since: the first date on which a period may be, inclusive; NaT for no limit after the first date.
        until: the last date on which a period may be, inclusive (T4); NaT for no end.
        quantity: the maximum number of periods; a row that does not recur has that many on its one date.
    """

    first: Days
    step: Numbers
    is_monthly: np.ndarray
    is_last_day: np.ndarray
    since: Days
    until: Days
    quantity: Numbers

    def take(self, rows: np.ndarray | slice) -> "Series":
        """The rows at these positions, or selected by a mask."""
        return Series(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True)
class Placing:
    """How a period's date becomes a due date and a planning date; the same for all rows of a schedule.

    Attributes:
        offset_days: from the period's date to the due date (T3).
        lead_days: from the planning date to the due date.
        adjust: `none`, `previous` or `next`: moves due dates off weekends and holidays (T5).
        workdays: the firm's.
    """

    offset_days: int = 0
    lead_days: int = 0
    adjust: Literal["none", "previous", "next"] = "none"
    workdays: Workdays = NO_HOLIDAYS

    def due_on(self, dates: Days) -> Days:
        """The due dates for period dates."""
        moved = dates + np.timedelta64(self.offset_days, "D")
        if self.adjust == "none":
            return moved
        return self.workdays.roll_days(moved, self.adjust)


@dataclass(frozen=True)
class Periods:
    """Planned periods. Grain: one row of the series × one period; sorted by row, then period.

    Attributes:
        row: position in the series.
        period: its number, 0 for the first.
        date: the period's own date, before offset and adjustment.
        due_on, planned_on: computed with Placing.
    """

    row: Numbers
    period: Numbers
    date: Days
    due_on: Days
    planned_on: Days


def planned_periods(series: Series, placing: Placing, floor: Days, as_of: np.datetime64) -> Periods:
    """The periods planned by as_of and not due before the floor.

    Args:
        series: the recurring dates.
        placing: offset, lead and adjustment.
        floor: per row the earliest due date, compared with the due date before adjustment, so that `adjust` never
            excludes a period (T5, P4); NaT for no floor.
        as_of: periods with planned_on <= as_of are included.

    Returns:
        Every such period; the cost is linear in rows plus periods returned.
    """
    blocks = [slice(start, start + ROWS_A_BLOCK) for start in range(0, max(len(floor), 1), ROWS_A_BLOCK)]
    with ThreadPoolExecutor() as threads:  # numpy releases the interpreter's lock while it computes
        parts = threads.map(lambda rows: _within_reach(series, placing, floor, as_of, rows), blocks)
        row, period, date = threads.map(np.concatenate, zip(*parts, strict=True))
    due_on = placing.due_on(date)
    planned_on = due_on - np.timedelta64(placing.lead_days, "D")
    if placing.adjust == "none":
        return Periods(row, period, date, due_on, planned_on)
    keep = planned_on <= as_of
    return Periods(row[keep], period[keep], date[keep], due_on[keep], planned_on[keep])


def _within_reach(
    series: Series, placing: Placing, floor: Days, as_of: np.datetime64, rows: slice
) -> tuple[Numbers, Numbers, Days]:
    """Row, period and date of the planned periods, and of later ones that an adjustment might make planned."""
    block = series.take(rows)
    line = _line(block)
    reach = as_of + np.timedelta64(placing.lead_days - placing.offset_days + _slack(placing), "D")
    low, high = line.between(_lowest(block, placing, floor[rows]), np.fmin(block.until, reach), block.quantity)
    counts = np.maximum(high - low + 1, 0)
    row = np.repeat(np.arange(len(counts)), counts)
    period = np.arange(len(row)) + (low - (np.cumsum(counts) - counts))[row]
    return row + rows.start, period, line.dates(row, period)


def dates_of(series: Series, row: Numbers, period: Numbers) -> Days:
    """The date of each (row, period): `first + period × step`, clamped to the month's last day (T2)."""
    return np.where(np.isnat(series.first)[row], NO_DATE, _line(series).dates(row, period))


def next_periods(series: Series, placing: Placing, floor: Days) -> Periods:
    """The first period of each row that is not due before the floor, planned or not; for `explain` and the report.

    Args:
        series: the recurring dates.
        placing: offset, lead and adjustment.
        floor: per row the earliest due date, as in `planned_periods`.

    Returns:
        One period per row, in the rows' order; its dates are NaT if there is none.
    """
    line = _line(series)
    low, high = line.between(_lowest(series, placing, floor), np.fmin(series.until, LATEST), series.quantity)
    row = np.arange(len(low))
    date = np.where(low <= high, line.dates(row, low), NO_DATE)
    due_on = placing.due_on(date)
    return Periods(row, low, date, due_on, due_on - np.timedelta64(placing.lead_days, "D"))


def _line(series: Series) -> Line:
    return Line.of(series.first, series.step, series.is_monthly, series.is_last_day)


def _lowest(series: Series, placing: Placing, floor: Days) -> Days:
    """The earliest possible date of a period."""
    not_before = floor - np.timedelta64(placing.offset_days, "D")
    lowest: Days = np.fmax(np.fmax(series.since, not_before), EARLIEST)
    return lowest


def _slack(placing: Placing) -> int:
    return 0 if placing.adjust == "none" else LONGEST_ADJUSTMENT
