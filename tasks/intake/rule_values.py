"""Fields that a rule has set and a file still says otherwise: while it repeats itself, the rule's value stays.

So a box that a rule has reset is not ticked again by each night's export, and ticks that are new count (V1).
May touch: sql. Tests: tests/integration/rules/test_rules_at_import.py, on both databases.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from sql import schema
from tasks.domain.definitions.kinds import Kind

FIELDS = schema.rule_values


def keep_rule_values(connection: Connection, kind: Kind, stage: Table, columns: Sequence[str]) -> None:
    """Put the stored value into a staged row where the file repeats what a rule has replaced; forget what it does not.

    Args:
        connection: within the import's transaction.
        kind: of the rows.
        stage: the rows.
        columns: of the rows that would be written.
    """
    key, table = kind.keys[0], None
    known = select(FIELDS).where(FIELDS.c.record_kind == kind.name, FIELDS.c.record_id.in_(select(stage.c[key])))
    notes: dict[str, list[Any]] = defaultdict(list)
    for note in connection.execute(known).mappings():
        notes[note["field"]].append(note)
    for column in (name for name in notes if name in columns):
        table = schema.metadata.tables[kind.name]
        ids = [note["record_id"] for note in notes[column]]
        said = dict(
            connection.execute(select(stage.c[key], stage.c[column]).where(stage.c[key].in_(ids))).tuples().all()
        )
        repeated = [n["record_id"] for n in notes[column] if written(said.get(n["record_id"])) == n["file_value"]]
        stored = select(table.c[column]).where(table.c[key] == stage.c[key]).scalar_subquery()
        keep = update(stage).where(stage.c[key] == bindparam("of_record")).values({column: stored})
        if repeated:
            connection.execute(keep, [{"of_record": one} for one in repeated])
        changed = sorted(set(ids) - set(repeated))
        if changed:
            forget = and_(FIELDS.c.record_kind == kind.name, FIELDS.c.field == column)
            connection.execute(delete(FIELDS).where(forget, FIELDS.c.record_id.in_(changed)))


def note_rule_value(connection: Connection, kind: str, record_id: str, column: str, before: Any) -> None:
    """Note what a file had in a column before a rule set it; an older note says what the file has."""
    row = {"record_kind": kind, "record_id": record_id, "field": column}
    if connection.execute(select(FIELDS.c.field).filter_by(**row)).first() is None:
        connection.execute(insert(FIELDS).values(row | {"file_value": written(before)}))


def written(value: Any) -> str | None:
    """A value as it is noted, the same from a file and from the database."""
    return None if value is None or value == "" else str(value)
