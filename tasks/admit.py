"""Admit: validated rows of one file into the database, the others into quarantine, and a line in the ledger.

Law: read = new + changed + unchanged + quarantined, and the same file twice changes nothing (Q1, Q4).
May touch: sql. Tests: tests/integration/test_import.py, on both databases.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Table,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from sql import schema
from sql.bulk import staged
from sql.store import Store, iso, query
from tasks.csv_files import RawFile
from tasks.domain.canonical import MISSION_SERVICES, MISSIONS, stored_rows
from tasks.quarantine import Feed, replace_quarantine

TABLES = {
    "relations": schema.relations,
    "users": schema.users,
    "missions": schema.missions,
    "mission_services": schema.mission_services,
}


@dataclass(frozen=True)
class Admission:
    """One line of the ledger."""

    kind: str
    file: str
    mapping: str
    read: int
    new: int
    changed: int
    unchanged: int
    quarantined: int

    def to_json(self) -> dict[str, object]:
        """As `relance import --json` prints it."""
        return asdict(self)


def last_read(store: Store, feed: Feed) -> int | None:
    """Rows of the last good read of this feed, None if there was none."""
    found = store.read("last_import", kind=feed.kind.name, mapping=feed.mapping, source_file=feed.file)
    return None if found.empty else int(found["read"].iloc[0])


def admit(
    store: Store,
    feed: Feed,
    raw: RawFile,
    rows: pd.DataFrame,
    fields: pd.DataFrame,
    quarantined: pd.DataFrame,
    as_of: date,
    now: datetime,
) -> Admission:
    """Write one import in one transaction.

    Args:
        store: the database.
        feed: where the rows came from.
        raw: the file itself, for the ledger.
        rows: valid typed rows (canonical.type_rows); only the columns that the file has are written.
        fields: valid data fields, one row per relation × field.
        quarantined: from `quarantine_rows`.
        as_of: the day the relations are first seen on, if they are new.
        now: the instant of the import, UTC.
    """
    stored = stored_rows(rows, feed.kind)
    known = stored.assign(first_seen_on=pd.Timestamp(as_of)) if feed.kind.has_fields else stored
    with store.begin() as connection:
        new, changed = _write(connection, feed, known, fields, as_of)
        replace_quarantine(connection, feed, rows, quarantined, as_of)
        admission = Admission(
            kind=feed.kind.name,
            file=feed.file,
            mapping=feed.mapping,
            read=raw.read,
            new=new,
            changed=changed,
            unchanged=len(rows) - new - changed,
            quarantined=len(quarantined),
        )
        ledger = {k: v for k, v in asdict(admission).items() if k != "file"}
        entry = {"source_file": feed.file, "sha256": raw.sha256, "imported_on": as_of, "imported_at": now}
        connection.execute(insert(schema.imports), ledger | entry)
    return admission


def _write(
    connection: Connection, feed: Feed, rows: pd.DataFrame, fields: pd.DataFrame, as_of: date
) -> tuple[int, int]:
    """Upsert rows and fields; the number of new ids, and of known ids of which anything changed."""
    table, keys = TABLES[feed.kind.name], list(feed.kind.keys)
    flag = Column("change", Integer, default=0)
    with staged(connection, table, rows.assign(change=0), extra=(flag,)) as stage:
        same = and_(*(table.c[key] == stage.c[key] for key in keys))
        is_new = ~select(literal(1)).where(same).correlate(stage).exists()
        connection.execute(update(stage).where(is_new).values(change=2))
        values = [c.name for c in stage.columns if c.name not in (*keys, "change", "first_seen_on")]
        _mark_changes(connection, table, stage, keys, values)
        _insert_new(connection, table, stage, keys)
        _update_changed(connection, table, stage, keys, values, {})
        if feed.kind.has_fields:
            _write_fields(connection, feed, stage, fields, as_of)
        if feed.kind in (MISSIONS, MISSION_SERVICES):
            connection.execute(text(query("note_signed")), {"as_of": iso(as_of)})
        grouped = connection.execute(select(stage.c.change, func.count()).group_by(stage.c.change))
        counts = {int(change): int(rows) for change, rows in grouped}
    return counts.get(2, 0), counts.get(1, 0)


def _write_fields(connection: Connection, feed: Feed, rows_stage: Table, fields: pd.DataFrame, as_of: date) -> None:
    table, keys = schema.relation_fields, ["relation_id", "field"]
    for (has_value, has_expiry), part in fields.groupby(["has_value", "has_expiry"]):
        values = [*(["value"] if has_value else []), *(["expires_on"] if has_expiry else [])]
        columns = part[[*keys, *values]].assign(source=feed.file[:200], updated_on=pd.Timestamp(as_of), change=0)
        with staged(connection, table, columns, extra=(Column("change", Integer),)) as stage:
            _mark_changes(connection, table, stage, keys, values)
            stamp = {"source": stage.c.source, "updated_on": stage.c.updated_on}
            _update_changed(connection, table, stage, keys, values, stamp)
            is_new = ~select(literal(1)).where(*(table.c[k] == stage.c[k] for k in keys)).correlate(stage).exists()
            # A field that is new but empty is news only where it says that something is missing.
            has_content = or_(*(stage.c[v].is_not(None) for v in values))
            connection.execute(update(stage).where(is_new).values(change=2))
            connection.execute(update(stage).where(is_new, has_content).values(change=3))
            _insert_new(connection, table, stage, keys, above=1)
            moved = select(stage.c.relation_id).where(stage.c.change.in_((1, 3)))
            known = and_(rows_stage.c.change == 0, rows_stage.c.relation_id.in_(moved))
            connection.execute(update(rows_stage).where(known).values(change=1))


def _mark_changes(connection: Connection, table: Table, stage: Table, keys: list[str], values: list[str]) -> None:
    """change=1 for staged rows that are known and differ."""
    if values:
        differs = or_(*(table.c[v].is_distinct_from(stage.c[v]) for v in values))
        same = and_(*(table.c[k] == stage.c[k] for k in keys))
        exists = select(literal(1)).where(same, differs).correlate(stage).exists()
        connection.execute(update(stage).where(stage.c.change == 0, exists).values(change=1))


def _insert_new(connection: Connection, table: Table, stage: Table, keys: Sequence[str], above: int = 1) -> None:
    names = [c.name for c in stage.columns if c.name != "change"]
    rows = select(*(stage.c[n] for n in names)).where(stage.c.change > above).order_by(*(stage.c[k] for k in keys))
    connection.execute(insert(table).from_select(names, rows))


def _update_changed(
    connection: Connection,
    table: Table,
    stage: Table,
    keys: list[str],
    values: list[str],
    stamp: dict[str, Column[object]],
) -> None:
    if values:
        same = and_(*(table.c[k] == stage.c[k] for k in keys))
        news = {v: stage.c[v] for v in values} | stamp
        connection.execute(update(table).where(same, stage.c.change == 1).values(news))
