"""Corrections: what was put right in a file's cells, by column, with the first rows.

May touch: pandas. Tests: tests/unit/intake/test_reshape.py.
"""

from dataclasses import dataclass, field

import pandas as pd

ROWS_NAMED = 5


@dataclass(frozen=True)
class Repair:
    """Cells of one column that were corrected in one way. Grain: canonical column × correction."""

    column: str
    repair: str
    cells: int
    first_rows: tuple[int, ...]


@dataclass
class RepairBook:
    """Records every correction in one file as it is made."""

    source_row: pd.Series
    repairs: list[Repair] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def note(self, column: str, repair: str, is_repaired: pd.Series) -> None:
        """Record the cells that were corrected, if there are any."""
        cells = int(is_repaired.sum())
        if cells:
            rows = tuple(int(n) for n in self.source_row[is_repaired].head(ROWS_NAMED))
            self.repairs.append(Repair(column, repair, cells, rows))
