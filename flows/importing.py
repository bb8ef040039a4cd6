"""One import: extract, map, type, validate, gate, admit.

May touch: the rooms. Tests: tests/integration/test_import.py.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from flows.settings import Settings, SettingsError, now
from sql.store import Store
from tasks.admit import Admission, admit, last_read
from tasks.csv_files import RawFile, read_file
from tasks.domain import canonical
from tasks.domain.gate import FeedFigures, check_feed
from tasks.domain.mapping import CANONICAL, Mapping, apply_mapping
from tasks.extract import with_references
from tasks.quarantine import Feed, quarantine_rows
from tasks.validate import validate

ROWS_NAMED = 5


@dataclass(frozen=True)
class Imported:
    """What an import did, and what it found: effects block and warn, one row per finding."""

    admission: Admission
    fields: list[str]
    findings: pd.DataFrame


def run_import(
    settings: Settings, store: Store, kind_name: str, path: Path, mapping_name: str | None, as_of: date
) -> Imported:
    """Read one file into the database.

    Raises:
        UnreadableFile, ShapeError, GateStopped: nothing was written; the message says why.
        SettingsError: no such mapping, or one of another kind.
    """
    kind = canonical.KINDS[kind_name]
    mapping = _mapping(settings, kind_name, mapping_name)
    raw = read_file(path, mapping.encoding, mapping.separator) if mapping else read_file(path)
    rows = _canonical_rows(raw, kind, mapping)
    columns = [c for c in rows.columns if c != "source_row"]
    feed = Feed(kind, mapping_name or CANONICAL, raw.name)
    judged = _judge(settings, store, rows, raw, kind)
    with store.writing():
        last = last_read(store, feed)
        check_feed(_figures(raw, judged.fields, len(judged.out), last), settings.firm.gate)
        admission = _admit(store, feed, raw, judged, as_of)
    return Imported(admission, canonical.field_names(columns, kind), judged.findings)


def take_in(
    settings: Settings, store: Store, kind_name: str, source: str, rows: pd.DataFrame, as_of: date
) -> Admission:
    """Write rows that a person gave by a command: all of them, or none.

    Args:
        settings: of the home.
        store: the database.
        kind_name: a kind of data.
        source: what the ledger calls their source.
        rows: canonical text columns.
        as_of: today.

    Raises:
        ShapeError: a row is bad; the message names its id, and what is wrong.
    """
    kind = canonical.KINDS[kind_name]
    numbered = rows.assign(source_row=range(1, len(rows) + 1))
    raw = RawFile(source, hashlib.sha256(rows.to_csv().encode()).hexdigest(), numbered)
    judged = _judge(settings, store, numbered, raw, kind)
    if not judged.out.empty:
        bad = [f"{row['row_id']}: {row['problem']}." for row in judged.out.head(ROWS_NAMED).to_dict("records")]
        raise canonical.ShapeError("\n".join([*bad, f"Nothing was written; {len(judged.out):,} would be wrong."]))
    with store.writing():
        return _admit(store, Feed(kind, CANONICAL, source), raw, judged, as_of)


@dataclass(frozen=True)
class Judged:
    """A file's rows, typed, with what validation found: `out` are the rows that stay out."""

    typed: pd.DataFrame
    fields: pd.DataFrame
    findings: pd.DataFrame
    out: pd.DataFrame


def _judge(settings: Settings, store: Store, rows: pd.DataFrame, raw: RawFile, kind: canonical.Kind) -> Judged:
    typed = with_references(store, canonical.type_rows(rows, kind), kind, settings.templates)
    fields = canonical.type_fields(rows, kind)
    findings = judge(typed, fields, kind)
    return Judged(typed, fields, findings, quarantine_rows(raw, findings, typed))


def _canonical_rows(raw: RawFile, kind: canonical.Kind, mapping: Mapping | None) -> pd.DataFrame:
    try:
        rows = apply_mapping(raw.rows, mapping) if mapping else raw.rows
        canonical.check_columns(kind, [c for c in rows.columns if c != "source_row"])
    except canonical.ShapeError as error:
        raise canonical.ShapeError(f"{raw.name}: {error}") from None
    return rows


def judge(typed: pd.DataFrame, fields: pd.DataFrame, kind: canonical.Kind) -> pd.DataFrame:
    """Findings on the rows and on their data fields, in order of importance."""
    rows = validate(typed, kind.name, "row_id")
    if not kind.has_fields:
        return rows
    dated, undated = fields.loc[fields["has_expiry"]], fields.loc[~fields["has_expiry"]]
    return pd.concat(
        [
            rows,
            validate(dated, "expiry", "relation_id"),
            validate(undated[["source_row", "relation_id", "field", "value"]], "expiry", "relation_id"),
        ],
        ignore_index=True,
    )


def _admit(store: Store, feed: Feed, raw: RawFile, judged: Judged, as_of: date) -> Admission:
    out = judged.out["source_row"]
    valid = judged.typed.loc[~judged.typed["source_row"].isin(out)]
    fields = judged.fields.loc[~judged.fields["source_row"].isin(out)]
    return admit(store, feed, raw, valid, fields, judged.out, as_of, now().replace(tzinfo=None))


def _figures(raw: RawFile, fields: pd.DataFrame, bad: int, last: int | None) -> FeedFigures:
    dated = fields.loc[fields["has_expiry"]]
    filled = int((dated["expires_on"].notna() | dated["is_unreadable"]).sum())
    return FeedFigures(raw.name, raw.read, bad, last, len(dated) or None, filled)


def _mapping(settings: Settings, kind: str, name: str | None) -> Mapping | None:
    if name in (None, CANONICAL):
        return None
    mapping = settings.mappings.get(name or "")
    if mapping is None:
        known = ", ".join(sorted(settings.mappings)) or "none"
        raise SettingsError(f"There is no mapping {name!r} in {settings.home / 'mappings'}; there are: {known}.")
    if mapping.kind != kind:
        raise SettingsError(f"Mapping {name} is for {mapping.kind}: write `relance import {mapping.kind} …`.")
    return mapping
