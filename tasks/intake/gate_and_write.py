"""From a judged file to what goes in: gate, admit, and what the ledger keeps to tell. Whoever calls holds the lock.

May touch: the rooms. Tests: tests/integration/intake/test_import.py, tests/integration/intake/test_ledger.py.
"""

from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from sql.store import Store
from tasks.domain import frames
from tasks.domain.definitions import kinds as canonical
from tasks.domain.definitions.home import HomeDefinitions
from tasks.domain.intake.gate import FeedFigures, GateStopped, check_feed
from tasks.domain.intake.ids import id_keys
from tasks.intake.admit import ImportResult, Intake, admit, last_read
from tasks.intake.check import CheckedFile

ROWS_NAMED = 5


@dataclass(frozen=True)
class ImportOptions:
    """On what terms a file goes in.

    Attributes:
        is_full: it holds every relation of its source; those that it no longer holds become former.
        accepts_drop: let it through a gate that closed because rows are gone.
        is_preview: show what would happen, and undo it.
    """

    is_full: bool = False
    accepts_drop: bool = False
    is_preview: bool = False


AS_USUAL = ImportOptions()


@dataclass(frozen=True)
class ImportReport:
    """What an import did, and what it found.

    Attributes:
        admission: the ledger's line.
        details: what the ledger keeps to tell of it (`details_of`).
        rows: of a preview, what goes in, as it goes in; one row per source row.
        out: of a preview, the rows that stay out (`quarantine_rows`).
        closed: of a preview, what the gate would say to stop it.
    """

    admission: ImportResult
    details: dict[str, Any]
    rows: pd.DataFrame | None = None
    out: pd.DataFrame | None = None
    closed: str | None = None


def write_checked(
    home: HomeDefinitions, store: Store, judged: CheckedFile, as_of: date, terms: ImportOptions, now: datetime
) -> ImportReport:
    """Through the gate and into the database; the caller holds the writer's lock.

    Raises:
        GateStopped: the file is not believed (Q3).
    """
    gone, known = _gone(store, judged) if terms.is_full else ([], None)
    figures = _figures(judged, last_read(store, judged.feed), known, len(gone))
    closed, is_drop_accepted = None, False
    try:
        is_drop_accepted = check_feed(figures, home.firm.gate, terms.accepts_drop)
    except GateStopped as error:
        # A preview shows what is behind the closed gate, too.
        if not terms.is_preview:
            raise
        closed = str(error)
    intake = intake_of(judged, ImportOptions(terms.is_full, is_drop_accepted), gone)
    with store.rehearsal() if terms.is_preview and not store.is_within else nullcontext():
        admission = admit(store, intake, as_of, now.replace(tzinfo=None))
    if not terms.is_preview:
        return ImportReport(admission, dict(intake.details))
    going_in = judged.reshaped.rows.loc[judged.reshaped.rows["source_row"].isin(intake.rows["source_row"])]
    return ImportReport(admission, dict(intake.details), going_in, judged.out, closed)


def _gone(store: Store, judged: CheckedFile) -> tuple[list[str], int]:
    """Relations that this profile once brought in and that the file no longer holds; of how many.

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
    """What is to be written of a judged file; `gone` are the relations that it no longer holds."""
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
    """What the ledger keeps to tell of an import: titles, counts and row numbers, nothing of a person (Q5)."""
    return {
        "shape": judged.shape,
        "columns": [c for c in judged.raw.rows.columns if c != "source_row"],
        "fields": canonical.field_names(judged.columns, judged.feed.kind),
        "findings": told(judged.findings),
        "doubts": list(judged.doubts),
        "repairs": [asdict(r) | {"first_rows": list(r.first_rows)} for r in judged.reshaped.repairs],
    }


def told(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Findings as they are told: one line per effect, column and problem, with its count and first rows."""
    lines = findings.assign(column_name=findings["column_name"].fillna(""))
    return [
        {
            "effect": effect,
            "column": column,
            "reason": reason,
            "problem": problem,
            "rows": len(rows),
            "first_rows": [int(n) for n in rows["source_row"].head(ROWS_NAMED)],
        }
        for (effect, column, reason, problem), rows in lines.groupby(
            ["effect", "column_name", "reason", "problem"], sort=False
        )
    ]


def _figures(judged: CheckedFile, last: int | None, known: int | None, gone: int) -> FeedFigures:
    dated = judged.fields.loc[judged.fields["has_expiry"]]
    filled = int((dated["expires_on"].notna() | dated["is_unreadable"]).sum())
    read = judged.raw.read - judged.reshaped.left_out
    if judged.mended:
        # Rows that a person mends one by one: neither their number nor their share says anything of the source.
        return FeedFigures(judged.raw.name, read)
    return FeedFigures(judged.raw.name, read, len(judged.out), last, len(dated) or None, filled, known, gone)
