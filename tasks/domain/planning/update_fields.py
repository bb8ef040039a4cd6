"""When one data field of an update group is asked: its group's dates or its own, and its expiry date (U3).

A column holds one element for each relation. Dates count from the first (T2).
May touch: numpy, pandas. Tests: tests/unit/planning/test_update_dates_law.py (a slow reference).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.frequency import Frequency
from tasks.domain.dates.recurrence import Days, Placing, Series, dates_of, next_periods
from tasks.domain.definitions.update_group import UpdateGroup
from tasks.domain.reasons import Reason

DAY = "datetime64[D]"
NEVER = np.datetime64("NaT", "D")
ONE_DAY = np.timedelta64(1, "D")
LONGEST_FRESH_DAYS, DAYS_OF_A_MONTH = 30, 30.4375
OLDEST_EXPIRY_DAYS = 365  # an expiry date further back is no reason to ask by itself, as for other schedules (P3)


@dataclass(frozen=True)
class FieldDates:
    """When one field is asked, one element for each relation.

    Attributes:
        is_due: whether it is asked now.
        asked_on: the date for which it is asked; NaT where it is not.
        upcoming: the next date on which it will be.
        is_fresh: whether it is left out of the latest date because it was just updated.
        has_value: whether there is anything to ask about.
    """

    is_due: np.ndarray
    asked_on: Days
    upcoming: Days
    is_fresh: np.ndarray
    has_value: np.ndarray

    def reasons(self, standing: pd.Series) -> pd.Series:
        """Why the field is not asked of each relation; missing where it is."""
        return frames.first_label(
            standing.index,
            [
                (standing.notna(), standing),
                (pd.Series(~self.has_value), Reason.MISSING_FIELD.value),
                (pd.Series(self.is_fresh), Reason.ALREADY_FRESH.value),
                (pd.Series(~self.is_due), Reason.NOT_YET.value),
            ],
        )


def field_dates(frame: pd.DataFrame, group: UpdateGroup, made_to: Days, as_of: date) -> FieldDates:
    """When one field of a group is asked of each relation.

    Args:
        frame: frames.UPDATE_FIELDS.
        group: the update group.
        made_to: the date of each relation's latest dossier; NaT if it never had one.
        as_of: the date to plan for.
    """
    today = np.datetime64(as_of, "D")
    has_value = frame["has_value"].to_numpy(dtype=bool)
    latest, upcoming, fresh_days = _regular(frame, group, as_of)
    updated = frame["updated_on"].to_numpy().astype(DAY)
    expires = frame["expires_on"].to_numpy().astype(DAY)
    asked_to = days_of_text(frame["asked_to"])
    is_there = last_days(latest, group) >= today
    is_reached = has_value & ~np.isnat(latest) & is_there & ~(made_to >= latest)
    is_fresh = is_reached & (updated > latest - fresh_days) & (updated <= today)
    is_regular = is_reached & ~is_fresh
    is_expired = has_value & (expires <= today) & (expires >= today - OLDEST_EXPIRY_DAYS * ONE_DAY)
    is_expired &= ~(asked_to >= expires) & ~(is_regular & (latest >= expires))
    is_due = is_regular | is_expired
    asked_on = np.where(is_expired, expires, np.where(is_regular, latest, NEVER))
    ahead = np.where(expires > today, expires, NEVER)
    return FieldDates(is_due, asked_on, np.fmin(upcoming, ahead), is_fresh & ~is_expired, has_value)


def days_of_text(occurrences: pd.Series) -> Days:
    """The dates of occurrences, which are stored as text."""
    codes, texts = pd.factorize(occurrences)
    return np.append(np.array([str(text) for text in texts], dtype=DAY), NEVER)[codes]


def _regular(frame: pd.DataFrame, group: UpdateGroup, as_of: date) -> tuple[Days, Days, np.ndarray]:
    """Of each field: its latest date that has come, the next one, and for how long an update counts as fresh."""
    own_first = frame["next_update_on"].to_numpy().astype(DAY)
    has_own = ~np.isnat(own_first) | frame["frequency"].notna().to_numpy()
    common = _latest_and_next(_series([np.datetime64(group.starts_on, "D")], [group.frequency]), as_of)
    latest, upcoming = (np.full(len(frame), day[0]) for day in common)
    fresh = np.full(len(frame), _fresh_days(group.frequency))
    own = np.flatnonzero(has_own)
    if len(own):
        frequencies = frame["frequency"].iloc[own].fillna(group.frequency)
        codes, texts = pd.factorize(frequencies)
        recurs = np.array([Frequency.parse(text).step > 0 for text in texts], dtype=bool)[codes]
        start = np.where(recurs, np.datetime64(group.starts_on, "D"), NEVER)
        firsts = np.where(np.isnat(own_first[own]), start, own_first[own])
        latest[own], upcoming[own] = _latest_and_next(_series(firsts, frequencies), as_of)
        fresh[own] = np.array([_fresh_days(text) for text in texts], dtype="int64")[codes]
    return latest, upcoming, fresh * ONE_DAY


def _series(firsts: object, frequencies: object) -> Series:
    first = np.asarray(firsts, dtype=DAY)
    codes, texts = pd.factorize(pd.Series(frequencies))
    known = [Frequency.parse(str(text)) for text in texts]
    step, size = np.array([f.step for f in known], dtype="int64")[codes], len(first)
    return Series(
        first=first,
        step=step,
        is_monthly=np.array([f.is_monthly for f in known], dtype=bool)[codes],
        is_last_day=np.zeros(size, dtype=bool),
        since=np.full(size, NEVER),
        until=np.full(size, NEVER),
        quantity=np.where(step == 0, 1, 2**31),
    )


def _latest_and_next(series: Series, as_of: date) -> tuple[Days, Days]:
    """The last date up to a day, and the first one after it (T2); NaT where there is none."""
    size = len(series.first)
    after = next_periods(series, Placing(), np.full(size, np.datetime64(as_of, "D") + ONE_DAY))
    once = series.step == 0
    before = np.where(once, 0, np.where(np.isnat(after.date), 0, after.period - 1))
    has_come = np.where(once, series.first <= np.datetime64(as_of, "D"), before >= 0)
    latest = dates_of(series, np.arange(size), np.maximum(before, 0))
    return np.where(has_come, latest, NEVER), after.date


def _fresh_days(frequency: str) -> int:
    """A third of a period, at most thirty days."""
    known = Frequency.parse(frequency)
    days = known.step * (DAYS_OF_A_MONTH if known.is_monthly else 1)
    return min(LONGEST_FRESH_DAYS, int(days / 3)) if known.step else LONGEST_FRESH_DAYS


def last_days(opened: Days, group: UpdateGroup) -> Days:
    """The last day of a dossier that is opened on a day (U6)."""
    codes, found = pd.factorize(opened.view("int64"))
    days = np.asarray(found).view(DAY)
    months = np.full(len(days), group.remove_after_months or 1)
    size = len(days)
    series = Series(
        days, months, np.ones(size, bool), np.zeros(size, bool), np.full(size, NEVER), np.full(size, NEVER), months + 1
    )
    return dates_of(series, np.arange(size), np.ones(size, dtype="int64"))[codes]
