"""Writes the valid rows of one import: new ones are inserted, changed ones updated with their old state noted for undo.

Grain: one row per id, and one per relation and data field. The caller opens the transaction.
May touch: sql. Tests: tests/integration/intake/test_import.py, on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Column, Connection, Integer, Table, and_, func, insert, literal, or_, select, text, update

from sql import schema
from sql.bulk import staged
from sql.store import iso, query
from tasks.domain.definitions.kinds import ACTIVITIES, MISSION_SERVICES, MISSIONS
from tasks.intake.activity_saves import count_moves, note_saves
from tasks.intake.changes import note_changes
from tasks.intake.quarantine import Feed
from tasks.intake.rule_values import keep_rule_values

TABLES = {
    "relations": schema.relations,
    "users": schema.users,
    "missions": schema.missions,
    "mission_services": schema.mission_services,
    "activities": schema.activities,
    "field_dates": schema.relation_fields,
}
FORMER = "former"
# Of a field that a client answered (tasks/requests/profile.py), a person of the firm set (tasks/requests/fields.py),
# or a rule did (tasks/rules/set_fields.py).
SOURCES_THAT_WIN = ("answer", "hand", "rule")
NEW = 2  # the change of a staged row that is new
# Columns of a staged row that are written only when the row is new.
OF_NEW_ROWS = ("change", "first_seen_on", "folded_id")


@dataclass(frozen=True)
class Written:
    """What an import wrote: the number of new ids, and of known ids with any change.

    Attributes:
        saved: those ids by whether they are new, if they were asked for.
    """

    new: int
    changed: int
    saved: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Writing:
    """One import as it is written.

    Attributes:
        import_id: its number.
        as_of, now: its day, and its instant in UTC.
        is_quiet: nobody is told of its activities (V2).
        lists_saved: whether the ids that it saves are wanted.
    """

    import_id: int
    as_of: date
    now: datetime
    is_quiet: bool = False
    lists_saved: bool = False


def write_rows(
    connection: Connection, feed: Feed, writing: Writing, rows: pd.DataFrame, fields: pd.DataFrame
) -> Written:
    """Upsert rows and fields."""
    kind, import_id, as_of = feed.kind, writing.import_id, writing.as_of
    table, keys = TABLES[kind.name], list(kind.keys)
    flag = Column("change", Integer, default=0)
    with staged(connection, table, rows.assign(change=0), extra=(flag,)) as stage:
        same = and_(*(table.c[key] == stage.c[key] for key in keys))
        is_new = ~select(literal(1)).where(same).correlate(stage).exists()
        connection.execute(update(stage).where(is_new).values(change=2))
        values = [c.name for c in stage.columns if c.name not in (*keys, *OF_NEW_ROWS)]
        keep_rule_values(connection, kind, table, stage, values)
        _mark_changes(connection, table, stage, keys, values)
        if kind is ACTIVITIES:
            count_moves(connection, stage)
        _insert_new(connection, import_id, table, stage, keys)
        _update_changed(connection, import_id, table, stage, keys, values)
        if kind.has_fields:
            _write_fields(connection, feed, fields, import_id, stage, as_of=as_of)
        if kind in (MISSIONS, MISSION_SERVICES):
            connection.execute(text(query("note_signed")), {"as_of": iso(as_of)})
        if kind is ACTIVITIES:
            note_saves(connection, stage, writing.now, is_quiet=writing.is_quiet)
        grouped = connection.execute(select(stage.c.change, func.count()).group_by(stage.c.change))
        counts = {int(change): int(rows) for change, rows in grouped}
        saved = {}
        if writing.lists_saved:
            ids = select(stage.c[keys[0]], stage.c.change).where(stage.c.change.in_((1, 2))).order_by(stage.c[keys[0]])
            saved = {key: change == NEW for key, change in connection.execute(ids)}
    return Written(counts.get(NEW, 0), counts.get(1, 0), saved)


def _write_fields(
    connection: Connection, feed: Feed, fields: pd.DataFrame, import_id: int, rows_stage: Table, *, as_of: date
) -> None:
    table, keys = schema.relation_fields, ["relation_id", "field"]
    stamp: dict[str, Any] = {"source": feed.file[:200], "updated_on": pd.Timestamp(as_of)}
    for (has_value, has_expiry), part in fields.groupby(["has_value", "has_expiry"]):
        values = [*(["value"] if has_value else []), *(["expires_on"] if has_expiry else [])]
        columns = part[[*keys, *values]].assign(**stamp, change=0)
        with staged(connection, table, columns, extra=(Column("change", Integer),)) as stage:
            _mark_changes(connection, table, stage, keys, values)
            _ignore_stale_echoes(connection, table, stage, keys, values)
            _update_changed(connection, import_id, table, stage, keys, [*values, *stamp])
            is_new = ~select(literal(1)).where(*(table.c[k] == stage.c[k] for k in keys)).correlate(stage).exists()
            # A new but empty field counts as a change only if it says that something is missing.
            has_content = or_(*(stage.c[v].is_not(None) for v in values))
            connection.execute(update(stage).where(is_new).values(change=2))
            connection.execute(update(stage).where(is_new, has_content).values(change=3))
            _insert_new(connection, import_id, table, stage, keys)
            moved = select(stage.c.relation_id).where(stage.c.change.in_((1, 3)))
            known = and_(rows_stage.c.change == 0, rows_stage.c.relation_id.in_(moved))
            connection.execute(update(rows_stage).where(known).values(change=1))


def _ignore_stale_echoes(
    connection: Connection, table: Table, stage: Table, keys: list[str], values: list[str]
) -> None:
    """Set change=0 where an answer or a person replaced just what the file still says (D6)."""
    same = and_(*(table.c[k] == stage.c[k] for k in keys), table.c.source.in_(SOURCES_THAT_WIN))
    echo = and_(*(table.c[f"replaced_{v}"].is_not_distinct_from(stage.c[v]) for v in values))
    exists = select(literal(1)).where(same, echo).correlate(stage).exists()
    connection.execute(update(stage).where(stage.c.change == 1, exists).values(change=0))


def make_former(connection: Connection, import_id: int, gone: Sequence[str]) -> None:
    """Mark relations missing from a full export as former: no new tasks are created, and their messages stop (P7)."""
    if gone:
        table, rows = schema.relations, pd.DataFrame({"relation_id": list(gone), "status": FORMER, "change": 1})
        with staged(connection, table, rows, extra=(Column("change", Integer),)) as stage:
            _update_changed(connection, import_id, table, stage, ["relation_id"], ["status"])


def _mark_changes(connection: Connection, table: Table, stage: Table, keys: list[str], values: list[str]) -> None:
    """Set change=1 for staged rows that are known and differ."""
    if values:
        differs = or_(*(table.c[v].is_distinct_from(stage.c[v]) for v in values))
        same = and_(*(table.c[k] == stage.c[k] for k in keys))
        exists = select(literal(1)).where(same, differs).correlate(stage).exists()
        connection.execute(update(stage).where(stage.c.change == 0, exists).values(change=1))


def _insert_new(connection: Connection, import_id: int, table: Table, stage: Table, keys: Sequence[str]) -> None:
    names = [c.name for c in stage.columns if c.name != "change"]
    rows = (
        select(*(stage.c[n] for n in names), literal(import_id))
        .where(stage.c.change > 1)
        .order_by(*(stage.c[k] for k in keys))
    )
    connection.execute(insert(table).from_select([*names, "import_id"], rows))


def _update_changed(
    connection: Connection, import_id: int, table: Table, stage: Table, keys: list[str], columns: list[str]
) -> None:
    """Write the staged rows with change=1 to the table, keeping the old rows in `import_changes`."""
    if columns:
        note_changes(connection, import_id, table, stage, keys, columns)
        same = and_(*(table.c[k] == stage.c[k] for k in keys))
        news = {name: stage.c[name] for name in columns}
        connection.execute(update(table).where(same, stage.c.change == 1).values(news))
