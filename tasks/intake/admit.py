"""Admit: writes a file's valid rows to the database and the others to quarantine, and adds a line to the ledger.

Law: read = new + changed + unchanged + quarantined, and the same file twice changes nothing (Q1, Q4).
May touch: sql. Tests: tests/integration/intake/test_import.py, on both databases.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Column, Connection, Integer, Table, and_, func, insert, literal, or_, select, text, update

from sql import schema
from sql.bulk import staged
from sql.store import Store, iso, query
from tasks.domain.definitions.kinds import ANSWERS, MISSION_SERVICES, MISSIONS
from tasks.domain.intake.ids import id_keys
from tasks.domain.intake.typed_rows import stored_rows
from tasks.intake.changes import note_changes
from tasks.intake.quarantine import Feed, replace_quarantine
from tasks.intake.record_answers import Recording, write_answers

TABLES = {
    "relations": schema.relations,
    "users": schema.users,
    "missions": schema.missions,
    "mission_services": schema.mission_services,
    "activities": schema.activities,
}
FORMER = "former"
ANSWER_SOURCE = "answer"  # of a field that a client answered (tasks/requests/answers.py)
# Columns of a staged row that are written only when the row is new.
OF_NEW_ROWS = ("change", "first_seen_on", "folded_id")


@dataclass(frozen=True)
class Intake:
    """One checked file, ready to be written.

    Attributes:
        feed: where the rows came from.
        sha256: of the file's bytes.
        rows: valid typed rows; only the columns that the file has are written.
        fields: valid data fields, one row per relation × field.
        quarantined: from `quarantine_rows`.
        repeated: the number of rows that repeat an earlier row exactly.
        left_out: the number of rows that the profile leaves out; they do not count as read.
        gone: ids that are missing from a full export.
        is_full: whether it was declared a full export.
        is_drop_accepted: whether a person accepted it although the gate would have stopped it.
        mended: fingerprints of quarantined rows that the file contains again, corrected.
        details: what the ledger keeps for its report, as JSON values.
        documents: where the files of answers are kept; None if they are not copied, in a preview.
    """

    feed: Feed
    sha256: str
    rows: pd.DataFrame
    fields: pd.DataFrame
    quarantined: pd.DataFrame
    repeated: int = 0
    left_out: int = 0
    gone: Sequence[str] = ()
    is_full: bool = False
    is_drop_accepted: bool = False
    mended: frozenset[str] = frozenset()
    details: Mapping[str, Any] = field(default_factory=dict)
    documents: Path | None = None


@dataclass(frozen=True)
class ImportResult:
    """One line of the ledger."""

    import_id: int
    kind: str
    file: str
    mapping: str
    read: int
    new: int
    changed: int
    unchanged: int
    quarantined: int
    left_out: int = 0
    made_former: int = 0

    def to_json(self) -> dict[str, object]:
        """The object that `relance import --json` prints."""
        return asdict(self)


def last_read(store: Store, feed: Feed) -> int | None:
    """Number of rows in the last good read of this feed; None if there was none."""
    found = store.read("last_import", kind=feed.kind.name, mapping=feed.mapping, stream=feed.stream)
    return None if found.empty else int(found["read"].iloc[0])


def admit(store: Store, intake: Intake, as_of: date, now: datetime) -> ImportResult:
    """Write one import in one transaction.

    Args:
        store: the database.
        intake: what to write.
        as_of: the date on which new relations are first seen.
        now: the instant of the import, UTC.
    """
    feed = intake.feed
    if feed.kind is ANSWERS:
        return _admit_answers(store, intake, as_of, now)
    stored = stored_rows(intake.rows, feed.kind)
    if "folded_id" in TABLES[feed.kind.name].columns:
        stored = stored.assign(folded_id=id_keys(stored[feed.kind.keys[0]]))
    known = stored.assign(first_seen_on=pd.Timestamp(as_of)) if feed.kind.has_fields else stored
    with store.begin() as connection:
        admission = _open(connection, intake, as_of, now)
        new, changed = _write(connection, intake, admission.import_id, known, as_of)
        _make_former(connection, admission.import_id, intake.gone)
        replace_quarantine(connection, feed, admission.import_id, intake.rows, intake.quarantined, intake.mended, as_of)
        return _count(connection, admission, new, changed)


def _admit_answers(store: Store, intake: Intake, as_of: date, now: datetime) -> ImportResult:
    """Record answers, and quarantine the rows that are none."""
    with store.begin() as connection:
        opened = _open(connection, intake, as_of, now)
        new = write_answers(connection, intake.rows, Recording(opened.import_id, intake.documents, now))
        replace_quarantine(
            connection, intake.feed, opened.import_id, intake.rows, intake.quarantined, intake.mended, as_of
        )
        return _count(connection, opened, new, 0)


def _count(connection: Connection, opened: ImportResult, new: int, changed: int) -> ImportResult:
    """The ledger's line with what was new and changed."""
    done = replace(opened, new=new, changed=changed, unchanged=opened.unchanged - new - changed)
    counts = {"new": done.new, "changed": done.changed, "unchanged": done.unchanged}
    mine = schema.imports.c.import_id == done.import_id
    connection.execute(update(schema.imports).where(mine).values(counts))
    return done


def admit_again(
    store: Store, before: Mapping[str, Any], as_of: date, now: datetime
) -> tuple[ImportResult, dict[str, Any]]:
    """Add a ledger line for a file that changes nothing since its last import, and return it with that one's details.

    Args:
        store: the database.
        before: the ledger's row for the last import.
        as_of: the date of this import.
        now: its instant, UTC.
    """
    figures = {name: int(before[name]) for name in ("read", "quarantined", "left_out")}
    figures |= {"new": 0, "changed": 0, "unchanged": figures["read"] - figures["quarantined"], "made_former": 0}
    again = {"imported_on": as_of, "imported_at": now, "is_full": False, "is_drop_accepted": False}
    row = {name: value for name, value in before.items() if name != "import_id"} | figures
    with store.begin() as connection:
        key = connection.execute(insert(schema.imports).values(row | again)).inserted_primary_key
    assert key is not None
    admission = ImportResult(int(key[0]), before["kind"], before["source_file"], before["mapping"], **figures)
    return admission, json.loads(before["details"])


def _open(connection: Connection, intake: Intake, as_of: date, now: datetime) -> ImportResult:
    """Insert the ledger's line, with all rows unchanged so far."""
    feed = intake.feed
    going_in = len(intake.rows) + intake.repeated
    figures = {
        "read": going_in + len(intake.quarantined),
        "new": 0,
        "changed": 0,
        "unchanged": going_in,
        "quarantined": len(intake.quarantined),
        "left_out": intake.left_out,
        "made_former": len(intake.gone),
    }
    entry = {
        "kind": feed.kind.name,
        "mapping": feed.mapping,
        "source_file": feed.file,
        "stream": feed.stream,
        "sha256": intake.sha256,
        "imported_on": as_of,
        "imported_at": now,
        "is_full": intake.is_full,
        "is_drop_accepted": intake.is_drop_accepted,
        "details": json.dumps(dict(intake.details), ensure_ascii=False),
    }
    key = connection.execute(insert(schema.imports).values(figures | entry)).inserted_primary_key
    assert key is not None
    return ImportResult(int(key[0]), feed.kind.name, feed.file, feed.mapping, **figures)


def _write(connection: Connection, intake: Intake, import_id: int, rows: pd.DataFrame, as_of: date) -> tuple[int, int]:
    """Upsert rows and fields; return the number of new ids, and of known ids with any change."""
    kind = intake.feed.kind
    table, keys = TABLES[kind.name], list(kind.keys)
    flag = Column("change", Integer, default=0)
    with staged(connection, table, rows.assign(change=0), extra=(flag,)) as stage:
        same = and_(*(table.c[key] == stage.c[key] for key in keys))
        is_new = ~select(literal(1)).where(same).correlate(stage).exists()
        connection.execute(update(stage).where(is_new).values(change=2))
        values = [c.name for c in stage.columns if c.name not in (*keys, *OF_NEW_ROWS)]
        _mark_changes(connection, table, stage, keys, values)
        _insert_new(connection, import_id, table, stage, keys)
        _update_changed(connection, import_id, table, stage, keys, values)
        if kind.has_fields:
            _write_fields(connection, intake, import_id, stage, as_of)
        if kind in (MISSIONS, MISSION_SERVICES):
            connection.execute(text(query("note_signed")), {"as_of": iso(as_of)})
        grouped = connection.execute(select(stage.c.change, func.count()).group_by(stage.c.change))
        counts = {int(change): int(rows) for change, rows in grouped}
    return counts.get(2, 0), counts.get(1, 0)


def _write_fields(connection: Connection, intake: Intake, import_id: int, rows_stage: Table, as_of: date) -> None:
    table, keys = schema.relation_fields, ["relation_id", "field"]
    stamp: dict[str, Any] = {"source": intake.feed.file[:200], "updated_on": pd.Timestamp(as_of)}
    for (has_value, has_expiry), part in intake.fields.groupby(["has_value", "has_expiry"]):
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
    """Set change=0 where a client's answer replaced just what the file still says (D6)."""
    same = and_(*(table.c[k] == stage.c[k] for k in keys), table.c.source == ANSWER_SOURCE)
    echo = and_(*(table.c[f"replaced_{v}"].is_not_distinct_from(stage.c[v]) for v in values))
    exists = select(literal(1)).where(same, echo).correlate(stage).exists()
    connection.execute(update(stage).where(stage.c.change == 1, exists).values(change=0))


def _make_former(connection: Connection, import_id: int, gone: Sequence[str]) -> None:
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
