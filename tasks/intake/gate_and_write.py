"""From a checked file to the database: the gate, admit, and the ledger's details. The caller holds the writer's lock.

May touch: sql, tasks/intake, domain. Tests: tests/integration/intake/test_import.py,
tests/integration/intake/test_ledger.py.
"""

from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from sql.store import Store
from tasks.domain import frames
from tasks.domain.definitions import kinds as canonical
from tasks.domain.definitions.home import HomeDefinitions
from tasks.domain.intake.gate import FeedFigures, GateStopped, check_feed
from tasks.domain.intake.ids import id_keys
from tasks.intake.admit import AfterSaves, ImportResult, Intake, admit, last_read
from tasks.intake.check import CheckedFile

ROWS_NAMED = 5
# By kind, the column that says which relation a row is of.
OF_RELATION = dict.fromkeys(("relations", "missions", "answers", "field_dates"), "relation_id") | {
    "activities": "contact_id"
}


@dataclass(frozen=True)
class ImportOptions:
    """The options of an import.

    Attributes:
        is_full: the file holds every relation of its source; relations missing from it become former.
        accepts_drop: accept the file although the gate would stop it because rows are gone.
        is_preview: show what would happen, then roll it back.
        notifies: people are told of activities although it is a first import (V2).
    """

    is_full: bool = False
    accepts_drop: bool = False
    is_preview: bool = False
    notifies: bool = False


AS_USUAL = ImportOptions()


@dataclass(frozen=True)
class ImportReport:
    """What an import did and found.

    Attributes:
        admission: the ledger's line.
        details: what the ledger keeps for its report (`details_of`).
        rows: in a preview, the rows as they would be written; one row per source row.
        out: in a preview, the rows that would be quarantined (`quarantine_rows`).
        closed: in a preview, the gate's message if it would stop the import.
        warn_above: how many people may be mailed without a word of warning (firm.yaml).
    """

    admission: ImportResult
    details: dict[str, Any]
    rows: pd.DataFrame | None = None
    out: pd.DataFrame | None = None
    closed: str | None = None
    warn_above: int = 0


def write_checked(
    home: HomeDefinitions,
    store: Store,
    judged: CheckedFile,
    *,
    as_of: date,
    terms: ImportOptions,
    now: datetime,
    documents: Path | None = None,
    after: AfterSaves | None = None,
) -> ImportReport:
    """Check the gate and write to the database; the caller holds the writer's lock.

    Args:
        home: the firm and its templates.
        store: the database.
        judged: the file.
        as_of: today.
        terms: the import's options.
        now: the instant, UTC.
        documents: where the files of answers are kept.
        after: what follows from the saves of its rows (tasks/intake/admit.py).

    Raises:
        GateStopped: the file looks broken (Q3).
    """
    gone, known = _gone(store, judged) if terms.is_full else ([], None)
    figures = _figures(judged, last_read(store, judged.feed), known, len(gone))
    closed, is_drop_accepted = None, False
    try:
        is_drop_accepted = check_feed(figures, home.firm.gate, terms.accepts_drop)
    except GateStopped as error:
        # A preview goes on, to show what would be written.
        if not terms.is_preview:
            raise
        closed = str(error)
    intake = intake_of(judged, ImportOptions(terms.is_full, is_drop_accepted), gone)
    intake = replace(intake, documents=None if terms.is_preview else documents)
    with store.rehearsal() if terms.is_preview and not store.is_within else nullcontext():
        admission = admit(store, intake, as_of, now.replace(tzinfo=None), after=after, notifies=terms.notifies)
    if not terms.is_preview:
        return ImportReport(admission, dict(intake.details), warn_above=home.firm.rules.warn_above)
    going_in = judged.reshaped.rows.loc[judged.reshaped.rows["source_row"].isin(intake.rows["source_row"])]
    warn_above = home.firm.rules.warn_above
    return ImportReport(admission, dict(intake.details), going_in, judged.out, closed, warn_above)


def _gone(store: Store, judged: CheckedFile) -> tuple[list[str], int]:
    """Relations imported with this profile that are missing from the file, and the total imported with this profile.

    Raises:
        GateStopped: the file does not say which relations it holds.
    """
    name = judged.raw.name
    if judged.feed.kind is not canonical.RELATIONS:
        raise GateStopped(
            f"{name}: only relations can be marked former; import {judged.feed.kind.name} without --full."
        )
    nameless = len(judged.raw.ragged) + int(judged.typed["row_id"].isna().sum())
    if nameless:
        raise GateStopped(
            f"{name}: {nameless:,} rows have no id that can be read, so it is unknown which relations are gone. "
            "Correct them, or import without --full. Nothing was written and nobody was mailed."
        )
    known = store.read("known_by_mapping", mapping=judged.feed.mapping)["relation_id"]
    there = judged.typed["row_id"]
    is_there = (
        frames.is_among(known, there) if judged.has_exact_ids else frames.is_among(id_keys(known), id_keys(there))
    )
    return sorted(known[~is_there]), len(known)


def intake_of(judged: CheckedFile, terms: ImportOptions, gone: list[str]) -> Intake:
    """What to write for a checked file; `gone` are the relations missing from it."""
    out = judged.out["source_row"]
    return Intake(
        feed=judged.feed,
        sha256=judged.raw.sha256,
        rows=judged.typed.loc[~judged.typed["source_row"].isin(out)],
        fields=judged.fields.loc[~judged.fields["source_row"].isin(out)],
        quarantined=judged.out,
        repeated=judged.repeated,
        left_out=judged.reshaped.left_out,
        gone=gone,
        is_full=terms.is_full,
        is_drop_accepted=terms.accepts_drop,
        mended=judged.mended,
        details=details_of(judged),
    )


def details_of(judged: CheckedFile) -> dict[str, Any]:
    """What the ledger keeps for an import's report: titles, counts and row numbers, no personal data (Q5)."""
    return {
        "shape": judged.shape,
        "columns": [c for c in judged.raw.rows.columns if c != "source_row"],
        "fields": canonical.field_names(judged.columns, judged.feed.kind),
        "relations": count_relations(judged),
        "findings": reported(judged.findings),
        "doubts": list(judged.doubts),
        "repairs": [asdict(r) | {"first_rows": list(r.first_rows)} for r in judged.reshaped.repairs],
    }


def count_relations(judged: CheckedFile) -> int | None:
    """How many relations the rows that go in are of, whatever the number of their rows; None if they are of none."""
    column = OF_RELATION.get(judged.feed.kind.name)
    if column is None or column not in judged.typed.columns:
        return None
    is_out = judged.typed["source_row"].isin(judged.out["source_row"])
    return int(judged.typed.loc[~is_out, column].nunique())


def reported(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Findings for the report: one line per effect, column and problem, with its count and first rows.

    Of a quarantined row only the problem is reported for which it is out: nothing else of it went in.
    """
    is_out = findings["effect"] == "quarantine"
    is_in = ~findings["source_row"].isin(findings.loc[is_out, "source_row"])
    lines = findings.loc[is_out | is_in].assign(column_name=findings["column_name"].fillna(""))
    return [
        {
            "effect": effect,
            "column": column,
            "reason": reason,
            "problem": problem,
            "rows": int(rows["source_row"].nunique()),
            "first_rows": [int(n) for n in rows["source_row"].drop_duplicates().head(ROWS_NAMED)],
        }
        for (effect, column, reason, problem), rows in lines.groupby(
            ["effect", "column_name", "reason", "problem"], sort=False
        )
    ]


def _figures(judged: CheckedFile, last: int | None, known: int | None, gone: int) -> FeedFigures:
    dated = judged.fields.loc[judged.fields["has_expiry"]]
    filled = int((dated["expires_on"].notna() | dated["is_unreadable"]).sum())
    read = judged.raw.read - judged.reshaped.left_out
    if judged.mended or judged.feed.kind is canonical.ANSWERS:
        # Rows that a person corrects, or a client sends, come one by one: neither their number nor their share says
        # anything about the source.
        return FeedFigures(judged.raw.name, read)
    return FeedFigures(judged.raw.name, read, len(judged.out), last, len(dated) or None, filled, known, gone)
