"""Forms at an import: what a form requires becomes an expectation with a row condition, for Great Expectations (W1).

A record is judged as it will be saved: columns that the file lacks have the value that is stored already.
May touch: sql, tasks/validation.py, domain. Tests: tests/integration/intake/test_forms_at_import.py, on both databases.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select

from sql import schema
from sql.bulk import staged
from sql.store import Store
from tasks.domain import frames
from tasks.domain.definitions.form import REQUIRED, Form, in_order
from tasks.domain.definitions.kinds import EXPIRES_ON, Kind
from tasks.domain.definitions.record_fields import is_data_field
from tasks.domain.intake.typed_rows import ANSWERS
from tasks.domain.rules.conditions import is_missing
from tasks.domain.rules.judge import REQUIRED_BY
from tasks.domain.rules.masks import required_masks
from tasks.domain.rules.records import record_frame
from tasks.intake.write_rows import TABLES
from tasks.validation import validate_by

LONGEST_COLUMN = 128
IS_REQUIRED = "is_required_"
# Great Expectations' row condition, without its column: rows where that is true.
ROWS = {"type": "comparison", "operator": "==", "parameter": True}


def form_findings(
    store: Store, forms: Iterable[Form], kind: Kind, typed: pd.DataFrame, fields: pd.DataFrame, zone: ZoneInfo
) -> pd.DataFrame:
    """A finding for each required field that a row lacks; such a row goes into quarantine with all of them.

    Args:
        store: the database.
        forms: of the home.
        kind: of the rows.
        typed: from `type_rows`.
        fields: from `type_fields`.
        zone: the firm's.
    """
    some = in_order(forms, kind.name)
    if not some or typed.empty:
        return frames.empty(frames.FINDINGS)
    named = list(dict.fromkeys(name for form in some for name in (*form.fields, *form.condition.fields)))
    records = record_frame(_as_saved(store, kind, typed, fields, named), kind.name, zone)
    required = required_masks(some, kind.name, records)
    marks = {IS_REQUIRED + name: is_required for name, is_required in required.items()}
    filled = {name: records[name].mask(records[name].map(is_missing).astype(bool)) for name in required}
    judged = pd.DataFrame(filled | marks).assign(source_row=typed["source_row"], row_id=typed["row_id"])
    return _one_a_row(validate_by(judged, f"forms_{kind.name}", _expectations(some, required), "row_id"))


def _one_a_row(findings: pd.DataFrame) -> pd.DataFrame:
    """Quarantine keeps one finding a row, so that one names every field that the row lacks (W1)."""
    rows = findings.groupby("source_row", sort=False)
    columns = rows["column_name"].transform(lambda names: ", ".join(names)[:LONGEST_COLUMN])
    said = rows["problem"].transform(lambda problems: "; ".join(dict.fromkeys(problems)))
    return findings.assign(column_name=columns, problem=said).drop_duplicates("source_row")


def _expectations(forms: Sequence[Form], required: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": name, "row_condition": ROWS | {"column": {"name": IS_REQUIRED + name}}},
            "meta": {"effect": "quarantine", "reason": "missing_field", "says": _says(forms, name)},
        }
        for name in required
    ]


def _says(forms: Sequence[Form], name: str) -> str:
    asking = [form.form for form in forms if form.fields.get(name) == REQUIRED]
    return REQUIRED_BY + " and ".join(asking)


def _as_saved(
    store: Store, kind: Kind, typed: pd.DataFrame, fields: pd.DataFrame, named: Sequence[str]
) -> pd.DataFrame:
    """The named columns of the rows: as the file has them, else as they are stored."""
    columns: dict[str, pd.Series[Any]] = {}
    for name in named:
        given = _data_field(fields, name) if is_data_field(kind.name, name) else typed.get(name)
        if given is None:
            columns[name] = typed[kind.keys[0]].map(_stored(store, kind, typed, name)).astype(object)
        else:
            columns[name] = typed["source_row"].map(given) if is_data_field(kind.name, name) else given
    return pd.DataFrame(columns, index=typed.index)


def _data_field(fields: pd.DataFrame, name: str) -> "pd.Series[Any] | None":
    """A data field of a file, or its expiry date, by source row; None if the file has no such column."""
    column, has = ("expires_on", "has_expiry") if name.endswith(EXPIRES_ON) else ("value", "has_value")
    mine = fields.loc[(fields["field"] == name.removesuffix(EXPIRES_ON)) & fields[has].astype(bool)]
    return None if mine.empty else mine.set_index("source_row")[column]


def _stored(store: Store, kind: Kind, typed: pd.DataFrame, name: str) -> dict[str, Any]:
    """What is stored of a field that the file lacks, by the id of its record."""
    key = kind.keys[0]
    ids = typed[[key]].dropna().drop_duplicates()
    with store.begin() as connection, staged(connection, TABLES[kind.name], ids) as stage:
        if is_data_field(kind.name, name):
            f = schema.relation_fields.c
            column = f.expires_on if name.endswith(EXPIRES_ON) else f.value
            wanted = select(f.relation_id, column).where(f.field == name.removesuffix(EXPIRES_ON))
            wanted = wanted.where(f.relation_id == stage.c[key])
        else:
            t = TABLES[kind.name].c
            wanted = select(t[key], t[ANSWERS.get(name, name)]).where(t[key] == stage.c[key])
        return {row[0]: row[1] for row in connection.execute(wanted)}
