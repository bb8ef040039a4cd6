"""Admit: validated rows of one file into the database, the others into quarantine, and a line in the ledger.

Law: read = new + changed + unchanged + quarantined, and the same file twice changes nothing (Q1, Q4).
May touch: sql. Tests: tests/integration/test_import.py, on both databases.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import Column, Connection, Integer, Table, and_, delete, func, insert, literal, or_, select, update

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, query
from tasks.csv_files import RawFile
from tasks.domain.canonical import USERS, Kind

TABLES = {"relations": schema.relations, "users": schema.users}


@dataclass(frozen=True)
class Feed:
    """Where rows came from: the identity by which the gate and the quarantine know a source."""

    kind: Kind
    mapping: str
    file: str


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


def quarantine_rows(raw: RawFile, findings: pd.DataFrame, typed: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """One row per source row that stays out, with its reason and its raw text.

    Args:
        raw: the file.
        findings: what validation found, in order of importance (frames.FINDINGS).
        typed: the typed rows, for the ids.
        kind: what they are.

    Returns:
        source_row, row_id, reason, column_name, problem, raw, is_holding.
    """
    first = findings.loc[findings["effect"] == "quarantine"].drop_duplicates("source_row")
    admitted = typed.loc[~typed["source_row"].isin(first["source_row"]), kind.key]
    bad = raw.rows.loc[raw.rows["source_row"].isin(first["source_row"])]
    cells = bad.drop(columns="source_row").to_dict("records")
    texts = [json.dumps({k: v for k, v in row.items() if isinstance(v, str)}, ensure_ascii=False) for row in cells]
    judged = first.assign(
        raw=first["source_row"].map(dict(zip(bad["source_row"], texts, strict=True))),
        is_holding=~first["row_id"].isin(admitted) & first["row_id"].notna(),
    )
    ragged = pd.DataFrame(
        {
            "source_row": raw.ragged["source_row"],
            "row_id": None,
            "reason": "ragged_row",
            "column_name": "",
            "problem": raw.ragged["problem"],
            "raw": raw.ragged["cells"],
            "is_holding": False,
        }
    )
    parts = [part for part in (judged[list(ragged.columns)], ragged) if not part.empty]
    rows = pd.concat(parts, ignore_index=True) if parts else ragged
    # PostgreSQL has no text with NUL in it.
    return rows.assign(
        row_id=rows["row_id"].astype("str").str.replace("\x00", "�").str.slice(0, 255),
        raw=rows["raw"].astype("str").str.replace("\x00", "�"),
    )


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
        rows: valid typed rows; only the columns that the file has are written.
        fields: valid data fields, one row per relation × field.
        quarantined: from `quarantine_rows`.
        as_of: the day the relations are first seen on, if they are new.
        now: the instant of the import, UTC.
    """
    known = rows.assign(first_seen_on=pd.Timestamp(as_of)) if feed.kind.has_fields else rows
    with store.begin() as connection:
        new, changed = _write(connection, feed, known, fields, as_of)
        _replace_quarantine(connection, feed, rows, quarantined, as_of)
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
    table = TABLES[feed.kind.name]
    typed = rows.assign(remind_minutes=pd.to_numeric(rows["remind_minutes"])) if "remind_minutes" in rows else rows
    flag = Column("change", Integer, default=0)
    with staged(connection, table, typed.assign(change=0), extra=(flag,)) as stage:
        key = feed.kind.key
        is_new = ~select(literal(1)).where(table.c[key] == stage.c[key]).correlate(stage).exists()
        connection.execute(update(stage).where(is_new).values(change=2))
        values = [c.name for c in stage.columns if c.name not in (key, "change", "first_seen_on")]
        _mark_changes(connection, table, stage, [key], values)
        _insert_new(connection, table, stage, [key])
        _update_changed(connection, table, stage, [key], values, {})
        if feed.kind is not USERS:
            _write_fields(connection, feed, stage, fields, as_of)
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


def _replace_quarantine(
    connection: Connection, feed: Feed, rows: pd.DataFrame, quarantined: pd.DataFrame, as_of: date
) -> None:
    """What this file keeps out replaces what it kept out before; what it lets in leaves every quarantine (Q4)."""
    table = schema.quarantine
    of_feed = and_(table.c.kind == feed.kind.name, table.c.mapping == feed.mapping, table.c.source_file == feed.file)
    before = read_frame(connection, query("open_quarantine"), {})
    mine = before.loc[
        (before["kind"] == feed.kind.name) & (before["mapping"] == feed.mapping) & (before["source_file"] == feed.file)
    ]
    mended = before.loc[(before["kind"] == feed.kind.name) & before["row_id"].isin(rows[feed.kind.key]), "row_id"]
    for start in range(0, len(mended), 500):
        ids = mended.iloc[start : start + 500].tolist()
        connection.execute(delete(table).where(table.c.kind == feed.kind.name, table.c.row_id.in_(ids)))
    connection.execute(delete(table).where(of_feed))
    first_out = mine[["raw", "since_on"]].drop_duplicates("raw")
    fresh = quarantined.merge(first_out, on="raw", how="left", validate="many_to_one").assign(
        kind=feed.kind.name,
        mapping=feed.mapping,
        source_file=feed.file,
        since_on=lambda f: f["since_on"].fillna(pd.Timestamp(as_of)),
    )
    with staged(connection, table, fresh) as stage:
        names = [c.name for c in stage.columns]
        connection.execute(insert(table).from_select(names, select(*(stage.c[n] for n in names))))


def quarantined_count(store: Store) -> int:
    """Source rows that are out at present."""
    return store.count(schema.quarantine)
