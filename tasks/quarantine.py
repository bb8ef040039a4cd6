"""Quarantine: the source rows that stay out, with their reason and raw text, until a later import lets them in (Q4).

Law: valid ⊎ quarantined = read, by source row (Q1).
May touch: sql. Tests: tests/integration/test_import.py, on both databases.
"""

import json
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Connection, and_, delete, insert, select

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import query
from tasks.csv_files import RawFile
from tasks.domain.canonical import Kind


@dataclass(frozen=True)
class Feed:
    """Where rows came from: the identity by which the gate and the quarantine know a source."""

    kind: Kind
    mapping: str
    file: str


def quarantine_rows(raw: RawFile, findings: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """One row per source row that stays out, with its reason and its raw text.

    Args:
        raw: the file.
        findings: what validation found, in order of importance (frames.FINDINGS).
        typed: the typed rows, for the ids.

    Returns:
        source_row, row_id, reason, column_name, problem, raw, is_holding.
    """
    first = findings.loc[findings["effect"] == "quarantine"].drop_duplicates("source_row")
    admitted = typed.loc[~typed["source_row"].isin(first["source_row"]), "row_id"]
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


def replace_quarantine(
    connection: Connection, feed: Feed, rows: pd.DataFrame, quarantined: pd.DataFrame, as_of: date
) -> None:
    """What this file keeps out replaces what it kept out before; what it lets in leaves every quarantine (Q4)."""
    table = schema.quarantine
    of_feed = and_(table.c.kind == feed.kind.name, table.c.mapping == feed.mapping, table.c.source_file == feed.file)
    before = read_frame(connection, query("open_quarantine"), {})
    mine = before.loc[
        (before["kind"] == feed.kind.name) & (before["mapping"] == feed.mapping) & (before["source_file"] == feed.file)
    ]
    mended = before.loc[(before["kind"] == feed.kind.name) & before["row_id"].isin(rows["row_id"]), "row_id"]
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
