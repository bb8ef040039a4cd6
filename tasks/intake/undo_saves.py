"""Undoing an import of records: what it let people be told is withdrawn, as far as it has not left (V1, V5, W4).

Within the undo's transaction.
May touch: sql. Tests: tests/integration/rules/test_rules_at_import.py, on both databases.
"""

import json

from sqlalchemy import Connection, Table, and_, cast, delete, exists, select, update
from sqlalchemy import String as Text

from sql import schema
from tasks.domain.activities.activity import CANCELLED
from tasks.domain.mail.keys import ACTIVITY, RULE
from tasks.domain.reasons import Reason
from tasks.intake.activity_saves import minutes_before

WITH_RULES = {"activities": "activity_id", "relations": "relation_id", "missions": "mission_id"}
WITHDRAWN = {"status": "cancelled", "reason": Reason.SUPERSEDED.value}


def withdraw_saves(connection: Connection, import_id: int, kind: str) -> None:
    """Withdraw what waits to be sent for an import's saves, and forget what rules set in records that go."""
    if kind not in WITH_RULES:
        return
    m, t, i, v = schema.messages, schema.rule_acts.c, schema.invitations, schema.rule_values
    acts = select(cast(t.act_id, Text)).where(t.record_kind == kind, t.save == f"import {import_id}")
    waiting = and_(m.c.cause_kind == RULE, m.c.cause_id.in_(acts), m.c.status == "pending")
    told = exists().where(
        waiting,
        m.c.recipient_kind == i.c.attendee_kind,
        m.c.recipient_id == i.c.attendee_id,
        exists().where(cast(t.act_id, Text) == m.c.cause_id, t.record_id == i.c.activity_id),
    )
    table: Table = schema.metadata.tables[kind]
    going = select(table.c[WITH_RULES[kind]]).where(table.c.import_id == import_id)
    if kind == "activities":
        connection.execute(delete(i).where(told))
        connection.execute(delete(i).where(i.c.method == "NONE", i.c.activity_id.in_(going)))
        own = and_(m.c.cause_kind == ACTIVITY, m.c.cause_id.in_(going), m.c.status == "pending")
        connection.execute(update(m).where(own).values(WITHDRAWN))
    connection.execute(update(m).where(waiting).values(WITHDRAWN))
    connection.execute(delete(v).where(v.c.record_kind == kind, v.c.record_id.in_(going)))


def save_restored(connection: Connection, import_id: int) -> None:
    """Count the undoing as a save of each activity that it changed back, so that people hear where it stands."""
    a, changes = schema.activities, schema.import_changes.c
    mine = and_(changes.import_id == import_id, changes.table_name == a.name, changes.after.is_not(None))
    ids = [json.loads(key)["activity_id"] for key in connection.execute(select(changes.row_key).where(mine)).scalars()]
    values = {"saves": a.c.saves + 1, "sequence": a.c.sequence + 1, "is_invitation_due": True}
    values |= {"remind_at": minutes_before(connection)}
    for one in ids:
        connection.execute(update(a).where(a.c.activity_id == one).values(values))


def tell_of_cancelled(connection: Connection, import_id: int) -> None:
    """Have those told who were invited to an activity that the undone import added, and that is cancelled now (V5)."""
    a = schema.activities
    mine = and_(a.c.import_id == import_id, a.c.status == CANCELLED)
    connection.execute(update(a).where(mine).values(sequence=a.c.sequence + 1, is_invitation_due=True))
