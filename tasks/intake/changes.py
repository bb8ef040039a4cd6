"""Changes: a copy of what an import is about to change or remove, so that the import can be undone.

A row's image is a JSON object built by the database itself: two images are equal if their texts are.
May touch: sql. Tests: tests/integration/intake/test_undo.py, on both databases.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    Text,
    and_,
    cast,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
)

from sql import schema
from sql.bulk import staged


def image(connection: Connection, source: FromClause, columns: Sequence[str]) -> ColumnElement[str]:
    """The named columns of a row as JSON text."""
    make = func.json_object if connection.dialect.name == "sqlite" else func.json_build_object
    # The names come from the schema; passed as parameters, PostgreSQL could not determine their type.
    return cast(make(*(part for name in columns for part in (literal_column(f"'{name}'"), source.c[name]))), Text)


def note_changes(
    connection: Connection, import_id: int, table: Table, stage: Table, keys: Sequence[str], columns: Sequence[str]
) -> None:
    """Record the old and new values of the rows that the staged rows with change=1 are about to replace.

    Args:
        connection: within the import's transaction, before the change.
        import_id: the import.
        table: the table to be changed.
        stage: the new rows, with keys, columns and change.
        keys: the table's key columns.
        columns: the columns that change.
    """
    same = and_(*(table.c[key] == stage.c[key] for key in keys))
    rows = select(
        literal(import_id),
        literal(table.name),
        image(connection, table, keys),
        image(connection, table, columns),
        image(connection, stage, columns),
    ).where(same, stage.c.change == 1)
    _insert(connection, rows)


def images(connection: Connection, table: Table, keys: pd.DataFrame, columns: Sequence[str]) -> dict[str, str]:
    """The named columns of the rows with these keys, as JSON text by the JSON text of their key."""
    with staged(connection, table, keys) as stage:
        same = and_(*(table.c[key] == stage.c[key] for key in keys.columns))
        wanted = select(image(connection, table, list(keys.columns)), image(connection, table, columns)).where(same)
        return {row[0]: row[1] for row in connection.execute(wanted)}


def note_images(
    connection: Connection, import_id: int, table: Table, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    """Record the old and new values of rows that an import changed, from `images` before and after."""
    rows = [
        {"import_id": import_id, "table_name": table.name, "row_key": key, "before": old, "after": after[key]}
        for key, old in before.items()
        if after[key] != old
    ]
    if rows:
        connection.execute(insert(schema.import_changes), rows)


def note_removals(connection: Connection, import_id: int, table: Table, stage: Table, keys: Sequence[str]) -> None:
    """Record the whole rows of a table that are about to be removed: those whose keys are staged."""
    same = and_(*(table.c[key] == stage.c[key] for key in keys))
    names = [column.name for column in table.columns]
    whole = image(connection, table, keys), image(connection, table, names), null()
    _insert(connection, select(literal(import_id), literal(table.name), *whole).where(same))


def _insert(connection: Connection, rows: object) -> None:
    names = [column.name for column in schema.import_changes.columns]
    connection.execute(insert(schema.import_changes).from_select(names, rows))  # type: ignore[arg-type]
