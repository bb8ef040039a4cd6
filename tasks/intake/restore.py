"""Restore: gives rows that an import changed their previous values, unless they were changed again later.

May touch: sql. Tests: tests/integration/intake/test_undo.py, on both databases.
"""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Column, Connection, Date, DateTime, Table, Text, and_, literal, select, update

from sql import schema
from sql.bulk import staged
from tasks.domain import frames
from tasks.intake.changes import image

Key = tuple[str, ...]
Keys = dict[Key, None]  # a set that keeps its order
CHANGES = schema.import_changes


def key_of(table: Table, row: Sequence[Any]) -> Key:
    """The key that a row counts under: its own; a data field counts under its relation."""
    return (str(row[0]),) if table is schema.relation_fields else tuple(str(part) for part in row)


def restore(connection: Connection, import_id: int) -> tuple[Keys, Keys]:
    """Restore the previous values of rows that are still as the import left them.

    Returns:
        The keys of those, and the keys of the others.
    """
    changes = pd.DataFrame(
        connection.execute(
            select(CHANGES.c.table_name, CHANGES.c.row_key, CHANGES.c.before, CHANGES.c.after).where(
                CHANGES.c.import_id == import_id, CHANGES.c.after.is_not(None)
            )
        ).all(),
        columns=["table_name", "row_key", "before", "after"],
    )
    restored, kept = Keys(), Keys()
    shaped = changes.assign(shape=changes["before"].map(lambda text: ",".join(json.loads(text))))
    for _, part in shaped.groupby(["table_name", "shape"], sort=False):
        table = schema.metadata.tables[part["table_name"].iloc[0]]
        others = _restore_some(connection, table, part["shape"].iloc[0].split(","), part)
        kept |= others
        keys = (key_of(table, list(json.loads(text).values())) for text in part["row_key"])
        restored |= {key: None for key in keys if key not in others}
    return restored, kept


def _restore_some(connection: Connection, table: Table, columns: list[str], changes: pd.DataFrame) -> Keys:
    """Restore rows of one table, and return the keys of those that were changed since."""
    keys = list(json.loads(changes["row_key"].iloc[0]))
    rows = rows_of(table, changes).assign(after_image=changes["after"].to_numpy())
    with staged(connection, table, rows, extra=(Column("after_image", Text),)) as stage:
        same = and_(*(table.c[key] == stage.c[key] for key in keys))
        is_untouched = and_(same, image(connection, table, columns) == stage.c.after_image)
        untouched = select(literal(1)).where(is_untouched).correlate(stage).exists()
        changed = connection.execute(select(*(stage.c[key] for key in keys)).where(~untouched)).all()
        connection.execute(update(table).where(is_untouched).values({c: stage.c[c] for c in columns}))
    return dict.fromkeys(key_of(table, row) for row in changed)


def rows_of(table: Table, changes: pd.DataFrame) -> pd.DataFrame:
    """Rebuild rows of a table from their images."""
    images = [
        json.loads(key) | json.loads(before) for key, before in zip(changes["row_key"], changes["before"], strict=True)
    ]
    rows = pd.DataFrame(images)
    for name in rows.columns:
        kind = table.c[name].type
        if isinstance(kind, Date | DateTime):
            rows[name] = pd.to_datetime(rows[name], format="ISO8601").astype("datetime64[s]")
        elif frames.is_flag(name):
            rows[name] = rows[name].astype("boolean")
        elif rows[name].isna().all():
            rows[name] = rows[name].astype(frames.TEXT)
    return rows
