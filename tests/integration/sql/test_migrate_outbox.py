"""Revision 0010 gives messages of every state the longer key, and loses and doubles none (M1)."""

import contextlib
import uuid
from datetime import date

import pytest
from databases import fresh_database
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from sql import schema
from sql.migrate import HEAD, migrate
from sql.store import Store
from tasks.domain.mail.states import MESSAGE_STATUSES

BEFORE = """
INSERT INTO relations (relation_id, type, status, name, email, first_seen_on)
VALUES ('R1', 'person', 'client', 'A', 'a@x.example', '2026-01-01');
INSERT INTO follow_up_tasks
(relation_id, template, schedule, occurrence, label, planned_on, due_on, created_on, status)
VALUES ('R1', 't', 's', '2026-12-01', 'T', '2026-11-20', '2026-12-01', '2026-11-20', 'open'),
('R1', 't', 's', '2027-12-01', 'T', '2026-11-20', '2026-12-01', '2026-11-20', 'open');
INSERT INTO attempts (claim, token, body_sha256, recipients, state, opened_at, lease_until)
VALUES ('c', 'c-1', 'hash', 1, 'unknown', '2026-11-20 01:00:00', '2026-11-20 01:01:00')
"""
MESSAGE = """
INSERT INTO messages (task_id, subtask, recipient_id, email, language, subject, body_text, body_html, send_on, status,
reason, claimed_by, attempt_id, sent_at, delivery)
VALUES (1, :step, 'R1', 'a@x.example', 'fr', 'a subject', 'text', '<p>html</p>', '2026-11-21', :status,
'a reason', 'c', 1, '2026-11-21 02:00:00', 'delivered')
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request, tmp_path):
    """A database of an older version with a message in every state; the one with the highest id was deleted."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        url = fresh_database(request.getfixturevalue("postgres_url"), f"old_{uuid.uuid4().hex[:12]}")
    with contextlib.closing(Store(url)) as store:
        migrate(store, "0006")
        with store.begin() as connection:
            for statement in BEFORE.split(";"):
                connection.execute(text(statement))
            for status in MESSAGE_STATUSES:
                connection.execute(text(MESSAGE), {"step": f"step-{status}", "status": status})
            connection.execute(text(MESSAGE), {"step": "withdrawn", "status": "pending"})
            connection.execute(text("DELETE FROM messages WHERE subtask = 'withdrawn'"))
        yield store


def rows(store, sql):
    with store.begin() as connection:
        return [dict(row) for row in connection.execute(text(sql)).mappings()]


def test_every_message_keeps_its_id_state_attempt_and_text(old_store):
    before = rows(old_store, "SELECT * FROM messages ORDER BY message_id")
    assert migrate(old_store) == ("0006", HEAD)
    after = rows(old_store, "SELECT * FROM messages ORDER BY message_id")
    assert len(after) == len(MESSAGE_STATUSES)
    new = {"cause_kind": "task", "cause_id": "1", "cycle": 0, "recipient_kind": "relation"}
    later = ("is_crossed", "carrier_id", "send_at", "owner_id", "is_from_owner", "calendar", "about_at", "fixed_email")
    new |= dict.fromkeys(later)
    assert after == [
        {name: value for name, value in row.items() if name != "subtask"} | new | {"step": row["subtask"]}
        for row in before
    ]


def test_the_key_still_refuses_a_second_message(old_store):
    migrate(old_store)
    again = {"cause_kind": "task", "cause_id": "1", "step": "step-sent", "recipient_kind": "relation"}
    again |= {"recipient_id": "R1", "send_on": date(2026, 11, 21), "status": "pending"}
    with pytest.raises(IntegrityError), old_store.begin() as connection:
        connection.execute(insert(schema.messages), again)
    with pytest.raises(IntegrityError), old_store.begin() as connection:
        connection.execute(insert(schema.messages), again | {"cause_id": "99"})  # there is no such task


def test_the_id_of_a_deleted_message_is_not_given_again(old_store):
    """The mail service may still report on it."""
    migrate(old_store)
    new = {"cause_kind": "activity", "cause_id": "A1", "step": "notice", "recipient_kind": "user"}
    new |= {"recipient_id": "U1", "send_on": date(2026, 11, 21), "status": "pending"}
    with old_store.begin() as connection:
        made = connection.execute(insert(schema.messages).values(new)).inserted_primary_key
        task_id = connection.execute(
            select(schema.messages.c.task_id).where(schema.messages.c.message_id == made[0])
        ).scalar_one()
    assert (made[0], task_id) == (len(MESSAGE_STATUSES) + 2, None)
