"""The fast reader for delimited text: used only if Arrow is certain to read the same as csv.reader.

Law: the same table as the exact reading, or none at all.
May touch: pyarrow. Tests: tests/unit/intake/test_arrow_reader.py.
"""

import codecs

import pyarrow as pa
import pyarrow.csv

from tasks.intake.readers.raw_file import CELLS, numbered

SEPARATORS = ",;\t|"
LINE_ENDS = b"\r\n"
# Arrow silently skips blank lines, which would give the rows after them wrong numbers.
BLANK_LINES = (b"\n\n", b"\r\r", b"\n\r")
BYTES_LOOKED_AT = 4096
BYTES_A_BLOCK = 1 << 23
MOST_BYTES_A_BLOCK = 1 << 30  # Arrow counts a block's bytes in 31 bits


def read_regular(
    data: bytes, start: int, separator: str, width: int, first_row: int, block: int = BYTES_A_BLOCK
) -> pa.Table | None:
    """The records after a header, if each has as many cells, no line is blank, and every quote is closed.

    Args:
        data: a file verified to be UTF-8.
        start: the position of the byte after the header.
        separator: between cells.
        width: the number of cells in the header.
        first_row: the number of the first record after it.
        block: the number of bytes read at a time.

    Returns:
        The same as `table_of` for these records, or None if they are not that regular.
    """
    rows = _rows(data, start)
    if rows is None or len(rows) >= MOST_BYTES_A_BLOCK:
        return None
    if separator not in SEPARATORS or data.startswith(codecs.BOM_UTF8, start):
        return None
    if any(data.find(blank, start - 1, start + len(rows)) >= 0 for blank in BLANK_LINES):
        return None
    has_quotes = data.find(b'"', start) >= 0
    if has_quotes and data.find(b"\r", start) >= 0:
        block = len(rows) + 1  # if a block ends between the CR and the LF of a cell, Arrow 26 loses both
    try:
        table = _read(rows, separator, width, has_quotes, block)
    except pa.ArrowException:
        return None  # ragged rows, or a row longer than a block; Arrow's message may quote the row
    last = table.column(width - 1)[-1].as_py() if table.num_rows else None
    if last is not None and last.endswith(("\n", "\r")):
        return None  # a quote in the last row is not closed, and includes the end of the file
    return numbered(table, first_row)


def _rows(data: bytes, start: int) -> memoryview | None:
    """The bytes from `start` to the last record's line end; None if there are none."""
    tail = data[max(start, len(data) - BYTES_LOOKED_AT) :]
    blank = len(tail) - len(tail.rstrip(LINE_ENDS))
    if blank == len(tail):
        return None
    if not blank:
        return memoryview(data[start:] + b"\n")
    end = len(data) - blank
    return memoryview(data)[start : end + (2 if data.startswith(b"\r\n", end) else 1)]


def _read(rows: memoryview, separator: str, width: int, has_quotes: bool, block: int) -> pa.Table:
    names = [f"c{position}" for position in range(width)]
    return pyarrow.csv.read_csv(
        pa.BufferReader(pa.py_buffer(rows)),
        pyarrow.csv.ReadOptions(column_names=names, block_size=block),
        pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=has_quotes),
        pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, CELLS),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
