"""Recurring dates as positions on a line of integers, so that period k is at `start + k × stride` (T2).

Steps of days use a line of days. Steps of months use a line of slots, 32 to each month: a month's days take the first
slots, and the remaining slots stand for its last day. On that line every month has the same length, and month ends
clamp when a slot is converted to a day. Both lines count from 1970-01-01 and may be negative.
May touch: numpy. Tests: tests/unit/dates/test_month_line.py.
"""

from dataclasses import dataclass

import numpy as np

Days = np.ndarray  # datetime64[D]
Numbers = np.ndarray  # int64
DAYS = "datetime64[D]"
# Stand-ins for a missing date, so that all positions are numbers; a row that never begins, begins after every end.
EARLIEST, LATEST, NEVER = np.array(["0001-01-01", "9999-12-31", "10000-01-01"], DAYS)
SLOTS = 32
LAST_SLOT = SLOTS - 1  # of a month, whatever its length
# The Gregorian calendar repeats after 400 years, so tables of that length hold for every date.
CYCLE_MONTHS, CYCLE_DAYS = 4_800, 146_097
CYCLE_SLOTS = CYCLE_MONTHS * SLOTS


@dataclass(frozen=True)
class Line:
    """The positions of each row's periods.

    Attributes:
        start: position of period 0.
        stride: distance from one period to the next; 0 does not recur.
        in_slots: indexes of the rows on the line of slots; the others are on the line of days.
        is_in_slots: the same, as a mask over all rows.
    """

    start: Numbers
    stride: Numbers
    in_slots: Numbers
    is_in_slots: np.ndarray

    @classmethod
    def of(cls, first: Days, step: Numbers, is_monthly: np.ndarray, is_last_day: np.ndarray) -> "Line":
        """The line of each row; the arguments are as in `Series`."""
        is_in_slots = is_monthly | (is_last_day & (step == 0))
        in_slots = np.flatnonzero(is_in_slots)
        start = _numbers(np.fmin(first, NEVER))
        slots = slots_of(start[in_slots])
        start[in_slots] = np.where(is_last_day[in_slots], slots | LAST_SLOT, slots)
        return cls(start, step * np.where(is_in_slots, SLOTS, 1), in_slots, is_in_slots)

    def dates(self, row: Numbers, period: Numbers) -> Days:
        """The date of each (row, period)."""
        days: Numbers = self.start[row] + period * self.stride[row]
        at = np.flatnonzero(self.is_in_slots[row])
        days[at] = days_of(days[at])
        return days.view(DAYS)

    def between(self, lowest: Days, last: Days, quantity: Numbers) -> tuple[Numbers, Numbers]:
        """First and last of each row's `quantity` periods within [lowest, last]; last is before first if none is.

        Neither date may be missing. For a row that does not recur, either all periods are within, or none.
        """
        to_lowest, to_last = _numbers(lowest), _numbers(last)
        to_lowest[self.in_slots] = slots_of(to_lowest[self.in_slots])
        # If the last day is the end of a month, all slots of that month are included.
        to_last[self.in_slots] = slots_of(to_last[self.in_slots] + 1) - 1
        to_lowest -= self.start
        to_last -= self.start
        stride = np.maximum(self.stride, 1)
        low, high = np.maximum(np.ceil(to_lowest / stride), 0), np.floor(to_last / stride)
        once = np.flatnonzero(self.stride == 0)
        low[once] = 0
        high[once] = np.where((to_lowest[once] <= 0) & (to_last[once] >= 0), np.inf, -1)
        return low.astype("int64"), np.minimum(high, quantity - 1).astype("int64")


def slots_of(days: Numbers) -> Numbers:
    """The slot of each day."""
    cycle = days // CYCLE_DAYS
    slots: Numbers = SLOT_OF_DAY[days - cycle * CYCLE_DAYS] + cycle * CYCLE_SLOTS
    return slots


def days_of(slots: Numbers) -> Numbers:
    """The day of each slot, clamped to the last day of its month."""
    cycle = slots // CYCLE_SLOTS
    days: Numbers = DAY_OF_SLOT[slots - cycle * CYCLE_SLOTS] + cycle * CYCLE_DAYS
    return days


def _numbers(days: Days) -> Numbers:
    return days.astype(DAYS, copy=False).astype("int64")


def _tables() -> tuple[Numbers, Numbers]:
    """The slot of each day, and the day of each slot, for one cycle of the calendar."""
    month_starts = np.arange(CYCLE_MONTHS + 1).astype("datetime64[M]").astype(DAYS).astype("int64")
    lengths = np.diff(month_starts)
    month = np.repeat(np.arange(CYCLE_MONTHS), lengths)
    slot_of_day = month * SLOTS + np.arange(CYCLE_DAYS) - month_starts[month]
    day_in_month = np.minimum(np.arange(SLOTS), lengths[:, None] - 1)
    return slot_of_day, (month_starts[:-1, None] + day_in_month).ravel()


SLOT_OF_DAY, DAY_OF_SLOT = _tables()
