"""Working days over whole columns (T5)."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.dates.public_holidays import holidays_of
from tasks.domain.dates.workdays import Workdays


def rolled(day, towards, workdays):
    return workdays.roll(pd.Series([day], dtype="datetime64[s]"), towards).iloc[0].date()


def test_a_year_end_rolls_across_it_in_both_directions():
    france = Workdays("FR")
    assert rolled("2028-01-01", "next", france) == date(2028, 1, 3)
    assert rolled("2028-01-01", "previous", france) == date(2027, 12, 31)


def test_alsace_has_holidays_of_its_own():
    assert rolled("2025-12-26", "next", Workdays("FR-57")) == date(2025, 12, 29)
    assert rolled("2025-12-26", "next", Workdays("FR")) == date(2025, 12, 26)


def test_a_firm_that_works_at_weekends_may_still_keep_holidays():
    assert rolled("2026-07-14", "next", Workdays("FR", weekends=False)) == date(2026, 7, 15)
    assert rolled("2026-11-28", "next", Workdays("FR", weekends=False)) == date(2026, 11, 28)


def test_missing_dates_stay_missing_and_nothing_is_dropped():
    column = pd.Series(["2026-11-28", None], dtype="datetime64[s]", index=[7, 3])
    moved = Workdays("FR").roll(column, "next")
    assert list(moved.index) == [7, 3]
    assert moved.isna().tolist() == [False, True]


def test_many_dates_on_few_days_are_moved_as_each_alone_is():
    few = pd.Series(pd.date_range("2027-05-01", "2027-05-31", unit="s")).sample(500, replace=True, random_state=1)
    column = pd.concat([few, pd.Series([pd.NaT], dtype="datetime64[s]")])
    moved = Workdays("FR").roll(column, "previous")
    assert moved.isna().tolist() == [False] * 500 + [True]
    assert [day.date() for day in moved[:500]] == [rolled(day, "previous", Workdays("FR")) for day in few]


def test_an_unknown_country_is_named():
    with pytest.raises(ValueError, match="'ZZ'"):
        holidays_of("ZZ", [2026])


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.sampled_from(["previous", "next"]))
def test_a_roll_lands_on_a_working_day_and_passes_none(day, towards):
    moved = rolled(day, towards, Workdays("BE"))
    free = set(holidays_of("BE", range(day.year - 1, day.year + 2)))
    step = timedelta(days=1 if towards == "next" else -1)
    walked = day
    while walked.weekday() >= 5 or walked in free:
        walked += step
    assert moved == walked
