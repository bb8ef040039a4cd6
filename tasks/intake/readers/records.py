"""Splits records into rows, which are as wide as the header, and ragged ones.

May touch: pyarrow. Tests: tests/unit/intake/test_files.py.
"""

from itertools import compress

import numpy as np
import pyarrow as pa

from tasks.intake.readers.raw_file import Ragged, empty_table, is_blank, table_of

ROWS_A_CHUNK = 5_000  # larger chunks take half as long again, because of the memory for so many Python objects


class Split:
    """Splits records into regular and ragged ones as they are added."""

    def __init__(self, width: int, separator: str, first_row: int) -> None:
        self.width = width
        self.next_row = first_row
        self.ragged: list[Ragged] = []
        self._separator = separator
        self._chunks = [empty_table(width)]

    @property
    def table(self) -> pa.Table:
        """The regular records."""
        return pa.concat_tables(self._chunks)

    def add(self, records: list[list[str]]) -> None:
        """Add the next records of the file."""
        numbers = np.arange(self.next_row, self.next_row + len(records))
        self.next_row += len(records)
        widths = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
        is_whole = widths == self.width
        if not is_whole.all():
            # A blank line has no cells, and there may be millions of them.
            for at in np.flatnonzero(~is_whole & (widths > 0)):
                self._add_ragged(int(numbers[at]), records[at])
            numbers, records = numbers[is_whole], list(compress(records, is_whole))
        if records:
            self._chunks.append(table_of(list(zip(*records, strict=True)), numbers))

    def _add_ragged(self, number: int, cells: list[str]) -> None:
        if not is_blank(cells):
            problem = f"{len(cells)} cells where the header has {self.width}"
            self.ragged.append(Ragged(number, self._separator.join(cells), problem))

    def add_open(self, cells: list[str]) -> None:
        """Add the last record, whose quote is never closed: it contains all rows after it."""
        if is_blank(cells):
            return
        lines = sum(cell.count("\n") for cell in cells)
        problem = f"a quote opens in this row and never closes; the {lines} lines after it were read as part of it"
        self.ragged.append(Ragged(self.next_row, self._separator.join(cells), problem))
