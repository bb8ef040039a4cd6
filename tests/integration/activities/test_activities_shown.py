"""Activities and notifications, as people and programs see them (V4)."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from diary import NOW, START, Diary

from tasks.activities.overview import ActivityFilter, list_activities, list_notifications

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def diary(sqlite_office):
    return Diary(sqlite_office)


def told(diary, at=NOW, user=None):
    found = list_notifications(diary.office.store, PARIS, user, at)
    return [(one["user_id"], one["notify_at"], one["about"], one["activity_id"]) for one in found]


def test_v4_people_are_told_in_the_product_as_long_before_as_they_want(diary):
    diary.save(invitees=("U2", "U3"))
    assert told(diary) == [
        ("U3", "2026-12-01T13:30", "activity", "A1"),
        ("U1", "2026-12-01T14:15", "activity", "A1"),
    ]
    assert told(diary, user="U3") == [("U3", "2026-12-01T13:30", "activity", "A1")]


def test_v4_nobody_is_told_of_what_is_over_or_cancelled(diary):
    diary.save()
    assert told(diary, START.replace(tzinfo=UTC) + timedelta(minutes=1)) == []
    diary.status("cancelled")
    assert told(diary) == []


def test_activities_are_listed_by_start_with_local_times(diary):
    diary.save()
    diary.save(activity_id="A0", starts_at=START - timedelta(days=1), owner_id="U2")
    diary.status("held", again=START + timedelta(days=1))
    rows = list_activities(diary.office.store, PARIS, ActivityFilter())
    assert [(row["activity_id"], row["starts_at"]) for row in rows][:2] == [
        ("A0", "2026-11-30T14:30"),
        ("A1", "2026-12-01T14:30"),
    ]
    assert rows[1]["is_followed_up_by"] == rows[2]["activity_id"]
    assert [r["activity_id"] for r in list_activities(diary.office.store, PARIS, ActivityFilter(owner="U2"))] == ["A0"]
    assert [r["activity_id"] for r in list_activities(diary.office.store, PARIS, ActivityFilter(status="held"))] == [
        "A1"
    ]
