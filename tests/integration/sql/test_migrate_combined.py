"""Revision 0013: what one mail carried counts as sent with it, and what was to be carried is asked anew (P4, M1)."""

import contextlib
import uuid

import pytest
from databases import fresh_database
from sqlalchemy import text

from sql.migrate import HEAD, migrate
from sql.store import Store

BEFORE = """
INSERT INTO relations (relation_id, type, status, name, email, first_seen_on)
VALUES ('R1', 'person', 'client', 'A', 'a@x.example', '2026-01-01');
INSERT INTO attempts (claim, token, body_sha256, recipients, state, opened_at, lease_until)
VALUES ('c', 'c-1', 'hash', 1, 'unknown', '2026-11-20 01:00:00', '2026-11-20 01:01:00')
"""
TASK = """
INSERT INTO follow_up_tasks
(relation_id, template, schedule, occurrence, label, planned_on, due_on, created_on, status)
VALUES ('R1', 't', 's', :day, 'T', '2026-11-20', '2026-12-01', '2026-11-20', 'open')
"""
MESSAGE = """
INSERT INTO messages (cause_kind, cause_id, step, recipient_kind, recipient_id, subject, send_on, status, reason,
attempt_id, merged_into_task_id)
VALUES ('task', :task, 'ask', 'relation', 'R1', :subject, '2026-11-21', :status, :reason, :attempt, :into)
"""
# By the state of the carrying message: the state of both afterwards.
AFTER = {
    "sent": ("sent", "sent"),
    "unknown": ("unknown", "unknown"),
    "held": ("held", "held"),
    "pending": ("suppressed", "suppressed"),
    "suppressed": ("suppressed", "suppressed"),
    "cancelled": ("cancelled", "suppressed"),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request, tmp_path):
    """A database in which, for each state, task n carries the request of task n + 1."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        url = fresh_database(request.getfixturevalue("postgres_url"), f"old_{uuid.uuid4().hex[:12]}")
    with contextlib.closing(Store(url)) as store:
        migrate(store, "0012")
        with store.begin() as connection:
            for statement in BEFORE.split(";"):
                connection.execute(text(statement))
            for number, status in enumerate(AFTER):
                carrier, carried = 2 * number + 1, 2 * number + 2
                for task in (carrier, carried):
                    connection.execute(text(TASK), {"day": f"2026-01-{task:02}"})
                whole = {"subject": "both", "status": status, "reason": None, "attempt": None, "into": None}
                whole |= {"attempt": 1} if status == "unknown" else {}
                part = {"subject": None, "status": "suppressed", "reason": "superseded", "into": carrier}
                connection.execute(text(MESSAGE), whole | {"task": str(carrier)})
                connection.execute(text(MESSAGE), part | {"task": str(carried), "attempt": None})
        yield store


def test_p4_every_carried_message_has_the_state_of_its_mail(old_store):
    assert migrate(old_store) == ("0012", HEAD)
    with old_store.begin() as connection:
        found = connection.execute(text("SELECT * FROM messages ORDER BY message_id")).mappings().all()
    assert len(found) == 2 * len(AFTER)
    for (status, after), carrier, carried in zip(AFTER.items(), found[::2], found[1::2], strict=True):
        assert (carrier["status"], carried["status"]) == after, status
        if status in ("sent", "unknown", "held"):
            assert carried["carrier_id"] == carrier["message_id"]
            assert (carried["attempt_id"], carried["subject"]) == (carrier["attempt_id"], "both")
        else:
            assert carried["carrier_id"] is None
    assert "merged_into_task_id" not in found[0]
