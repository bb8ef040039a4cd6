"""CSV files that are safe to open in a spreadsheet.

May touch: files. Tests: tests/unit/intake/test_files.py.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(file: TextIO, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write a header and rows, with every cell made safe (`safe_cell`).

    Args:
        file: open for text, without newline translation.
        rows: plain values by column.
        columns: the columns to write, in order.
    """
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([safe_cell(row[column]) for column in columns] for row in rows)


def safe_cell(cell: object) -> object:
    """A cell that no spreadsheet reads as a formula; a missing one becomes empty text."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return "'" + cell
    return "" if cell is None else cell
