"""Undo: what one import brought in goes, what it changed is again as it was, unless something newer stands on it.

Law: a row that was changed since, by a later import or by hand, is left alone and told; nothing that has tasks is lost.
May touch: sql. Tests: tests/integration/test_undo.py, on both databases.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from sql import schema
from sql.bulk import staged
from sql.store import Store
from tasks.changes import image
from tasks.domain import frames

IDS_NAMED = 20
CHANGES = schema.import_changes
# What goes first stands on what goes later. Beside each table: what keeps one of its rows, by their common columns.
BROUGHT_IN: tuple[tuple[Table, tuple[str, ...], tuple[tuple[Table, str], ...]], ...] = (
    (schema.activities, ("activity_id",), ()),
    (schema.mission_services, ("mission_id", "template"), ()),
    (
        schema.missions,
        ("mission_id",),
        ((schema.mission_services, "mission_id"), (schema.follow_up_tasks, "mission_id")),
    ),
    (schema.relation_fields, ("relation_id", "field"), ()),
    (
        schema.relations,
        ("relation_id",),
        (
            (schema.relation_fields, "relation_id"),
            (schema.missions, "relation_id"),
            (schema.follow_up_tasks, "relation_id"),
        ),
    ),
    (schema.users, ("user_id",), ()),
)
# What has to stay makes nothing any more (P4, P7).
AT_REST = {"relations": "former", "missions": "ended"}


class UndoError(Exception):
    """An import that cannot be undone; the message says why."""


@dataclass(frozen=True)
class Undone:
    """What an undoing did.

    Attributes:
        import_id, file: which import it was.
        removed: rows that it had brought in, and that are gone.
        restored: rows that it had changed, and that are as they were.
        kept: rows left as they are, since they were changed later.
        put_to_rest: relations (now former) and missions (now ended) that have tasks or missions of their own.
        kept_ids: the first of `kept` and `put_to_rest`.
    """

    import_id: int
    file: str
    removed: int
    restored: int
    kept: int
    put_to_rest: int
    kept_ids: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As `relance import --undo --json` prints it."""
        return asdict(self)


def undo_import(store: Store, import_id: int, now: datetime) -> Undone:
    """Take one import back, in one transaction; the caller holds the writer's lock.

    Raises:
        UndoError: there is no such import, or it was undone already.
    """
    with store.begin() as connection:
        entry = _entry(connection, import_id)
        restored, changed_since = _restore(connection, import_id)
        removed, resting, still = _remove(connection, import_id)
        _roll_back_quarantine(connection, entry)
        mine = schema.imports.c.import_id == import_id
        connection.execute(update(schema.imports).where(mine).values(undone_at=now))
    kept = [*changed_since, *still]
    named = tuple([*kept, *resting][:IDS_NAMED])
    return Undone(import_id, entry["source_file"], removed, restored, len(kept), len(resting), named)


def _entry(connection: Connection, import_id: int) -> dict[str, Any]:
    table = schema.imports
    found = connection.execute(select(table).where(table.c.import_id == import_id)).mappings().first()
    if found is None:
        raise UndoError(f"There is no import {import_id}; `relance imports` lists them.")
    if found["undone_at"] is not None:
        raise UndoError(f"Import {import_id} was undone already, on {found['undone_at']:%Y-%m-%d}.")
    return dict(found)


def _restore(connection: Connection, import_id: int) -> tuple[int, list[str]]:
    """Rows that still are as the import left them become what they were; how many, and the ids of the others."""
    changes = pd.DataFrame(
        connection.execute(
            select(CHANGES.c.table_name, CHANGES.c.row_key, CHANGES.c.before, CHANGES.c.after).where(
                CHANGES.c.import_id == import_id, CHANGES.c.after.is_not(None)
            )
        ).all(),
        columns=["table_name", "row_key", "before", "after"],
    )
    restored, kept = 0, list[str]()
    shaped = changes.assign(shape=changes["before"].map(lambda text: ",".join(json.loads(text))))
    for _, part in shaped.groupby(["table_name", "shape"], sort=False):
        table = schema.metadata.tables[part["table_name"].iloc[0]]
        did, others = _restore_some(connection, table, part["shape"].iloc[0].split(","), part)
        restored, kept = restored + did, kept + others
    return restored, kept


def _restore_some(
    connection: Connection, table: Table, columns: list[str], changes: pd.DataFrame
) -> tuple[int, list[str]]:
    keys = list(json.loads(changes["row_key"].iloc[0]))
    rows = _rows(table, changes).assign(after_image=changes["after"].to_numpy())
    with staged(connection, table, rows, extra=(Column("after_image", Text),)) as stage:
        same = and_(*(table.c[key] == stage.c[key] for key in keys))
        is_untouched = and_(same, image(connection, table, columns) == stage.c.after_image)
        untouched = select(literal(1)).where(is_untouched).correlate(stage).exists()
        kept = [row[0] for row in connection.execute(select(stage.c[keys[0]]).where(~untouched))]
        did = connection.execute(update(table).where(is_untouched).values({c: stage.c[c] for c in columns})).rowcount
    return did, kept


def _rows(table: Table, changes: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table out of their images."""
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


def _remove(connection: Connection, import_id: int) -> tuple[int, list[str], list[str]]:
    """Rows that the import brought in go; how many, and the ids put to rest and left alone."""
    removed, resting, still = 0, list[str](), list[str]()
    for table, keys, leaners in BROUGHT_IN:
        is_mine = table.c.import_id == import_id
        is_newer = _changed_later(connection, import_id, table, keys)
        leans = [
            select(literal(1)).where(other.c[on] == table.c[on]).correlate(table).exists() for other, on in leaners
        ]
        is_held = and_(~is_newer, or_(*leans)) if leans else literal(1) == literal(0)
        if table is schema.relations:
            _take_off_schedules(connection, and_(is_mine, ~is_newer, ~is_held))
        removed += connection.execute(delete(table).where(is_mine, ~is_newer, ~is_held)).rowcount
        still += [str(row[0]) for row in connection.execute(select(table.c[keys[0]]).where(is_mine, is_newer))]
        if table.name in AT_REST:
            left = and_(is_mine, ~is_newer)
            resting += [str(row[0]) for row in connection.execute(select(table.c[keys[0]]).where(left))]
            connection.execute(update(table).where(left).values(status=AT_REST[table.name]))
    return removed, resting, still


def _changed_later(connection: Connection, import_id: int, table: Table, keys: Sequence[str]) -> ColumnElement[bool]:
    imports = schema.imports
    later = (CHANGES.c.import_id > import_id, CHANGES.c.table_name == table.name, imports.c.undone_at.is_(None))
    changed = select(CHANGES.c.row_key).join(imports, imports.c.import_id == CHANGES.c.import_id).where(*later)
    return image(connection, table, keys).in_(changed)


def _take_off_schedules(connection: Connection, those: ColumnElement[bool]) -> None:
    """A relation that goes is on no schedule any more."""
    going = select(schema.relations.c.relation_id).where(those)
    connection.execute(delete(schema.assignments).where(schema.assignments.c.relation_id.in_(going)))


def _roll_back_quarantine(connection: Connection, entry: dict[str, Any]) -> None:
    """What the import kept out goes, what it let out of quarantine returns; a later read of the feed knows better."""
    imports, table = schema.imports, schema.quarantine
    feed = [imports.c[name] == entry[name] for name in ("kind", "mapping", "stream")]
    later = select(func.count()).where(*feed, imports.c.import_id > entry["import_id"], imports.c.undone_at.is_(None))
    if connection.execute(later).scalar_one():
        return
    connection.execute(delete(table).where(table.c.import_id == entry["import_id"]))
    taken = connection.execute(
        select(CHANGES.c.row_key, CHANGES.c.before).where(
            CHANGES.c.import_id == entry["import_id"], CHANGES.c.table_name == table.name, CHANGES.c.after.is_(None)
        )
    ).all()
    if taken:
        rows = _rows(table, pd.DataFrame(taken, columns=["row_key", "before"]))
        with staged(connection, table, rows) as stage:
            names = [column.name for column in stage.columns]
            same = and_(*(table.c[key.name] == stage.c[key.name] for key in table.primary_key))
            is_there = select(literal(1)).where(same).correlate(stage).exists()
            back = select(*(stage.c[name] for name in names)).where(~is_there)
            connection.execute(insert(table).from_select(names, back))
