"""Undo: delete what one import added and restore what it changed, except rows changed later.

Law: a row that was changed since, by a later import or by hand, is left unchanged and listed; nothing that has tasks is
lost; every table that refers to what an import adds is in BROUGHT_IN or GOES_WITH.
May touch: sql. Tests: tests/integration/intake/test_undo.py, on both databases.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
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
from tasks.domain.errors import RelanceError
from tasks.intake.changes import image
from tasks.intake.record_answers import remind_after_undo, reopen_before_undo
from tasks.intake.restore import CHANGES, Keys, key_of, restore, rows_of
from tasks.intake.undo_saves import save_restored, tell_of_cancelled, withdraw_saves

IDS_NAMED = 20
ITEM_KEY = 3  # parts of an item's key: task, request, item
# In order of deletion: later tables are referenced by earlier ones. For each table: what keeps one of its rows, by the
# column that holds the row's id.
BROUGHT_IN: tuple[tuple[Table, tuple[str, ...], tuple[tuple[Table, str], ...]], ...] = (
    (schema.activities, ("activity_id",), ((schema.invitations, "activity_id"),)),
    (schema.mission_services, ("mission_id", "template"), ()),
    (
        schema.missions,
        ("mission_id",),
        ((schema.mission_services, "mission_id"), (schema.follow_up_tasks, "mission_id")),
    ),
    (schema.documents, ("document_id",), ()),
    (schema.relation_fields, ("relation_id", "field"), ()),
    (
        schema.relations,
        ("relation_id",),
        (
            (schema.relation_fields, "relation_id"),
            (schema.missions, "relation_id"),
            (schema.follow_up_tasks, "relation_id"),
            (schema.documents, "relation_id"),
            (schema.request_recipients, "recipient_id"),
            (schema.page_links, "recipient_id"),
            (schema.drafts, "recipient_id"),
        ),
    ),
    (schema.users, ("user_id",), ()),
)
# What is deleted together with a row: nothing in it is a reason to keep the row.
GOES_WITH: dict[str, tuple[tuple[Table, str], ...]] = {
    "relations": tuple((table, "relation_id") for table in (schema.assignments, schema.gaps, schema.reminder_pauses)),
    "users": ((schema.desk_links, "user_id"), (schema.desk_sessions, "user_id")),
}
# What says who did something: it keeps no user, and outlives him.
OUTLIVES: dict[str, tuple[Table, ...]] = {"users": (schema.desk_acts, schema.desk_works, schema.task_comments)}
# Rows that must stay are deactivated (P4, P7); of an activity to which somebody was invited, all are told (V5).
AT_REST = {"relations": "former", "missions": "ended", "activities": "cancelled"}


class UndoError(RelanceError):
    """An import that cannot be undone; the message says why."""


@dataclass(frozen=True)
class Undone:
    """What an undo did, in rows of the import's kind: a relation counts once, however many data fields it has.

    Attributes:
        import_id, kind, file: which import it was.
        removed: rows that it had added, now deleted.
        restored: rows that it had changed, now with their previous values.
        kept: rows left unchanged, because they were changed later.
        put_to_rest: relations (now former) and missions (now ended) that have tasks or missions of their own.
        kept_ids: the first of `kept` and `put_to_rest`.
    """

    import_id: int
    kind: str
    file: str
    removed: int
    restored: int
    kept: int
    put_to_rest: int
    kept_ids: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The object that `relance import --undo --json` prints."""
        return asdict(self)


def undo_import(store: Store, import_id: int, now: datetime, zone: tzinfo = UTC) -> Undone:
    """Undo one import, in one transaction; the caller holds the writer's lock.

    Args:
        store: the database.
        import_id: the import's id.
        now: the current instant, UTC.
        zone: the firm's, for messages.

    Raises:
        UndoError: there is no such import, or it was already undone.
    """
    with store.begin() as connection:
        entry = _entry(connection, import_id, zone)
        answered = reopen_before_undo(connection, import_id)
        withdraw_saves(connection, import_id, entry["kind"])
        restored, changed_since = restore(connection, import_id)
        save_restored(connection, import_id)
        remind_after_undo(connection, answered)
        removed = _remove(connection, entry)
        tell_of_cancelled(connection, import_id)
        _forget_signatures(connection, entry)
        _roll_back_quarantine(connection, entry)
        mine = schema.imports.c.import_id == import_id
        connection.execute(update(schema.imports).where(mine).values(undone_at=now))
    kept = changed_since | dict.fromkeys(removed.still)
    unchanged = kept | dict.fromkeys(removed.resting)
    back = (restored | dict.fromkeys(removed.reduced)).keys() - unchanged.keys()
    if entry["kind"] == "answers":
        # Only an item is a row of that kind; its request, task and field go along.
        back, kept = {k for k in back if len(k) == ITEM_KEY}, {k: None for k in kept if len(k) == ITEM_KEY}
    resting = removed.resting.keys() - kept.keys()
    named = tuple(key[0] for key in list(unchanged)[:IDS_NAMED])
    counts = (removed.rows, len(back), len(kept), len(resting))
    return Undone(import_id, entry["kind"], entry["source_file"], *counts, kept_ids=tuple(dict.fromkeys(named)))


@dataclass(frozen=True)
class _Removed:
    """The outcome for rows that an import added.

    Attributes:
        rows: deleted rows of the import's kind.
        reduced: relations that existed before the import; they lost the data fields that it had added.
        resting, still: rows that had to stay, because tasks depend on them or because they were changed later.
    """

    rows: int
    reduced: Keys
    resting: Keys
    still: Keys


def _entry(connection: Connection, import_id: int, zone: tzinfo) -> dict[str, Any]:
    table = schema.imports
    found = connection.execute(select(table).where(table.c.import_id == import_id)).mappings().first()
    if found is None:
        raise UndoError(f"There is no import {import_id}; `relance imports` lists them.")
    if found["undone_at"] is not None:
        undone_at = found["undone_at"].replace(tzinfo=UTC).astimezone(zone)
        raise UndoError(f"Import {import_id} was undone already, on {undone_at:%Y-%m-%d}.")
    return dict(found)


def _remove(connection: Connection, entry: dict[str, Any]) -> _Removed:
    """Delete the rows that the import added, unless something depends on them."""
    import_id, removed = entry["import_id"], 0
    reduced, resting, still = Keys(), Keys(), Keys()
    for table, keys, leaners in BROUGHT_IN:
        is_mine = table.c.import_id == import_id
        is_newer = _changed_later(connection, import_id, table, keys)
        leans = [
            select(literal(1)).where(other.c[on] == table.c[keys[0]]).correlate(table).exists() for other, on in leaners
        ]
        is_held = and_(~is_newer, or_(*leans)) if leans else literal(1) == literal(0)
        going = and_(is_mine, ~is_newer, ~is_held)
        if table is schema.relation_fields:
            reduced = _keys_where(connection, table, keys, and_(going, _is_of_known_relation(import_id)))
        _remove_dependents(connection, table, going)
        gone = connection.execute(delete(table).where(going)).rowcount
        removed += gone if table.name == entry["kind"] else 0
        still |= _keys_where(connection, table, keys, and_(is_mine, is_newer))
        if table.name in AT_REST:
            left = and_(is_mine, ~is_newer)
            resting |= _keys_where(connection, table, keys, left)
            connection.execute(update(table).where(left).values(status=AT_REST[table.name]))
    return _Removed(removed, reduced, resting, still)


def _keys_where(connection: Connection, table: Table, keys: Sequence[str], those: ColumnElement[bool]) -> Keys:
    rows = connection.execute(select(*(table.c[key] for key in keys)).where(those).order_by(table.c[keys[0]]))
    return dict.fromkeys(key_of(table, row) for row in rows)


def _is_of_known_relation(import_id: int) -> ColumnElement[bool]:
    """Whether a data field belongs to a relation that the import did not add."""
    r = schema.relations.c
    brought = select(r.relation_id).where(r.import_id == import_id)
    return schema.relation_fields.c.relation_id.not_in(brought)


def _changed_later(connection: Connection, import_id: int, table: Table, keys: Sequence[str]) -> ColumnElement[bool]:
    imports = schema.imports
    later = (CHANGES.c.import_id > import_id, CHANGES.c.table_name == table.name, imports.c.undone_at.is_(None))
    changed = select(CHANGES.c.row_key).join(imports, imports.c.import_id == CHANGES.c.import_id).where(*later)
    return image(connection, table, keys).in_(changed)


def _remove_dependents(connection: Connection, table: Table, those: ColumnElement[bool]) -> None:
    """Delete what depends on the deleted rows: a relation's assignments and gaps."""
    for dependent, on in GOES_WITH.get(table.name, ()):
        going = select(table.c[on]).where(those)
        connection.execute(delete(dependent).where(dependent.c[on].in_(going)))


def _forget_signatures(connection: Connection, entry: dict[str, Any]) -> None:
    """Clear the first-seen date of services that only this import saw signed (P4)."""
    m, s = schema.missions.c, schema.mission_services
    signed = select(m.mission_id).where(m.status == "signed")
    noted_then = and_(s.c.signed_seen_on == entry["imported_on"], s.c.mission_id.not_in(signed))
    tasks = schema.follow_up_tasks.c
    has_task = select(literal(1)).where(tasks.mission_id == s.c.mission_id, tasks.template == s.c.template).exists()
    if entry["kind"] in ("missions", "mission_services"):
        connection.execute(update(s).where(noted_then, ~has_task).values(signed_seen_on=None))


def _roll_back_quarantine(connection: Connection, entry: dict[str, Any]) -> None:
    """Delete what the import quarantined and restore what it released, unless the feed was imported again since."""
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
        rows = rows_of(table, pd.DataFrame(taken, columns=["row_key", "before"]))
        with staged(connection, table, rows) as stage:
            names = [column.name for column in stage.columns]
            same = and_(*(table.c[key.name] == stage.c[key.name] for key in table.primary_key))
            is_there = select(literal(1)).where(same).correlate(stage).exists()
            back = select(*(stage.c[name] for name in names)).where(~is_there)
            connection.execute(insert(table).from_select(names, back))
