"""Fields that a rule has set and a file still says otherwise: while it repeats itself, the rule's value stays.

So a box that a rule has reset is not ticked again by each night's export, and ticks that are new count (V1).
May touch: sql. Tests: tests/integration/rules/test_rules_at_import.py, on both databases.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, and_, delete, insert, select, update

from sql import schema
from sql.bulk import staged
from tasks.domain import frames
from tasks.domain.definitions.kinds import Kind

FIELDS = schema.rule_values


def keep_rule_values(connection: Connection, kind: Kind, table: Table, stage: Table, columns: Sequence[str]) -> None:
    """Put the stored value into a staged row where the file repeats what a rule has replaced; forget what it does not.

    Args:
        connection: within the import's transaction.
        kind: of the rows.
        table: where they are stored.
        stage: the rows.
        columns: of the rows that would be written.
    """
    key = kind.keys[0]
    of_kind = FIELDS.c.record_kind == kind.name
    noted = connection.execute(select(FIELDS.c.field).where(of_kind).distinct()).scalars().all()
    for column in (name for name in noted if name in columns):
        of_field = and_(of_kind, FIELDS.c.field == column)
        both = select(stage.c[key], stage.c[column], FIELDS.c.file_value)
        rows = connection.execute(both.join(FIELDS, FIELDS.c.record_id == stage.c[key]).where(of_field)).all()
        repeated = [row[0] for row in rows if written(row[1]) == row[2]]
        changed = [row[0] for row in rows if written(row[1]) != row[2]]
        stored = select(table.c[column]).where(table.c[key] == stage.c[key]).scalar_subquery()
        with staged(connection, FIELDS, _ids(repeated)) as some:
            keep = update(stage).where(stage.c[key].in_(select(some.c.record_id)))
            connection.execute(keep.values({column: stored}))
        with staged(connection, FIELDS, _ids(changed)) as some:
            connection.execute(delete(FIELDS).where(of_field, FIELDS.c.record_id.in_(select(some.c.record_id))))


def _ids(record_ids: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({"record_id": pd.Series(record_ids, dtype=frames.TEXT)})


def note_rule_value(connection: Connection, kind: str, record_id: str, column: str, before: Any) -> None:
    """Note what a file had in a column before a rule set it; an older note says what the file has."""
    row = {"record_kind": kind, "record_id": record_id, "field": column}
    if connection.execute(select(FIELDS.c.field).filter_by(**row)).first() is None:
        connection.execute(insert(FIELDS).values(row | {"file_value": written(before)}))


def written(value: Any) -> str | None:
    """A value as it is noted, the same from a file and from the database."""
    return None if value is None or value == "" else str(value)
