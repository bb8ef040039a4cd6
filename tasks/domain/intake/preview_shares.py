"""What a person would spot in the rows of an import: how many have an e-mail address and a name, and dates by year.

May touch: pandas. Tests: tests/unit/intake/test_preview_shares.py.
"""

from dataclasses import dataclass

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.parse_dates import ISO_DAY, matches
from tasks.domain.definitions.kinds import EXPIRES_ON

FILLED = ("email", "name", "subject", "owner_id", "company_id", "contact_id", "relation_id")


@dataclass(frozen=True)
class Shares:
    """Figures about the rows that go in.

    Attributes:
        rows: their number.
        filled: by column, how many rows have a value.
        years: by column of dates, how many cells are of each year.
    """

    rows: int
    filled: dict[str, int]
    years: dict[str, dict[str, int]]


def count_shares(rows: pd.DataFrame) -> Shares:
    """Count what is filled.

    Args:
        rows: canonical text columns, as they go in.
    """
    filled = {name: int(rows[name].notna().sum()) for name in FILLED if name in rows.columns}
    dates = [c for c in rows.columns if frames.is_date(c) or frames.is_instant(c) or c.endswith(EXPIRES_ON)]
    return Shares(len(rows), filled, {name: _years(rows[name]) for name in dates})


def _years(cells: pd.Series) -> dict[str, int]:
    dates = cells.loc[matches(cells, rf"{ISO_DAY}.*")].str.slice(0, len("2026"))
    return {str(year): int(n) for year, n in dates.value_counts().sort_index().items()}
