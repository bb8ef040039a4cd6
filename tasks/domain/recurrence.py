"""The one recurrence engine: which periods of which rows are planned, and when they are due (T2–T5).

Occurrence k is `first + k × frequency`, always counted from the first date, never from the one before, so that
month ends clamp and do not drift. Dates are local days: daylight saving plays no part.
May touch: numpy, pandas. Tests: tests/unit/test_recurrence.py; slow twin: tests/reference.py.
"""

import re
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import pandas as pd

from tasks.domain.workdays import Workdays

Days = np.ndarray  # datetime64[D], NaT where there is no date
Numbers = np.ndarray  # int64

NAMED = {
    "weekly": (7, False),
    "monthly": (1, True),
    "bimonthly": (2, True),
    "quarterly": (3, True),
    "semiannual": (6, True),
    "yearly": (12, True),
    "none": (0, False),
}
EVERY = re.compile(r"every ([1-9]\d{0,3}) (day|week|month|year)s?")
UNITS = {"day": (1, False), "week": (7, False), "month": (1, True), "year": (12, True)}

# No run of days off is longer; `adjust: previous` may bring a period into reach by as much.
LONGEST_ADJUSTMENT = 15
DAYS_IN_THE_SHORTEST_MONTH = 28
NO_HOLIDAYS = Workdays()
MONTHS, DAYS = "datetime64[M]", "datetime64[D]"


class FrequencyError(ValueError):
    """A frequency that is none; the message says which there are."""


@dataclass(frozen=True)
class Frequency:
    """A step of whole days or of whole months; a step of 0 does not recur."""

    step: int
    is_monthly: bool

    @classmethod
    def parse(cls, text: str) -> "Frequency":
        """Read a frequency as contract.md writes it.

        Raises:
            FrequencyError: naming what was written and what there is.
        """
        if text in NAMED:
            return cls(*NAMED[text])
        found = EVERY.fullmatch(text)
        if found is None:
            raise FrequencyError(
                f"{text!r} is no frequency; write {', '.join(NAMED)}, or `every N days|weeks|months|years`"
            )
        size, is_monthly = UNITS[found[2]]
        return cls(int(found[1]) * size, is_monthly)


def checked_frequency(text: str) -> str:
    """The same text, if it is a frequency.

    Raises:
        FrequencyError: as `Frequency.parse`.
    """
    Frequency.parse(text)
    return text


@dataclass(frozen=True)
class Series:
    """Recurring dates, one row each: all arrays have one length.

    Attributes:
        first: the first date; NaT gives no period.
        step: days or months from one period to the next; 0 does not recur.
        is_monthly: whether step counts months.
        is_last_day: whether each period falls on its month's last day (`month_end: last_day`), the first included.
        since: the first day on which a period may fall, inclusive; NaT for all from the first date on.
        until: the last day on which a period may fall, inclusive (T4); NaT for no end.
        quantity: how many periods there are at most; a row that does not recur has that many of the one date.
    """

    first: Days
    step: Numbers
    is_monthly: np.ndarray
    is_last_day: np.ndarray
    since: Days
    until: Days
    quantity: Numbers

    def take(self, rows: np.ndarray) -> "Series":
        """The rows at these positions, or where a mask says so."""
        return Series(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True)
class Placing:
    """How a period's date becomes a due day and a planning day; the same for all rows of a schedule.

    Attributes:
        offset_days: from the period's date to the due day (T3).
        lead_days: from the planning day to the due day.
        adjust: `none`, `previous` or `next`: off weekends and holidays (T5).
        workdays: the firm's.
    """

    offset_days: int = 0
    lead_days: int = 0
    adjust: Literal["none", "previous", "next"] = "none"
    workdays: Workdays = NO_HOLIDAYS

    def due_on(self, dates: Days) -> Days:
        """Due days of period dates."""
        moved = dates + np.timedelta64(self.offset_days, "D")
        if self.adjust == "none":
            return moved
        rolled = self.workdays.roll(pd.Series(moved.astype("datetime64[s]")), self.adjust)
        return rolled.to_numpy().astype(DAYS)


@dataclass(frozen=True)
class Periods:
    """Planned periods. Grain: one row of the series × one period; sorted by row, then period.

    Attributes:
        row: position in the series.
        period: its number, 0 for the first.
        date: the period's own date, before offset and adjustment.
        due_on, planned_on: as Placing says.
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
        floor: per row the first due day that counts; NaT for no floor.
        as_of: the day of the question: a period is in when planned_on <= as_of.

    Returns:
        Every such period; cost is linear in rows plus periods returned.
    """
    reach = as_of + np.timedelta64(placing.lead_days - placing.offset_days + _slack(placing), "D")
    from_period, to_period = _bounds(series, _lowest(series, placing, floor), np.fmin(series.until, reach))
    counts = np.where(np.isnat(series.first), 0, np.maximum(to_period - from_period + 1, 0))
    row = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    period = np.arange(len(row)) - np.repeat(starts - from_period, counts)
    date = dates_of(series, row, period)
    due_on = placing.due_on(date)
    planned_on = due_on - np.timedelta64(placing.lead_days, "D")
    keep = (planned_on <= as_of) & _counts(series, row, date, due_on, floor)
    return Periods(row[keep], period[keep], date[keep], due_on[keep], planned_on[keep])


def dates_of(series: Series, row: Numbers, period: Numbers) -> Days:
    """Date of each (row, period): `first + period × step`, clamped to the month's last day (T2)."""
    first = series.first[row]
    shift = period * series.step[row]
    by_days: Days = first + shift.astype("timedelta64[D]")
    is_monthly, is_last_day = series.is_monthly[row], series.is_last_day[row]
    if not (is_monthly.any() or is_last_day.any()):
        return by_days
    first_month = first.astype(MONTHS)
    month = first_month + np.where(is_monthly, shift, 0).astype("timedelta64[M]")
    month_start = month.astype(DAYS)
    last_day = (month + np.timedelta64(1, "M")).astype(DAYS) - np.timedelta64(1, "D")
    clamped = np.minimum(month_start + (first - first_month.astype(DAYS)), last_day)
    by_months = np.where(is_last_day, last_day, clamped)
    return np.where(is_monthly | (is_last_day & (series.step[row] == 0)), by_months, by_days)


def next_periods(series: Series, placing: Placing, floor: Days) -> Periods:
    """The first period of each row that counts, planned or not: what `explain` and the report show.

    Args:
        series: the recurring dates.
        placing: offset, lead and adjustment.
        floor: per row the first due day that counts; NaT for no floor.

    Returns:
        One period per row, in the rows' order; its dates are NaT where there is none.
    """
    lowest = _lowest(series, placing, floor)
    low, high = _bounds(series, lowest, series.until)
    # The lower bound is at most one period too early, and by as many as an adjustment can span.
    step_days = np.maximum(series.step, 1) * np.where(series.is_monthly, DAYS_IN_THE_SHORTEST_MONTH, 1)
    width = 2 + -(-_slack(placing) // int(step_days.min(initial=LONGEST_ADJUSTMENT)))
    row = np.repeat(np.arange(len(low)), width)
    period = np.repeat(low, width) + np.tile(np.arange(width), len(low))
    date = dates_of(series, row, period)
    due_on = placing.due_on(date)
    fits = (period <= high[row]) & ~np.isnat(date) & _counts(series, row, date, due_on, floor)
    first_fit = fits.reshape(-1, width).argmax(axis=1) + np.arange(len(low)) * width
    nowhere = np.where(fits[first_fit], np.timedelta64(0, "D"), np.timedelta64("NaT", "D"))
    due_on = due_on[first_fit] + nowhere
    planned_on = due_on - np.timedelta64(placing.lead_days, "D")
    return Periods(row[first_fit], period[first_fit], date[first_fit] + nowhere, due_on, planned_on)


def _lowest(series: Series, placing: Placing, floor: Days) -> Days:
    """The earliest period date that can count."""
    lowest: Days = np.fmax(series.since, floor - np.timedelta64(placing.offset_days + _slack(placing), "D"))
    return lowest


def _counts(series: Series, row: Numbers, date: Days, due_on: Days, floor: Days) -> np.ndarray:
    """Whether each period lies within its series. NaT compares false: no floor and no end let everything through."""
    within: np.ndarray = ~(due_on < floor[row]) & ~(date < series.since[row]) & ~(date > series.until[row])
    return within


def _slack(placing: Placing) -> int:
    return 0 if placing.adjust == "none" else LONGEST_ADJUSTMENT


def _bounds(series: Series, lowest: Days, last: Days) -> tuple[Numbers, Numbers]:
    """Period numbers between which each row's dates lie within [lowest, last], perhaps one too many at either end."""
    step = np.maximum(series.step, 1)
    high = np.floor_divide(_distance(series, last), step)
    low = -np.floor_divide(-_distance(series, lowest), step)
    low = np.where(np.isnat(lowest), 0, np.maximum(low, 0))
    high = np.where(np.isnat(last), np.iinfo(np.int64).max // 2, high)
    once = series.step == 0
    within = ~(series.first > last)
    high = np.where(once, np.where(within, series.quantity - 1, -1), np.minimum(high, series.quantity - 1))
    return np.where(once, 0, low), high


def _distance(series: Series, until: Days) -> Numbers:
    """Whole days or months from each row's first date to another; 0 where that is missing."""
    in_days = (until - series.first).astype("int64")
    in_months = (until.astype(MONTHS) - series.first.astype(MONTHS)).astype("int64")
    return np.where(np.isnat(until), 0, np.where(series.is_monthly, in_months, in_days))
