"""Activities that were held or not, and their copies (V6)."""

from datetime import UTC, timedelta

import pytest
from diary import NOW, START, Diary

from tasks.domain.activities.activity import ActivityError

AGAIN = START + timedelta(days=7)
LATER = START.replace(tzinfo=UTC) + timedelta(hours=1)


@pytest.fixture
def diary(sqlite_office):
    return Diary(sqlite_office)


def test_v6_a_copy_is_everything_but_date_time_and_name_and_its_boxes_are_new(diary):
    diary.save(remind_minutes=30, send_notification=True, description="Rappeler", ends_at=START + timedelta(minutes=20))
    _, copy = diary.status("not_held", LATER, AGAIN, subject="Second appel")
    one, other = (activity for activity in sorted(diary.rows("activities"), key=lambda row: row["starts_at"]))
    assert (one["status"], other["status"], other["follows_id"]) == ("not_held", "planned", "A1")
    assert (other["subject"], other["starts_at"], other["ends_at"]) == (
        "Second appel",
        AGAIN,
        AGAIN + timedelta(minutes=20),
    )
    for same in ("kind", "owner_id", "contact_id", "location", "description", "remind_minutes", "invitees"):
        assert one[same] == other[same]
    assert (copy.activity.send_notification, copy.activity.notify_contact, other["uid"]) == (False, False, None)


def test_v6_the_same_call_twice_makes_one_copy(diary):
    diary.save()
    first, again = (diary.status("held", LATER, AGAIN)[1].activity.activity_id for _ in range(2))
    assert first == again
    assert len(diary.rows("activities")) == 2
    with pytest.raises(ActivityError, match="is followed up by"):
        diary.status("held", LATER, AGAIN + timedelta(days=1))


def test_v6_a_copy_that_cannot_be_saved_leaves_the_activity_as_it_was(diary):
    diary.save()
    with pytest.raises(ActivityError, match="200 is the most"):
        diary.status("held", LATER, AGAIN, subject="x" * 201)
    assert [row["status"] for row in diary.rows("activities")] == ["planned"]


def test_an_activity_that_does_not_exist_is_said_so(diary):
    with pytest.raises(ActivityError, match="There is no activity A1"):
        diary.status("held", NOW)
