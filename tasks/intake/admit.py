"""Admit: writes a file's valid rows to the database and the others to quarantine, and adds a line to the ledger.

Law: read = new + changed + unchanged + quarantined, and the same file twice changes nothing (Q1, Q4).
May touch: sql. Tests: tests/integration/intake/test_import.py, on both databases.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, insert, update

from sql import schema
from sql.store import Store
from tasks.domain.definitions.kinds import ANSWERS
from tasks.domain.intake.ids import id_keys
from tasks.domain.intake.typed_rows import stored_rows
from tasks.intake.activity_saves import is_first_import
from tasks.intake.quarantine import Feed, replace_quarantine
from tasks.intake.record_answers import Recording, write_answers
from tasks.intake.write_rows import TABLES, Writing, make_former, write_rows


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
    mails: "SavesFollowed | None" = None

    def to_json(self) -> dict[str, object]:
        """The object that `relance import --json` prints."""
        return asdict(self) | {"mails": (self.mails or SavesFollowed()).to_json()}


@dataclass(frozen=True)
class SavesFollowed:
    """What followed from an import's saves.

    Attributes:
        queued: mails of activities and rules in the outbox.
        people: how many people they go to.
        imported: mails that were left out, because it was a first import (V2).
    """

    queued: int = 0
    people: int = 0
    imported: int = 0

    def to_json(self) -> dict[str, object]:
        """As part of what `relance import --json` prints."""
        return {"queued": self.queued, "people": self.people, "dropped": {"imported": self.imported}}


AfterSaves = Callable[[Connection, Writing, Mapping[str, bool]], SavesFollowed]


def last_read(store: Store, feed: Feed) -> int | None:
    """Number of rows in the last good read of this feed; None if there was none."""
    found = store.read("last_import", kind=feed.kind.name, mapping=feed.mapping, stream=feed.stream)
    return None if found.empty else int(found["read"].iloc[0])


def admit(
    store: Store,
    intake: Intake,
    as_of: date,
    now: datetime,
    *,
    after: AfterSaves | None = None,
    notifies: bool = False,
) -> ImportResult:
    """Write one import in one transaction.

    Args:
        store: the database.
        intake: what to write.
        as_of: the date on which new relations are first seen.
        now: the instant of the import, UTC.
        after: what follows from the saves of its rows, in the same transaction: it returns the mails that it queued,
            and those that it left out.
        notifies: people are told of its rows although it is a first import (V2).
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
        is_quiet = not notifies and is_first_import(connection, feed.kind.name, admission.import_id)
        writing = Writing(admission.import_id, as_of, now, is_quiet, lists_saved=after is not None)
        done = write_rows(connection, feed, writing, known, intake.fields)
        make_former(connection, admission.import_id, intake.gone)
        replace_quarantine(connection, feed, admission.import_id, intake.rows, intake.quarantined, intake.mended, as_of)
        counted = _count(connection, admission, done.new, done.changed)
        return counted if after is None else replace(counted, mails=after(connection, writing, done.saved))


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
    figures: dict[str, Any] = {name: int(before[name]) for name in ("read", "quarantined", "left_out")}
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
    figures: dict[str, Any] = {
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
