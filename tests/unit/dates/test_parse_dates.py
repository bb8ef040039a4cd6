"""Days and instants out of text, right across both changes of the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.dates.parse_dates import parse_instants, parse_local, parse_serials

PARIS = ZoneInfo("Europe/Paris")


def one(parse, cell, *zone):
    found = parse(pd.Series([cell], dtype="str"), *zone)[0]
    return None if pd.isna(found) else found.isoformat(sep=" ", timespec="seconds")


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2026-01-15T09:30", "2026-01-15 08:30:00"),
        ("2026-07-15 09:30:00", "2026-07-15 07:30:00"),
        ("2026-07-15T09:30:00Z", "2026-07-15 09:30:00"),
        ("2026-07-15T09:30:00.5+0200", "2026-07-15 07:30:00"),
        ("2026-07-15", "2026-07-14 22:00:00"),
        ("2026-03-29T02:30", "2026-03-29 01:30:00"),  # an hour that was skipped: 03:30
        ("2026-10-25T02:30", "2026-10-25 00:30:00"),  # an hour that came twice: its first passing
        ("2026-10-25T02:30+01:00", "2026-10-25 01:30:00"),  # its second passing, as the offset says
        ("2026-07-15 09:30:00+02", "2026-07-15 07:30:00"),
        ("2026-02-30T09:30", None),
        ("2026-01-15T25:00", None),
        ("9999-12-31T23:00Z", None),
        ("tomorrow", None),
        (None, None),
    ],
)
def test_t6_an_instant_is_local_to_the_firm_where_it_does_not_say_otherwise(cell, utc):
    assert one(parse_instants, cell, PARIS) == utc


@pytest.mark.parametrize(
    ("cell", "local"),
    [
        ("61", "1900-03-01 00:00:00"),
        ("46204,5", "2026-07-01 12:00:00"),
        ("2958465", "9999-12-31 00:00:00"),
        ("60", None),
        ("2958466", None),
        ("46204x", None),
    ],
)
def test_a_serial_number_is_a_day_since_the_end_of_1899(cell, local):
    assert one(parse_serials, cell) == local


@given(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)), st.integers(-12 * 60, 14 * 60))
def test_an_instant_with_a_distance_is_the_same_instant_everywhere(when, minutes):
    when = when.replace(microsecond=0)
    sign, distance = "-" if minutes < 0 else "+", abs(minutes)
    cell = f"{when.isoformat()}{sign}{distance // 60:02d}:{distance % 60:02d}"
    instant = when.replace(tzinfo=UTC) - timedelta(minutes=minutes)
    found = parse_local(pd.Series([cell], dtype="str"), PARIS)[0]
    assert found.to_pydatetime() == instant.astimezone(PARIS).replace(tzinfo=None)
