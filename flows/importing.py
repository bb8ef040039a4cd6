"""One import: extract, map, type, validate, gate, admit.

May touch: the rooms. Tests: tests/integration/test_import.py.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from flows.settings import Settings, SettingsError, now
from sql.lock import LockTaken
from sql.store import Store, StoreError
from tasks.admit import Admission, Feed, admit, last_read, quarantine_rows
from tasks.csv_files import RawFile, read_csv
from tasks.domain import canonical
from tasks.domain.gate import FeedFigures, check_feed
from tasks.domain.mapping import CANONICAL, Mapping, apply_mapping
from tasks.validate import validate

SECONDS_TO_WAIT_FOR_A_RUN = 600


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
    raw = read_csv(path, mapping.encoding, mapping.separator) if mapping else read_csv(path)
    rows = _canonical_rows(raw, kind, mapping)
    columns = [c for c in rows.columns if c != "source_row"]
    typed, fields = canonical.type_rows(rows, kind), canonical.type_fields(rows, kind)
    findings = judge(typed, fields, kind)
    out = quarantine_rows(raw, findings, typed, kind)
    feed = Feed(kind, mapping_name or CANONICAL, raw.name)
    try:
        with store.lock().acquire(SECONDS_TO_WAIT_FOR_A_RUN):
            check_feed(_figures(raw, fields, len(out), last_read(store, feed)), settings.firm.gate)
            admission = _admit(store, feed, raw, typed, fields, out, as_of)
    except LockTaken:
        raise StoreError("A run or another import has been writing for ten minutes; try again later.") from None
    return Imported(admission, canonical.field_names(columns, kind), findings)


def _canonical_rows(raw: RawFile, kind: canonical.Kind, mapping: Mapping | None) -> pd.DataFrame:
    try:
        rows = apply_mapping(raw.rows, mapping) if mapping else raw.rows
        canonical.check_columns(kind, [c for c in rows.columns if c != "source_row"])
    except canonical.ShapeError as error:
        raise canonical.ShapeError(f"{raw.name}: {error}") from None
    return rows


def judge(typed: pd.DataFrame, fields: pd.DataFrame, kind: canonical.Kind) -> pd.DataFrame:
    """Findings on the rows and on their data fields, in order of importance."""
    dated, undated = fields.loc[fields["has_expiry"]], fields.loc[~fields["has_expiry"]]
    return pd.concat(
        [
            validate(typed, kind.name, kind.key),
            validate(dated, "expiry", "relation_id"),
            validate(undated[["source_row", "relation_id", "field", "value"]], "expiry", "relation_id"),
        ],
        ignore_index=True,
    )


def _admit(
    store: Store,
    feed: Feed,
    raw: RawFile,
    typed: pd.DataFrame,
    fields: pd.DataFrame,
    out: pd.DataFrame,
    as_of: date,
) -> Admission:
    valid = typed.loc[~typed["source_row"].isin(out["source_row"])].drop(columns=["source_row", "appearance"])
    valid_fields = fields.loc[~fields["source_row"].isin(out["source_row"])]
    return admit(store, feed, raw, valid, valid_fields, out, as_of, now().replace(tzinfo=None))


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
