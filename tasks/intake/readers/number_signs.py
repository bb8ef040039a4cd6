"""Signs in a workbook's columns that numbers are not what they were: formats, zeros taken off, digits lost.

May touch: nothing. Tests: tests/unit/intake/test_id_doubts.py, tests/unit/intake/test_number_formats.py.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.intake.readers.raw_file import ROWS_NAMED, TITLE, titles_of

PADDED = re.compile(r"0\d+")
MOST_DIGITS = 15  # that a spreadsheet keeps
FIRST_TOO_LONG = 10**MOST_DIGITS


@dataclass
class Rows:
    """How many rows were seen, and the first of them: a column may have a million."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def note(self, row: int) -> None:
        """Count a row."""
        self.count += 1
        if len(self.first) < ROWS_NAMED:
            self.first.append(row)

    def __str__(self) -> str:
        more = f" and {self.count - ROWS_NAMED:,} more" if self.count > ROWS_NAMED else ""
        return f"{', '.join(f'{row:,}' for row in self.first)}{more}"


def _by_column() -> defaultdict[int, Rows]:
    return defaultdict(Rows)


@dataclass(frozen=True)
class NumberSigns:
    """By column, from 1, the rows of cells that were seen.

    Attributes:
        unsure: numbers whose format is not understood.
        numbers: whole numbers that are shown as they are.
        long: those of more digits than a spreadsheet keeps.
        padded: text of digits that begins with zeros.
    """

    unsure: dict[int, Rows] = field(default_factory=_by_column)
    numbers: dict[int, Rows] = field(default_factory=_by_column)
    long: dict[int, Rows] = field(default_factory=_by_column)
    padded: dict[int, Rows] = field(default_factory=_by_column)

    def note_text(self, text: str, column: int, row: int) -> None:
        """Note a cell of text."""
        if text.startswith("0") and PADDED.fullmatch(text):
            self.padded[column].note(row)

    def note_number(self, value: float, column: int, row: int) -> None:
        """Note a number that is shown as it is."""
        if value >= 0 and (isinstance(value, int) or value.is_integer()):
            self.numbers[column].note(row)
            if value >= FIRST_TOO_LONG:
                self.long[column].note(row)

    def doubts(self, header: Sequence[str]) -> list[str]:
        """One sentence for each column and sign; columns without a title are left out."""
        titles = dict(enumerate((title[:TITLE] for title in titles_of(header)), start=1))
        said = []
        for column, title in titles.items():
            if rows := self.unsure.get(column):
                said.append(
                    f"column {title!r}: the cells show more or other than their number (a unit, a percentage, zeros, "
                    f"or nothing) in a way that cannot be read with certainty; the bare number is taken in "
                    f"{rows.count:,} cells, rows {rows}. Format the column as text."
                )
            if rows := self.long.get(column):
                said.append(
                    f"column {title!r}: {rows.count:,} numbers have more than {MOST_DIGITS} digits (rows "
                    f"{rows}), of which a spreadsheet keeps {MOST_DIGITS}: the others may be zeros now. "
                    "Export the column as text."
                )
            if (padded := self.padded.get(column)) and (rows := self.numbers.get(column)):
                said.append(
                    f"column {title!r}: {padded.count:,} cells are text that begins with zeros, and {rows.count:,} are "
                    f"numbers (rows {rows}), whose zeros a spreadsheet takes off. Format the column as text."
                )
        return said
