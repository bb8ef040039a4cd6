"""Says which format would read cells that hold a date in another one than the profile says.

May touch: pandas. Tests: tests/unit/intake/test_unread_dates.py.
"""

from collections.abc import Sequence

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.date_formats import other_order
from tasks.domain.dates.parse_dates import ISO_DAY, matches
from tasks.domain.definitions.kinds import EXPIRES_ON
from tasks.domain.intake.guess.dates import guess_formats

ROWS_NAMED = 5
CELLS_LOOKED_AT = 1_000


def doubt_unread(cells: pd.Series, name: str, formats: Sequence[str], source_row: pd.Series) -> list[str]:
    """A sentence where cells of a column of dates are not read, and a known format would read some of them.

    Args:
        cells: the column's text after its formats were applied; what was read is in ISO 8601.
        name: the canonical column.
        formats: those of its rule; empty if it has none.
        source_row: of each cell.
    """
    if not (frames.is_date(name) or frames.is_instant(name) or name.endswith(EXPIRES_ON)):
        return []
    unread = cells.loc[cells.notna() & ~matches(cells, rf"{ISO_DAY}(?:[T ].*)?")]
    if unread.empty:
        return []
    found = guess_formats(unread.iloc[:CELLS_LOOKED_AT])
    # Day and month in two orders are told elsewhere (date_doubts.py): no format can mend that.
    if not found.formats or {other_order(date_format) for date_format in formats} & set(found.formats):
        return []
    rows = ", ".join(f"{n:,}" for n in source_row.loc[unread.index].head(ROWS_NAMED))
    wanted = list(dict.fromkeys([*formats, *found.formats]))
    said = f'"{wanted[0]}"' if len(wanted) == 1 else "[" + ", ".join(f'"{f}"' for f in wanted) + "]"
    sure = "; month first would fit as well" if found.is_ambiguous else ""
    told = (
        f"{name}: {len(unread):,} cells are not read as dates (rows {rows}{' …' if len(unread) > ROWS_NAMED else ''}); "
        f"{', '.join(found.formats)} would read them{sure}: write `date_format: {said}` in the profile."
    )
    return [told]
