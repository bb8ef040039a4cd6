"""Revision 0017: activities that were there keep their reminders, and nobody is invited to them anew (V2, V3)."""

import contextlib
import uuid
from datetime import datetime, timedelta

import pytest
from databases import fresh_database
from sqlalchemy import text

from sql.migrate import HEAD, migrate
from sql.store import Store

ROW = """
INSERT INTO activities (activity_id, kind, subject, starts_at, remind_minutes, invitees)
VALUES (:id, 'meeting', 'Bilan', :starts_at, :minutes, :invitees)
"""
AHEAD, PAST = "2099-12-01 13:30:00.000000", "2020-12-01 13:30:00.000000"


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request, tmp_path):
    """A database of revision 0016 with an activity ahead, one that is over, and one without a reminder."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        url = fresh_database(request.getfixturevalue("postgres_url"), f"old_{uuid.uuid4().hex[:12]}")
    with contextlib.closing(Store(url)) as store:
        migrate(store, "0016")
        with store.begin() as connection:
            for id_, starts_at, minutes, invitees in (
                ("A1", AHEAD, 30, "U2 U3 U2"),
                ("A2", PAST, 30, "U2"),
                ("A3", AHEAD, None, None),
            ):
                words = {"id": id_, "starts_at": starts_at, "minutes": minutes, "invitees": invitees}
                connection.execute(text(ROW), words)
        yield store


def rows(store, sql):
    with store.begin() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_what_is_ahead_keeps_its_reminder_and_those_invited_count_as_told(old_store):
    assert migrate(old_store) == ("0016", HEAD)
    found = rows(old_store, "SELECT activity_id, remind_at, quiet_until, saves, sequence FROM activities ORDER BY 1")
    reminded = {row[0]: None if row[1] is None else str(row[1])[:16] for row in found}
    start = datetime.fromisoformat(AHEAD)
    assert reminded == {"A1": f"{start - timedelta(minutes=30):%Y-%m-%d %H:%M}", "A2": None, "A3": None}
    assert [row[2] is not None for row in found] == [True, False, True]
    assert {row[3:] for row in found} == {(0, 0)}
    told = rows(old_store, "SELECT activity_id, attendee_id, method FROM invitations ORDER BY 1, 2")
    assert told == [("A1", "U2", "NONE"), ("A1", "U3", "NONE")]
