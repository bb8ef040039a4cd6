"""Sets fields of a record for a rule, and notes what the files say otherwise (W2, V1).

May touch: sql, tasks/intake/rule_values.py. Tests: tests/integration/rules/test_act.py, on both databases.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, insert, select, update

from sql import schema
from tasks.activities.reminders import withdraw_outdated
from tasks.activities.stored import find_activity, rewrite_fields
from tasks.domain.activities.activity import CANCELLED, NAMES_IN_TABLE, is_significant
from tasks.domain.definitions.kinds import EXPIRES_ON
from tasks.domain.definitions.record_fields import is_data_field
from tasks.intake.rule_values import note_rule_value
from tasks.rules.records import MISSION_COLUMNS, RELATION_COLUMNS

OF_RULE = "rule"


def set_fields(
    connection: Connection, kind: str, record_id: str, changes: Mapping[str, Any], zone: ZoneInfo, now: datetime
) -> None:
    """Set fields of one record; nothing that is set here triggers a rule (W2)."""
    if not changes:
        return
    if kind == "activities":
        _set_activity(connection, record_id, changes, zone, now)
        return
    fields = {name: value for name, value in changes.items() if is_data_field(kind, name)}
    for name, value in fields.items():
        _set_data_field(connection, record_id, name, value, now.astimezone(zone).date())
    table, key = (schema.relations, "relation_id") if kind == "relations" else (schema.missions, "mission_id")
    columns = RELATION_COLUMNS if kind == "relations" else MISSION_COLUMNS
    values = {columns[name]: value for name, value in changes.items() if name not in fields}
    if values:
        mine = table.c[key] == record_id
        before = connection.execute(select(table).where(mine)).mappings().one()
        for column in values:
            note_rule_value(connection, kind, record_id, column, before[column])
        connection.execute(update(table).where(mine).values(values))


def _set_activity(
    connection: Connection, activity_id: str, changes: Mapping[str, Any], zone: ZoneInfo, now: datetime
) -> None:
    before = find_activity(connection, activity_id)
    assert before is not None  # it was read in this transaction
    values = {name: _stored(value, zone) for name, value in changes.items()}
    if "invitees" in values:
        values["invitees"] = tuple(str(values["invitees"] or "").split())
    activity = replace(before, **values)
    turned = (before.status == CANCELLED) != (activity.status == CANCELLED)
    moves = 1 if turned or is_significant(before, activity) else 0
    for name in changes:
        old = getattr(before, name)
        column = NAMES_IN_TABLE.get(name, name)
        note_rule_value(connection, "activities", activity_id, column, " ".join(old) if isinstance(old, tuple) else old)
    rewrite_fields(connection, replace(activity, sequence=before.sequence + moves), changes)
    withdraw_outdated(connection, activity_id, now)


def _stored(value: Any, zone: ZoneInfo) -> Any:
    """A local time as the tables hold it."""
    return value.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _set_data_field(connection: Connection, relation_id: str, name: str, value: Any, today: date) -> None:
    f = schema.relation_fields
    field, column = name.removesuffix(EXPIRES_ON), "expires_on" if name.endswith(EXPIRES_ON) else "value"
    mine = and_(f.c.relation_id == relation_id, f.c.field == field)
    before = connection.execute(select(f).where(mine)).mappings().first()
    values = {column: value, "source": OF_RULE, "import_id": None, "updated_on": today}
    values[f"replaced_{column}"] = None if before is None else before[column]
    if before is None:
        connection.execute(insert(f).values({"relation_id": relation_id, "field": field} | values))
    else:
        connection.execute(update(f).where(mine).values(values))
