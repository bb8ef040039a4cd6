"""The exact reader for delimited text: keeps every record, even broken ones; those as wide as the header are rows.

Law: same bytes, same frames; every record that is not blank is a row or a ragged row.
May touch: pyarrow. Tests: tests/unit/intake/test_files.py, tests/unit/intake/test_awkward_files.py.
"""

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import filterfalse

import pyarrow as pa

from tasks.domain.definitions.profile import AUTO, QUOTE
from tasks.intake.readers.arrow_reader import read_regular
from tasks.intake.readers.encoding import Text
from tasks.intake.readers.raw_file import CUT_OFF, Ragged, Records, UnreadableFile, is_blank
from tasks.intake.readers.records import ROWS_A_CHUNK, Split

# If two split a file equally well, the first one wins: commas occur in the cells of a `;` file ("Nom, prénom"), but
# seldom the reverse. If none splits it, the comma is used.
SEPARATORS = (";", "\t", "|", ",")
RECORDS_LOOKED_AT = 20
BLANK_ONES_AMONG_THEM = 1000  # a limit, in case a file has ten million blank lines
# Excel's own first line, which Excel does not show.
SEPARATOR_LINE = re.compile(rb'"?sep=([^\r\n"])"?(?:\r\n|\r|\n)', re.IGNORECASE)
LINE_ENDS = (b"\n", b"\r")
csv.field_size_limit(2**31 - 1)  # a 10 MB cell makes a bad row to quarantine, not a reason to stop reading


@dataclass(frozen=True)
class Format:
    """How a file is divided into cells.

    Attributes:
        separator: between cells; `auto` detects it.
        quote: around cells that hold the separator.
        escape: what takes the meaning from the next character; None if a quote is written twice.
    """

    separator: str
    quote: str = QUOTE
    escape: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether quotes are those of every CSV file."""
        return self.quote == QUOTE and self.escape is None

    def records(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The cells of each record."""
        return csv.reader(lines, delimiter=self.separator, quotechar=self.quote, escapechar=self.escape)


@dataclass(frozen=True)
class Header:
    """A file's header: its cells, the number of its record, and the position of the byte after it."""

    cells: list[str]
    row: int
    end: int


def read_delimited(name: str, text: Text, shape: Format, header: int) -> Records:
    """The records of delimited text.

    Args:
        name: the file's, for messages.
        text: its content.
        shape: how it is divided into cells.
        header: the number of the record that holds the titles. Blank records in that place are skipped, and so is
            Excel's `sep=;`, which still counts as a record of the file.

    Raises:
        UnreadableFile: the file is empty, has no header there, or is cut off in the middle of a record.
    """
    shape, found = read_header(name, text, shape, header)
    if shape.is_plain:
        regular = read_regular(text.data, found.end, shape.separator, len(found.cells), found.row + 1)
        if regular is not None:
            return Records(found.cells, found.row, regular, separator=shape.separator)
    table, ragged = _read_exactly(name, text, shape, found)
    return Records(found.cells, found.row, table, ragged, shape.separator)


def read_header(name: str, text: Text, shape: Format, header: int) -> tuple[Format, Header]:
    """How the text is divided into cells, and its header; the arguments are those of `read_delimited`."""
    line = SEPARATOR_LINE.match(text.data, text.start)
    start, first = (line.end(), 2) if line else (text.start, 1)
    if shape.separator == AUTO:
        separator = line[1].decode() if line else _find_separator(text, shape, start, max(header - first, 0))
        shape = replace(shape, separator=separator)
    return shape, _find_header(name, text, shape, start, first, header)


def _find_header(name: str, text: Text, shape: Format, start: int, first: int, header: int) -> Header:
    end, is_over = start, False

    def measured() -> Iterator[str]:
        nonlocal end, is_over
        for line in text.lines(start):
            end += len(line.encode())
            yield line
        is_over = True

    row, filled = first - 1, 0
    for row, cells in enumerate(_records(measured(), shape), start=first):
        if is_over:
            break
        filled += not is_blank(cells)
        if row >= header and not is_blank(cells):
            return Header(cells, row, end)
    if row >= header and not is_blank(cells):
        raise UnreadableFile(
            f"{name}: a quote opens in row {row:,}, where the titles should stand, and never closes. Check the export."
        )
    if not filled:
        raise UnreadableFile(f"{name}: it is empty. Check the export.")
    raise UnreadableFile(
        f"{name}: the titles should stand in row {header:,}, and there are {row - 1:,} rows. "
        "Check the export, or the mapping's `header`."
    )


def _records(lines: Iterator[str], shape: Format) -> Iterator[list[str]]:
    """Each record, followed by a sentinel line of one separator, which shows whether the last record's quotes closed.

    The sentinel gives a record of two empty cells, or becomes part of the last record's last cell.
    """
    return shape.records(itertools.chain(lines, [shape.separator]))


def _read_exactly(name: str, text: Text, shape: Format, header: Header) -> tuple[pa.Table, list[Ragged]]:
    separator = shape.separator
    records = _records(text.lines(header.end), shape)
    split = Split(len(header.cells), separator, header.row + 1)
    last: list[str] = []
    carried: list[list[str]] = []
    while more := list(itertools.islice(records, ROWS_A_CHUNK)):
        some = [*carried, *more]
        carried = [some.pop()]
        last = some[-1] if some else last
        split.add(some)
    swallowed = carried[0][-1].endswith(separator)
    is_cut = not text.data.endswith(LINE_ENDS)
    if is_cut and (swallowed or (len(last) < split.width and not is_blank(last))):
        row = split.next_row - (not swallowed)
        raise UnreadableFile(f"{name}: it ends in the middle of row {row:,}: {CUT_OFF}")
    if swallowed:
        split.add_open([*carried[0][:-1], carried[0][-1].removesuffix(separator)])
    return split.table, split.ragged


def _find_separator(text: Text, shape: Format, start: int, skip: int) -> str:
    """The separator that gives the header the most cells, and the same number to most of the records after it."""

    def score(separator: str) -> int:
        records = itertools.islice(
            replace(shape, separator=separator).records(text.lines(start)),
            skip,
            skip + RECORDS_LOOKED_AT + BLANK_ONES_AMONG_THEM,
        )
        widths = [len(cells) for cells in itertools.islice(filterfalse(is_blank, records), RECORDS_LOOKED_AT)]
        return widths[0] * widths.count(widths[0]) if widths and widths[0] > 1 else 0

    best = max(SEPARATORS, key=score)
    return best if score(best) else ","
