"""The unmodified content of a source file: its rows, its ragged rows, and its titles.

May touch: pandas, pyarrow. Tests: tests/unit/intake/test_files.py.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.domain import frames
from tasks.domain.errors import RelanceError
from tasks.domain.intake.ids import BLANKS

RAGGED = ("source_row", "cells", "problem")
CELLS = pa.large_string()  # the type in which pandas stores text: no copy, and no limit of 2 GB per column
SOURCE_ROW = "source_row"
ROWS_NAMED = 5  # how many rows with the same problem a message lists
TITLE = 40  # maximum length of a title in a message
CUT_OFF = "it is still being written, or was cut off. Import it again when it is complete."


class UnreadableFile(RelanceError):
    """A file that cannot be read as required; the message names it, the row, and what to do."""


@dataclass(frozen=True)
class RawFile:
    """The unmodified content of one file.

    Attributes:
        name: its base name.
        sha256: of its bytes.
        rows: one row per record with as many cells as the header; text columns by title, missing where the cell is
            empty, and source_row, the number of the record in the file (of the row in a sheet). Blank records are
            left out.
        ragged: one row per other record, e.g. with more or fewer cells: source_row, cells, problem.
        columns: the titles as `rows` names them, in the file's order.
        encoding: of its text; None for a workbook.
        separator: between its cells; None for a workbook.
        preamble: the number of records before the header.
        doubts: what may have been misread and a person should check; one sentence each, without a cell's text.
        folder: where it lies, for files beside it; None if it is no file.
    """

    name: str
    sha256: str
    rows: pd.DataFrame
    ragged: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(RAGGED)))
    columns: tuple[str, ...] = ()
    encoding: str | None = None
    separator: str | None = None
    preamble: int = 0
    doubts: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def read(self) -> int:
        """Number of records that are not blank."""
        return len(self.rows) + len(self.ragged)


@dataclass(frozen=True)
class Ragged:
    """A record that cannot be a row: its number, its text, and why."""

    source_row: int
    cells: str
    problem: str


@dataclass(frozen=True)
class Records:
    """The records of a file and its header.

    Attributes:
        header: the header's cells.
        header_row: its record number.
        table: the regular records, as `table_of` builds it.
        ragged: the others.
        separator: between the cells, if there is one.
        doubts: as `RawFile.doubts`.
    """

    header: Sequence[str]
    header_row: int
    table: pa.Table
    ragged: Sequence[Ragged] = ()
    separator: str | None = None
    doubts: Sequence[str] = ()


def raw_file(
    name: str, sha256: str, records: Records, encoding: str | None = None, doubts: Sequence[str] = ()
) -> RawFile:
    """Build frames from records, with the doubts about the records and about the text that they come from."""
    titles = titles_of(records.header)
    ragged = [(r.source_row, r.cells, r.problem) for r in records.ragged]
    return RawFile(
        name=name,
        sha256=sha256,
        rows=_frame(titles, _without_blanks(records.table)),
        ragged=pd.DataFrame(ragged, columns=list(RAGGED)),
        columns=tuple(titles),
        encoding=encoding,
        separator=records.separator,
        preamble=records.header_row - 1,
        doubts=(*doubts, *records.doubts),
    )


def titles_of(header: Sequence[str]) -> list[str]:
    """A name for each column: the header's cell, trimmed and in NFC; repeated names get #2, #3 and so on.

    `source_row` is reserved for the row number added here.
    """
    taken = {SOURCE_ROW: 1}
    titles = []
    for cell in header:
        base = title = unicodedata.normalize("NFC", cell.strip())
        number = taken.get(base, 0)
        while title in taken:
            number += 1
            title = f"{base}#{number}"
        taken[base] = max(number, 1)  # so that a thousand equal titles take a thousand steps
        taken.setdefault(title, 1)
        titles.append(title)
    return titles


def table_of(columns: Sequence[Sequence[str]], source_rows: Sequence[int] | np.ndarray[Any, Any]) -> pa.Table:
    """Build an Arrow table of text columns and row numbers; an empty cell becomes missing."""
    arrays = [pa.array(column, type=CELLS) for column in columns]
    missing = pa.scalar(None, type=CELLS)
    cells = [pc.if_else(pc.equal(array, ""), missing, array) for array in arrays]
    return pa.table([*cells, pa.array(source_rows, type=pa.int64())], names=_names(len(columns)))


def numbered(table: pa.Table, first_row: int) -> pa.Table:
    """Add the numbers of its rows to a table of cells, counted from `first_row`."""
    numbers = np.arange(first_row, first_row + table.num_rows, dtype=np.int64)
    return table.append_column(SOURCE_ROW, pa.array(numbers)).rename_columns(_names(table.num_columns))


def empty_table(width: int) -> pa.Table:
    """A table without rows and with that many cells."""
    return table_of([()] * width, [])


def is_blank(cells: Iterable[str]) -> bool:
    """Whether every cell of a record is blank."""
    return not any(cell.strip() for cell in cells)


def _names(width: int) -> list[str]:
    return [*(f"c{position}" for position in range(width)), SOURCE_ROW]


def _without_blanks(table: pa.Table) -> pa.Table:
    """The rows in which any cell is not blank."""
    suspects = np.arange(table.num_rows)
    for column in table.columns[:-1]:
        some = column if len(suspects) == table.num_rows else column.take(pa.array(suspects))
        is_blank = pc.equal(pc.utf8_trim(pc.fill_null(some, ""), BLANKS), "")
        suspects = suspects[is_blank.to_numpy()]
        if not len(suspects):
            return table
    keep = np.ones(table.num_rows, dtype=bool)
    keep[suspects] = False
    return table.filter(pa.array(keep))


def _frame(titles: list[str], table: pa.Table) -> pd.DataFrame:
    columns = {t: pd.Series(pd.array(table.column(i), dtype=frames.TEXT)) for i, t in enumerate(titles)}
    return pd.DataFrame(columns | {SOURCE_ROW: table.column(len(titles)).to_pandas()}, copy=False)
