"""Extract: files and the database to raw frames. No cleaning: same bytes, same frames.

Law: every record of a file that has a cell in it is a row here, ragged ones apart and labelled.
May touch: files, sql. Tests: tests/unit/test_extract.py, tests/integration/test_rooms.py.
"""

import csv
import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from sql.store import Store, iso
from tasks.domain import frames
from tasks.domain.planning import Rule

ROWS_A_CHUNK = 50_000
csv.field_size_limit(2**31 - 1)  # a 10 MB cell is a bad row to set aside, not a reason to stop reading


class UnreadableFile(Exception):
    """A file that cannot be read as what it should be; the message names it, the row, and what to do."""


@dataclass(frozen=True)
class RawFile:
    """One file, as it is.

    Attributes:
        name: its base name.
        sha256: of its bytes.
        rows: one row per record with as many cells as the header; text columns by title (a title that stands
            twice is TITLE, then TITLE#2), missing where the cell is empty, and source_row (the header is row 1).
        ragged: one row per record with more or fewer cells: source_row, cells, problem.
    """

    name: str
    sha256: str
    rows: pd.DataFrame
    ragged: pd.DataFrame

    @property
    def read(self) -> int:
        """Records that hold anything."""
        return len(self.rows) + len(self.ragged)


def read_csv(path: Path, encoding: str = "utf-8-sig", separator: str = ",") -> RawFile:
    """Read a CSV file whole.

    Args:
        path: the file.
        encoding: its encoding; the default takes UTF-8 with or without a byte order mark.
        separator: between cells.

    Raises:
        UnreadableFile: absent, empty, not in that encoding, or with a quote that never closes.
    """
    try:
        with path.open("rb") as binary:
            sha256 = hashlib.file_digest(binary, "sha256").hexdigest()
        with path.open(encoding=encoding, newline="") as text:
            return _read(path, text, sha256, separator)
    except UnicodeError as error:
        raise UnreadableFile(
            f"{path.name}: not {encoding} ({error}). Name a mapping with the file's own encoding, "
            "such as cp1252 or utf-16, or export it again as UTF-8."
        ) from None
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read: {error.strerror}.") from None


def _read(path: Path, lines: Iterator[str], sha256: str, separator: str) -> RawFile:
    records = csv.reader(lines, delimiter=separator)
    header = next(records, None)
    if header is None:
        raise UnreadableFile(f"{path.name}: it is empty. Check the export.")
    titles = _titles(header)
    chunks: list[pa.Table] = []
    ragged: list[tuple[int, str, str]] = []
    numbered = enumerate(records, start=2)
    while some := list(itertools.islice(numbered, ROWS_A_CHUNK)):
        filled = [(n, cells) for n, cells in some if any(cells)]
        whole = [(n, cells) for n, cells in filled if len(cells) == len(titles)]
        ragged += [
            (n, separator.join(cells), _ragged(cells, titles)) for n, cells in filled if len(cells) != len(titles)
        ]
        chunks.append(_arrow(titles, whole))
    return RawFile(
        name=path.name,
        sha256=sha256,
        rows=_frame(titles, chunks),
        ragged=pd.DataFrame(ragged, columns=["source_row", "cells", "problem"]),
    )


def _titles(header: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    titles = []
    for cell in header:
        title = cell.strip()
        seen[title] = seen.get(title, 0) + 1
        titles.append(title if seen[title] == 1 else f"{title}#{seen[title]}")
    return titles


def _ragged(cells: list[str], titles: list[str]) -> str:
    hint = "; a quote in it may never close" if any("\n" in cell for cell in cells) else ""
    return f"{len(cells)} cells where the header has {len(titles)}{hint}"


def _arrow(titles: list[str], whole: list[tuple[int, list[str]]]) -> pa.Table:
    columns = list(zip(*(cells for _, cells in whole), strict=True)) if whole else [()] * len(titles)
    arrays = [pa.array([cell or None for cell in column], type=pa.string()) for column in columns]
    return pa.table([*arrays, pa.array([n for n, _ in whole], type=pa.int64())], names=[*titles, "source_row"])


def _frame(titles: list[str], chunks: list[pa.Table]) -> pd.DataFrame:
    table = pa.concat_tables(chunks) if chunks else _arrow(titles, [])
    columns = {t: pd.Series(pd.array(table.column(i), dtype=frames.TEXT)) for i, t in enumerate(titles)}
    return pd.DataFrame(columns | {"source_row": table.column(len(titles)).to_pandas()}, copy=False)


def extract_relations(store: Store, relation_id: str | None = None) -> pd.DataFrame:
    """Every relation of the database, or the one named, as raw text; one row per relation."""
    raw = store.read("relations", relation_id=relation_id)
    return raw.assign(source_row=range(1, len(raw) + 1), appearance=1)


def extract_candidates(store: Store, rule: Rule, relation_id: str | None = None) -> pd.DataFrame:
    """One row per relation that a schedule may concern (frames.CANDIDATES).

    Args:
        store: the database.
        rule: the schedule.
        relation_id: ask for this relation, assigned or not (`explain`); None for all that are assigned.
    """
    names = {"template": rule.template.template, "schedule": rule.schedule.key, "field": rule.schedule.field}
    everyone = rule.schedule.assign == "all"
    if everyone or relation_id is not None:
        return store.read("all_candidates", everyone=everyone, relation_id=relation_id, **names)
    return store.read("assigned_candidates", **names)


def extract_unsettled(store: Store, rule: Rule) -> pd.DataFrame:
    """One row per open task whose anchor field has changed since (A2)."""
    return store.read(
        "unsettled_tasks", template=rule.template.template, schedule=rule.schedule.key, field=rule.schedule.field
    )


def extract_due_mails(store: Store, as_of: date, only: str | None = None) -> pd.DataFrame:
    """One row per automatic mail whose send day has come, with its merge fields; of TEMPLATE/SCHEDULE `only`."""
    template, schedule = only.split("/", 1) if only else (None, None)
    return store.read("due_mails", as_of=iso(as_of), template=template, schedule=schedule)
