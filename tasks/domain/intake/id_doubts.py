"""Says where ids look as if a spreadsheet or a program had rewritten them; nothing of them is changed.

May touch: pandas. Tests: tests/unit/intake/test_id_doubts.py.
"""

import pandas as pd

from tasks.domain.dates.parse_dates import matches

OF_IDS = "_id"
SCIENTIFIC = r"\d+(?:[.,]\d+)?[eE]\+\d+|\d[.,]\d+[eE]\d+"
DECIMALS = r"\d+[.,]0+"
PADDED, BARE = r"0\d+", r"[1-9]\d*"
ROWS_NAMED = 5


def doubt_ids(cells: pd.Series, name: str, source_row: pd.Series) -> list[str]:
    """One sentence for each way in which ids seem to be rewritten, without an id.

    Args:
        cells: the column's text.
        name: the canonical column; only columns of ids are looked at.
        source_row: of each cell.
    """
    if not name.endswith(OF_IDS):
        return []
    said = []
    if (is_scientific := matches(cells, SCIENTIFIC)).any():
        said.append(
            f"{name}: {int(is_scientific.sum()):,} ids are numbers in scientific notation "
            f"({_rows(is_scientific, source_row)}), whose last digits are lost; several ids may be one here. Export "
            "the column as text."
        )
    if (has_decimals := matches(cells, DECIMALS)).any():
        said.append(
            f"{name}: {int(has_decimals.sum()):,} ids have decimals ({_rows(has_decimals, source_row)}), as programs "
            "write whole numbers that passed through a table; they stay as they are."
        )
    is_padded = matches(cells, PADDED)
    if is_padded.any():
        shortest = int(cells.loc[is_padded].str.len().min())
        is_short = matches(cells, BARE) & (cells.str.len() < shortest).fillna(False).astype(bool)
        if is_short.any():
            said.append(
                f"{name}: {int(is_padded.sum()):,} ids begin with zeros, and {int(is_short.sum()):,} have fewer digits "
                f"and none ({_rows(is_short, source_row)}): a spreadsheet may have taken their zeros off."
            )
    return said


def _rows(mask: pd.Series, source_row: pd.Series) -> str:
    named = ", ".join(f"{n:,}" for n in source_row.loc[mask].head(ROWS_NAMED))
    return f"rows {named}{' …' if int(mask.sum()) > ROWS_NAMED else ''}"
