"""Quarantine files: exports quarantined rows for correction, in the columns of their source, and reads them back.

An exported file has three extra columns: the reason, the source's row number, and a mark that identifies the row on
re-import. A corrected row leaves quarantine by itself when it is imported (Q4).
May touch: sql, one folder. Tests: tests/integration/intake/test_quarantine.py, on both databases.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from sql.store import Store
from tasks.domain.definitions.profile import AUTO, CANONICAL, QUOTE, Profile
from tasks.domain.errors import RelanceError
from tasks.files import safe_cell
from tasks.intake.quarantine import fingerprint
from tasks.intake.readers.raw_file import RawFile

REASON, ROW, REF = MARKS = ("relance_reason", "relance_row", "relance_ref")
SECOND = re.compile(r"#[2-9]\d*$")
GUARD = r"^'(?=[=+\-@\t\r])"
AS_RELANCE_WRITES = ("utf-8-sig", ",")


class QuarantineFileError(RelanceError):
    """The quarantined rows cannot be exported; the message says where and what to do."""


@dataclass(frozen=True)
class ToMend:
    """A file of quarantined rows, and the command that imports it again."""

    path: Path
    rows: int
    kind: str
    mapping: str

    @property
    def command(self) -> str:
        """The command that imports the corrected file."""
        by = "" if self.mapping == CANONICAL else f" --mapping {self.mapping}"
        return f"relance import {self.kind} {self.path}{by}"


def write_quarantine(store: Store, profiles: Mapping[str, Profile], folder: Path) -> list[ToMend]:
    """Write one CSV file for each source file with quarantined rows, in the format that its profile reads.

    Raises:
        QuarantineFileError: the folder cannot be written.
    """
    out = store.read("open_quarantine")
    titles = store.read("source_columns")
    written = []
    for (kind, mapping, file), rows in out.groupby(["kind", "mapping", "source_file"], sort=True):
        path = folder / f"mend-{kind}-{str(file).split('.')[0].replace('/', '-')}.csv"
        of_file = titles.loc[
            (titles["kind"] == kind) & (titles["mapping"] == mapping) & (titles["source_file"] == file)
        ]
        columns = json.loads(of_file["details"].iloc[-1]).get("columns", []) if len(of_file) else []
        _write(path, rows, columns, profiles.get(str(mapping)))
        written.append(ToMend(path, len(rows), str(kind), str(mapping)))
    return written


def remove_marks(raw: RawFile) -> tuple[RawFile, frozenset[str]]:
    """A file without the extra columns, as its source would have written it, and the marks of its rows."""
    if REF not in raw.rows.columns:
        return raw, frozenset()
    marks = frozenset(raw.rows[REF].dropna())
    rows = raw.rows.drop(columns=[title for title in MARKS if title in raw.rows.columns])
    texts = rows.drop(columns="source_row")
    # Remove the character that `safe_cell` added on export.
    bare = texts.apply(lambda column: column.str.replace(GUARD, "", regex=True))
    return replace(raw, rows=bare.assign(source_row=rows["source_row"])), marks


def _write(path: Path, rows: pd.DataFrame, columns: list[str], profile: Profile | None) -> None:
    known = [json.loads(raw) for raw in rows.loc[rows["reason"] != "ragged_row", "raw"]]
    titles = columns or list(dict.fromkeys(title for cells in known for title in cells))
    encoding, separator = _as_read(profile)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding=encoding, errors="replace", newline="") as file:
            quote, escape = (profile.quote, profile.escape) if profile else (QUOTE, None)
            writer = csv.writer(file, delimiter=separator, quotechar=quote, escapechar=escape)
            writer.writerows([["-"]] * (profile.header - 1 if profile else 0))
            writer.writerow([SECOND.sub("", title) for title in titles] + list(MARKS))
            writer.writerows(_lines(rows, titles))
    except OSError as error:
        raise QuarantineFileError(f"{path}: cannot be written: {error.strerror}.") from None


def _as_read(profile: Profile | None) -> tuple[str, str]:
    """Encoding and separator that the profile can read."""
    encoding, separator = AS_RELANCE_WRITES
    if profile is None:
        return encoding, separator
    return (
        encoding if profile.encoding == AUTO else profile.encoding,
        separator if profile.separator == AUTO else profile.separator,
    )


def _lines(rows: pd.DataFrame, titles: list[str]) -> Iterator[list[Any]]:
    for row in rows.to_dict("records"):
        cells = _cells(str(row["raw"]), row["reason"] == "ragged_row", titles)
        where = f"{row['column_name']}: " if row["column_name"] else ""
        marks = [f"{where}{row['problem']}", row["source_row"], fingerprint(str(row["raw"]))]
        yield [safe_cell(cell) for cell in [*cells, *marks]]


def _cells(raw: str, is_ragged: bool, titles: list[str]) -> list[str]:
    """A row's cells by title; a ragged row's whole text goes under the first title.

    Only a person can tell which cell of a ragged row belongs where, so it must not be accepted unchanged on re-import.
    """
    if is_ragged:
        return [raw] + [""] * (len(titles) - 1)
    known = json.loads(raw)
    return [known.get(title, "") for title in titles]
