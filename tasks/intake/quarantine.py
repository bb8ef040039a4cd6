"""Quarantine: source rows that are not imported, with reason and raw text, until a later import accepts them (Q4).

Law: valid ⊎ quarantined = read, by source row (Q1).
May touch: sql. Tests: tests/integration/intake/test_import.py, tests/integration/intake/test_quarantine.py, on both
databases.
"""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Connection, delete, insert, literal, select

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, query
from tasks.domain import frames
from tasks.domain.definitions.kinds import Kind
from tasks.intake.changes import note_removals
from tasks.intake.readers.raw_file import RawFile


def count_quarantined(store: Store) -> int:
    """Number of source rows in quarantine now."""
    return int(store.read("count_quarantined")["n"].iloc[0])


# The date, and perhaps the hour, in an export's file name: 2026-11-24, 20261124_0200.
STAMP = re.compile(r"\d{4}([-_.]?)\d{2}\1\d{2}(?:[-_.T ]?\d{2}(?:[-_.h:]?\d{2}){1,2})?(?!\d)")
KEY = ("kind", "mapping", "source_file", "source_row")
REPORTED = ("row_id", "reason", "column_name", "problem", "raw", "is_holding")


@dataclass(frozen=True)
class Feed:
    """Where rows came from."""

    kind: Kind
    mapping: str
    file: str

    @property
    def stream(self) -> str:
        """The constant part of a feed's file names, by which the gate and the quarantine recognise the source."""
        return STAMP.sub("DAY", self.file)


def fingerprint(raw: str) -> str:
    """Identifies a quarantined row when it is re-imported after correction."""
    return hashlib.sha256(raw.encode()).hexdigest()[:16]


def quarantine_rows(raw: RawFile, findings: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """One row per quarantined source row, with its reason and its raw text.

    Args:
        raw: the file.
        findings: what validation found, in order of importance (frames.FINDINGS).
        typed: the typed rows, for the ids.

    Returns:
        source_row, row_id, reason, column_name, problem, raw, is_holding.
    """
    first = findings.loc[findings["effect"] == "quarantine"].drop_duplicates("source_row")
    admitted = typed.loc[
        typed["row_id"].isin(first["row_id"]) & ~typed["source_row"].isin(first["source_row"]), "row_id"
    ]
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
    # PostgreSQL cannot store NUL in text.
    return rows.assign(
        row_id=rows["row_id"].astype("str").str.replace("\x00", "�").str.slice(0, 255),
        raw=rows["raw"].astype("str").str.replace("\x00", "�"),
    )


def replace_quarantine(
    connection: Connection,
    feed: Feed,
    import_id: int,
    rows: pd.DataFrame,
    quarantined: pd.DataFrame,
    mended: Collection[str],
    as_of: date,
) -> None:
    """Replace a feed's quarantined rows with those of this file, and remove rows that it imports from quarantine (Q4).

    Args:
        connection: within the import's transaction.
        feed: where the rows came from.
        import_id: the import.
        rows: those that are imported, with row_id; their ids leave the quarantine of every feed.
        quarantined: from `quarantine_rows`.
        mended: fingerprints of quarantined rows that this file contains again.
        as_of: the start date for rows new in quarantine.
    """
    before = read_frame(connection, query("open_quarantine"), {}).loc[lambda f: f["kind"] == feed.kind.name]
    is_mine = (before["mapping"] == feed.mapping) & (before["stream"] == feed.stream)
    is_mended = frames.is_among(before["row_id"], rows["row_id"])
    if mended:
        is_mended |= before["raw"].map(fingerprint).isin(mended)
    first_out = before.loc[is_mine, ["raw", "since_on"]].drop_duplicates("raw")
    fresh = quarantined.merge(first_out, on="raw", how="left", validate="many_to_one").assign(
        kind=feed.kind.name,
        mapping=feed.mapping,
        stream=feed.stream,
        source_file=feed.file,
        since_on=lambda f: f["since_on"].fillna(pd.Timestamp(as_of)),
    )
    is_as_before = _is_among(before, fresh)
    _remove(connection, import_id, before.loc[(is_mine | is_mended) & ~is_as_before])
    _insert(connection, import_id, fresh.loc[~_is_among(fresh, before.loc[is_as_before])])


def _is_among(some: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    """Whether each row is among the others, with all reported columns equal."""
    columns = [*KEY, *REPORTED]
    known = set(map(tuple, others[columns].astype(object).where(others[columns].notna(), None).to_numpy()))
    mine = some[columns].astype(object).where(some[columns].notna(), None).to_numpy()
    return pd.Series([tuple(row) in known for row in mine], index=some.index, dtype=bool)


def _remove(connection: Connection, import_id: int, gone: pd.DataFrame) -> None:
    if gone.empty:
        return
    table = schema.quarantine
    with staged(connection, table, gone[list(KEY)]) as stage:
        note_removals(connection, import_id, table, stage, KEY)
        same = [table.c[key] == stage.c[key] for key in KEY]
        connection.execute(delete(table).where(select(literal(1)).where(*same).correlate(table).exists()))


def _insert(connection: Connection, import_id: int, fresh: pd.DataFrame) -> None:
    table = schema.quarantine
    with staged(connection, table, fresh.assign(import_id=import_id)) as stage:
        names = [c.name for c in stage.columns]
        connection.execute(insert(table).from_select(names, select(*(stage.c[n] for n in names))))
