"""Working days: weekends and the firm's public holidays, over whole columns of dates (T5).

May touch: numpy, pandas. Tests: tests/unit/dates/test_workdays.py.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from tasks.domain.dates.public_holidays import holidays_of

Dates = np.ndarray  # datetime64[D]; NaT where there is none
EVERY_DAY, MONDAY_TO_FRIDAY = "1111111", "1111100"


@dataclass(frozen=True)
class Workdays:
    """Defines which days are working days.

    Attributes:
        holidays: country[-subdivision] code, or None for a firm that observes no public holidays.
        weekends: whether Saturday and Sunday are days off.
    """

    holidays: str | None = None
    weekends: bool = True

    def roll(self, dates: pd.Series, towards: Literal["none", "previous", "next"]) -> pd.Series:
        """Move each date that is a day off to the nearest working day.

        Args:
            dates: datetime64, NaT where there is no date.
            towards: `previous`, `next`, or `none` to leave all dates unchanged.

        Returns:
            Dates with the same index; working days and NaT are unchanged, and no row is dropped.
        """
        if towards == "none" or dates.isna().all():
            return dates
        days = self.roll_days(dates.to_numpy().astype("datetime64[D]"), towards)
        return pd.Series(days.astype("datetime64[s]"), index=dates.index, name=dates.name)

    def roll_days(self, days: Dates, towards: Literal["previous", "next"]) -> Dates:
        """Like `roll`, for an array."""
        known = ~np.isnat(days)
        some = days[known]
        if len(some) == 0:
            return days
        earliest, latest = some.min(), some.max()
        # Many dates fall on few distinct days, so each distinct day is moved once.
        is_dense = (latest - earliest).astype("int64") < len(some)
        asked = np.arange(earliest, latest + np.timedelta64(1, "D")) if is_dense else some
        roll: Literal["backward", "forward"] = "backward" if towards == "previous" else "forward"
        moved = np.busday_offset(asked, 0, roll=roll, busdaycal=self._calendar(some))
        rolled = days.copy()
        rolled[known] = moved[(some - earliest).astype("int64")] if is_dense else moved
        return rolled

    def _calendar(self, days: Dates) -> np.busdaycalendar:
        weekmask = MONDAY_TO_FRIDAY if self.weekends else EVERY_DAY
        if self.holidays is None:
            return np.busdaycalendar(weekmask=weekmask)
        first, last = (int(str(day)[:4]) for day in (days.min(), days.max()))
        # Moving a date at a year's end may need the holidays of the neighbouring year.
        years = range(max(first - 1, 1), min(last + 1, 9999) + 1)
        return np.busdaycalendar(
            weekmask=weekmask, holidays=[np.datetime64(day, "D") for day in holidays_of(self.holidays, years)]
        )


def is_day_off(calendar: Workdays | None, day: date) -> bool:
    """Whether a day is off; without a calendar none is."""
    if calendar is None:
        return False
    days = np.array([day], dtype="datetime64[D]")
    return bool(calendar.roll_days(days, "next")[0] != days[0])
