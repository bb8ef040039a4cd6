"""Days as slots: a month's step is a number, and its end clamps (T2)."""

from datetime import date, timedelta

import numpy as np
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.dates.month_line import SLOTS, days_of, slots_of

EPOCH = date(1970, 1, 1)


def number(day):
    return (day - EPOCH).days


def test_every_day_of_ten_thousand_years_is_a_slot_of_its_own():
    days = np.arange(number(date.min), number(date.max) + 1)
    slots = slots_of(days)
    assert (np.diff(slots) > 0).all()
    assert (days_of(slots) == days).all()


@given(st.dates(date(500, 1, 1), date(9500, 12, 31)), st.integers(-4_000, 4_000))
def test_months_are_added_as_slots_and_clamp_like_relativedelta(day, months):
    moved = days_of(slots_of(np.array([number(day)])) + months * SLOTS)
    assert EPOCH + timedelta(days=int(moved[0])) == day + relativedelta(months=months)
