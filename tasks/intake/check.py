"""Check: everything that is found out about a file before any of it is written.

May touch: sql, tasks/intake, tasks/validation.py, domain. Tests: tests/integration/intake/test_import.py,
tests/integration/intake/test_ledger.py.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version

import pandas as pd

from sql.migrate import HEAD
from sql.store import Store
from tasks.domain.definitions import kinds as canonical
from tasks.domain.definitions.form import in_order
from tasks.domain.definitions.home import HomeDefinitions
from tasks.domain.definitions.profile import Profile
from tasks.domain.intake.repairs import RepairBook
from tasks.domain.intake.reshape import Reshaped, name_of, reshape
from tasks.domain.intake.stray_rows import is_total, repeats_titles
from tasks.domain.intake.typed_rows import find_repeats, type_fields, type_rows
from tasks.intake.answers import with_targets
from tasks.intake.form_findings import form_findings
from tasks.intake.ledger import last_import_id
from tasks.intake.quarantine import Feed, quarantine_rows
from tasks.intake.quarantine_files import remove_marks
from tasks.intake.readers.raw_file import RawFile
from tasks.intake.references import respell_references, with_references
from tasks.intake.references_by_name import references_by_name
from tasks.intake.unknown_references import doubt_unknown
from tasks.validation import SUITES, validate

# How references are read as the ids they mean, by the repair that is counted.
FINDERS = {"respelled_id": respell_references, "name_of_id": references_by_name}


@dataclass(frozen=True)
class CheckedFile:
    """A file's rows, typed, with the findings of validation.

    Attributes:
        feed: where they came from.
        raw: the file.
        reshaped: its rows in the canonical shape.
        typed: the same, typed, without exact repetitions of an earlier row.
        repeated: the number of such repetitions.
        fields: the data fields of `typed`.
        findings: on `typed` and `fields`.
        out: the rows to quarantine.
        mended: marks of exported quarantine rows that the file contains again, corrected.
        shape: a digest of the definitions used to read and check the file (`shape_of`).
        has_exact_ids: ids are compared exactly, even if they look alike.
        after_import: the last import in the ledger when the check began, 0 if there was none.
        unknown: what the rows refer to and nobody knows, one sentence each.
    """

    feed: Feed
    raw: RawFile
    reshaped: Reshaped
    typed: pd.DataFrame
    repeated: int
    fields: pd.DataFrame
    findings: pd.DataFrame
    out: pd.DataFrame
    mended: frozenset[str] = frozenset()
    shape: str = ""
    has_exact_ids: bool = False
    after_import: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """What a person should check, in the file and in how its profile reads it."""
        return (*self.raw.doubts, *self.reshaped.doubts, *self.unknown)

    @property
    def columns(self) -> list[str]:
        """The canonical columns that the file has."""
        return [c for c in self.reshaped.rows.columns if c != "source_row"]


def check_file(
    home: HomeDefinitions, store: Store, kind: canonical.Kind, mapping: Profile | None, raw: RawFile
) -> CheckedFile:
    """Read, type and validate a file without writing anything.

    Raises:
        ShapeError: its columns are not those of its kind, or of its profile.
    """
    zone, after_import = home.firm.zone, last_import_id(store)
    raw, mended = remove_marks(raw)
    try:
        reshaped = reshape(raw.rows, mapping, zone)
        canonical.check_columns(kind, [c for c in reshaped.rows.columns if c != "source_row"])
    except canonical.ShapeError as error:
        raise canonical.ShapeError(f"{raw.name}: {error}") from None
    typed = type_rows(reshaped.rows, kind, zone)
    is_title_row = raw.rows.loc[repeats_titles(raw.rows), "source_row"]
    typed = typed.assign(
        is_title_row=typed["source_row"].isin(is_title_row),
        is_total_row=is_total(typed[kind.keys[0]], typed.get("email")),
    )
    is_repeat = find_repeats(reshaped.rows, typed) & ~typed["is_title_row"]
    typed, rows = typed.loc[~is_repeat], reshaped.rows.loc[~is_repeat]
    exact = mapping is not None and mapping.ids == "exact"
    book = RepairBook(reshaped.rows["source_row"], reshaped.repairs)
    book.note(kind.keys[0], "repeated_row", is_repeat)
    for repair, find in () if exact else FINDERS.items():
        for column, known in find(store, typed, kind).items():
            is_other = known.fillna("") != typed[column].fillna("")
            book.note(column, repair, is_other.reindex(is_repeat.index, fill_value=False))
            typed = typed.assign(**{column: known})
    typed = with_references(store, typed, kind, home.templates, exact)
    if kind is canonical.ANSWERS:
        typed = with_targets(store, typed, raw.folder)
    fields = type_fields(rows, kind)
    asked = form_findings(store, home.forms.values(), kind, typed, fields, zone)
    findings = pd.concat([judge(typed, fields, kind), asked], ignore_index=True)
    out = quarantine_rows(raw, findings, typed)
    feed = Feed(kind, name_of(mapping), raw.name)
    return CheckedFile(
        feed,
        raw,
        reshaped,
        typed,
        int(is_repeat.sum()),
        fields,
        findings,
        out,
        mended,
        shape_of(home, kind, mapping),
        exact,
        after_import,
        doubt_unknown(store, typed.loc[~typed["source_row"].isin(out["source_row"])], kind),
    )


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


def shape_of(home: HomeDefinitions, kind: canonical.Kind, mapping: Profile | None) -> str:
    """A digest of everything, apart from the database, that decides how a file's bytes are imported."""
    serving = {name: sorted(s.anchor for s in t.schedules) for name, t in home.templates.items()}
    decided_by = [
        version("relance"),
        HEAD,
        kind.name,
        None if mapping is None else mapping.model_dump_json(),
        home.firm.timezone,
        home.firm.gate.model_dump_json(),
        serving,
        [form.model_dump_json() for form in in_order(home.forms.values(), kind.name)],
        [(SUITES / f"{name}.json").read_text(encoding="utf-8") for name in (kind.name, "expiry")],
    ]
    return hashlib.sha256(json.dumps(decided_by, sort_keys=True).encode()).hexdigest()
