"""Activities in themselves: what is wrong with one, what is significant, and local times as instants (T6, V5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tasks.domain.activities.activity import COLUMNS, Activity, ActivityError, is_significant, problems_of
from tasks.domain.activities.times import instant_of
from tasks.domain.definitions.kinds import ACTIVITIES

PARIS = ZoneInfo("Europe/Paris")
ONE = Activity("A1", "meeting", "Bilan", datetime(2026, 12, 1, 13, 30))


def test_its_columns_are_those_of_an_import():
    assert set(COLUMNS) == set(ACTIVITIES.columns)


@pytest.mark.parametrize(
    ("written", "instant", "doubt"),
    [
        ("2026-12-01T14:30", datetime(2026, 12, 1, 13, 30), None),
        ("2026-12-01 14:30", datetime(2026, 12, 1, 13, 30), None),
        ("2026-07-01T14:30", datetime(2026, 7, 1, 12, 30), None),
        (
            "2026-03-29T02:30",
            datetime(2026, 3, 29, 1, 30),
            "does not exist: clocks are put forward then. Taken as 03:30",
        ),
        (
            "2026-10-25T02:30",
            datetime(2026, 10, 25, 0, 30),
            "exists twice: clocks are put back then. Taken as the first",
        ),
        ("2026-10-25T02:30+01:00", datetime(2026, 10, 25, 1, 30), None),
        ("2026-12-01T14:30Z", datetime(2026, 12, 1, 14, 30), None),
    ],
)
def test_t6_a_local_time_is_an_instant_and_a_doubtful_one_is_said(written, instant, doubt):
    found, said = instant_of(written, PARIS)
    assert found == instant
    assert (said is None) if doubt is None else (doubt in said)


@pytest.mark.parametrize("written", ["tomorrow", "2026-12-01", "14:30", "", "2026-02-30T10:00"])
def test_what_is_no_time_is_refused_in_words(written):
    with pytest.raises(ActivityError, match="write it as 2026-12-31T14:30"):
        instant_of(written, PARIS)


def test_start_end_and_place_are_significant_and_words_are_not():
    assert is_significant(ONE, replace(ONE, location="Gent"))
    assert is_significant(ONE, replace(ONE, starts_at=ONE.starts_at + timedelta(minutes=1)))
    assert is_significant(ONE, replace(ONE, ends_at=ONE.starts_at))
    assert not is_significant(ONE, replace(ONE, subject="x", description="y", owner_id="U1", invitees=("U2",)))
    assert not is_significant(None, ONE)


def test_signs_that_calendars_use_are_no_problem():
    assert problems_of(replace(ONE, subject="Bilan; 2026, n°1 \\ 😀")) == []
    assert problems_of(replace(ONE, subject=" ")) == ["The subject is empty."]
    assert problems_of(replace(ONE, status="done"))[0].startswith("There is no status 'done'")
