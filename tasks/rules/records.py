"""Records as rules judge them, from the database: activities, relations with their data fields, missions.

May touch: sql. Tests: tests/integration/rules/test_act.py, on both databases.
"""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from sql import schema
from tasks.activities.stored import find_activity
from tasks.domain.definitions.kinds import EXPIRES_ON
from tasks.domain.rules.records import record_of


def load_record(
    connection: Connection, kind: str, record_id: str, zone: ZoneInfo, data_fields: Iterable[str] = ()
) -> dict[str, Any] | None:
    """A record by its id, its fields by the names of the canonical columns; None if there is none.

    Args:
        connection: to the database.
        kind: activities, relations or missions.
        record_id: its id.
        zone: the firm's.
        data_fields: the relation's data fields that are wanted.
    """
    if kind == "activities":
        activity = find_activity(connection, record_id)
        return None if activity is None else record_of(activity.record(), kind, zone)
    table, key = (schema.relations, "relation_id") if kind == "relations" else (schema.missions, "mission_id")
    row = connection.execute(select(table).where(table.c[key] == record_id)).mappings().first()
    if row is None:
        return None
    known = RELATION_COLUMNS if kind == "relations" else MISSION_COLUMNS
    cells = {name: row[column] for name, column in known.items()}
    return record_of(cells | _data_fields(connection, record_id, data_fields), kind, zone)


RELATION_COLUMNS = {
    name: name for name in ("relation_id", "type", "status", "name", "email", "language", "owner_id", "company_id")
} | {"do_not_mail": "is_opted_out"}
MISSION_COLUMNS = {name: name for name in ("mission_id", "relation_id", "status", "name", "start_on", "end_on")}


def _data_fields(connection: Connection, relation_id: str, names: Iterable[str]) -> dict[str, Any]:
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return {}
    f = schema.relation_fields.c
    rows = connection.execute(select(f.field, f.value, f.expires_on).where(f.relation_id == relation_id)).all()
    known = {row.field: row.value for row in rows} | {row.field + EXPIRES_ON: row.expires_on for row in rows}
    return {name: known.get(name) for name in wanted}


def people_of(connection: Connection, kind: str, record: dict[str, Any]) -> tuple[str | None, str | None]:
    """The relation whom a record is about, and the user who answers for it."""
    if kind == "activities":
        return record.get("contact_id"), record.get("owner_id")
    if kind == "relations":
        return record["relation_id"], record.get("owner_id")
    r = schema.relations.c
    owner = connection.execute(select(r.owner_id).where(r.relation_id == record["relation_id"])).scalar_one_or_none()
    return record["relation_id"], owner
