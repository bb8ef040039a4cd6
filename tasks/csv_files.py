"""Read a CSV file whole: every record as it is, whatever its encoding and however broken. Write one that is safe.

Law: same bytes, same frames; every record that has a cell in it is a row here, ragged ones apart and labelled.
May touch: files. Tests: tests/unit/test_csv_files.py.
"""

import codecs
import csv
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
import pyarrow as pa

from tasks.domain import frames
from tasks.domain.mapping import AUTO

RAGGED = ("source_row", "cells", "problem")
ROWS_A_CHUNK = 50_000
CHARACTERS_A_CHUNK = 1 << 20
SEPARATORS = (",", ";", "\t")  # where two split the header alike, the first
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
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
    ragged: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(RAGGED)))

    @property
    def read(self) -> int:
        """Records that hold anything."""
        return len(self.rows) + len(self.ragged)


def read_csv(path: Path, encoding: str = "utf-8-sig", separator: str = ",") -> RawFile:
    """Read a CSV file whole.

    Args:
        path: the file.
        encoding: its encoding; the default takes UTF-8 with or without a byte order mark, `auto` finds it out.
        separator: between cells; `auto` finds it out.

    Raises:
        UnreadableFile: absent, empty, not in that encoding, or with a quote that never closes.
    """
    try:
        with path.open("rb") as binary:
            sha256 = hashlib.file_digest(binary, "sha256").hexdigest()
        encoding = _find_encoding(path) if encoding == AUTO else encoding
        separator = _find_separator(path, encoding) if separator == AUTO else separator
        with path.open(encoding=encoding, newline="") as text:
            return _read(path, text, sha256, separator)
    except UnicodeError as error:
        raise UnreadableFile(
            f"{path.name}: not {encoding} ({error}). Name a mapping with the file's own encoding, "
            "such as cp1252 or utf-16, or export it again as UTF-8."
        ) from None
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read: {error.strerror}.") from None


def _find_encoding(path: Path) -> str:
    """What a byte order mark says; without one UTF-8 if every byte fits it, else what Windows writes in the West."""
    with path.open("rb") as binary:
        start = binary.read(len(codecs.BOM_UTF8))
    marked = [encoding for mark, encoding in BYTE_ORDER_MARKS.items() if start.startswith(mark)]
    if marked:
        return marked[0]
    try:
        with path.open(encoding="utf-8") as text:
            while text.read(CHARACTERS_A_CHUNK):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _find_separator(path: Path, encoding: str) -> str:
    """The separator that splits the first record into the most cells."""
    cells = {}
    for separator in SEPARATORS:
        with path.open(encoding=encoding, newline="") as text:
            cells[separator] = len(next(csv.reader(text, delimiter=separator), []))
    return max(SEPARATORS, key=lambda separator: cells[separator])


def _read(path: Path, lines: Iterator[str], sha256: str, separator: str) -> RawFile:
    records = _records(lines, separator)
    _, header, _ = next(records, (1, None, False))
    if header is None:
        raise UnreadableFile(f"{path.name}: it is empty. Check the export.")
    titles = _titles(header)
    chunks: list[pa.Table] = []
    ragged: list[tuple[int, str, str]] = []
    while some := list(itertools.islice(records, ROWS_A_CHUNK)):
        filled = [record for record in some if any(record[1])]
        chunks.append(_arrow(titles, [(n, cells) for n, cells, is_open in filled if _is_whole(cells, titles, is_open)]))
        ragged += [
            (n, separator.join(cells), _problem(cells, titles, is_open))
            for n, cells, is_open in filled
            if not _is_whole(cells, titles, is_open)
        ]
    return RawFile(
        name=path.name,
        sha256=sha256,
        rows=_frame(titles, chunks),
        ragged=pd.DataFrame(ragged, columns=list(RAGGED)),
    )


def _records(lines: Iterator[str], separator: str) -> Iterator[tuple[int, list[str], bool]]:
    """Each record with its number (the header is 1), and whether a quote in it was still open at the file's end."""
    own_lines: list[str] = []

    def spied_on() -> Iterator[str]:
        for line in lines:
            own_lines.append(line)
            yield line

    for number, cells in enumerate(csv.reader(spied_on(), delimiter=separator), start=1):
        yield number, cells, len(own_lines) > 1 and _never_closes(own_lines, separator)
        own_lines.clear()


def _never_closes(own_lines: list[str], separator: str) -> bool:
    """Whether the lines of one record end inside a quote: then it has swallowed all rows after it."""
    try:
        for _ in csv.reader(own_lines, delimiter=separator, strict=True):
            pass
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _is_whole(cells: list[str], titles: list[str], is_open: bool) -> bool:
    return len(cells) == len(titles) and not is_open


def _problem(cells: list[str], titles: list[str], is_open: bool) -> str:
    if is_open:
        lines = sum(cell.count("\n") for cell in cells)
        return f"a quote opens in this row and never closes; the {lines} lines after it were read as part of it"
    return f"{len(cells)} cells where the header has {len(titles)}"


def _titles(header: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    titles = []
    for cell in header:
        title = cell.strip()
        seen[title] = seen.get(title, 0) + 1
        titles.append(title if seen[title] == 1 else f"{title}#{seen[title]}")
    return titles


def _arrow(titles: list[str], whole: list[tuple[int, list[str]]]) -> pa.Table:
    columns = list(zip(*(cells for _, cells in whole), strict=True)) if whole else [()] * len(titles)
    arrays = [pa.array([cell or None for cell in column], type=pa.string()) for column in columns]
    return pa.table([*arrays, pa.array([n for n, _ in whole], type=pa.int64())], names=[*titles, "source_row"])


def _frame(titles: list[str], chunks: list[pa.Table]) -> pd.DataFrame:
    table = pa.concat_tables(chunks) if chunks else _arrow(titles, [])
    columns = {t: pd.Series(pd.array(table.column(i), dtype=frames.TEXT)) for i, t in enumerate(titles)}
    return pd.DataFrame(columns | {"source_row": table.column(len(titles)).to_pandas()}, copy=False)


def write_csv(file: TextIO, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows with their header; no cell is one that a spreadsheet takes for a formula.

    Args:
        file: open for text, without newline translation.
        rows: plain values by column.
        columns: which, in order.
    """
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([safe_cell(row[column]) for column in columns] for row in rows)


def safe_cell(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return "'" + cell
    return "" if cell is None else cell
