"""Rows of a file that are not records: a line of totals at its end, and repeated titles.

May touch: pandas. Tests: tests/unit/intake/test_stray_rows.py.
"""

import re
import unicodedata

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.parse_dates import matches
from tasks.domain.intake.typed_rows import trimmed

WORDS = (
    "total|totals|totaux|total general|total global|sous[- ]?total|somme|grand total|sub[- ]?total|sum|"
    "totaal|eindtotaal|subtotaal|algemeen totaal|som|gesamt|gesamtsumme|summe|total clients|"
    "nombre de clients|aantal klanten"
)
TOTAL = rf"(?i:(?:{WORDS}))(?: ?\([^()]*\))?(?: ?[:=])?(?: ?[0-9 .,]+)?"
SECOND = re.compile(r"#[2-9]\d*$")
FEWEST_TITLES = 2


def repeats_titles(raw: pd.DataFrame) -> pd.Series:
    """Whether each row repeats its columns' titles, as happens when files are concatenated.

    Args:
        raw: the source's text columns, and source_row.

    Returns:
        True if at least two cells are filled and each filled one is its column's title.
    """
    titles = [title for title in raw.columns if title != "source_row"]
    filled = pd.Series(0, index=raw.index)
    is_other = pd.Series(False, index=raw.index)
    for title in titles:
        there = raw[title].notna()
        if is_other.all():
            break
        # Compared ignoring case; a duplicate title has a number added by us, which is removed first.
        is_title = _folded(raw[title].where(there & ~is_other)) == _fold(SECOND.sub("", title))
        is_other |= there & ~is_title
        filled += there
    return ~is_other & (filled >= FEWEST_TITLES)


def is_total(row_id: pd.Series, email: pd.Series | None) -> pd.Series:
    """Whether each row's id is a word for a total; with an e-mail address it may be a real id, and is not.

    Args:
        row_id: of each row.
        email: of each row; None if the rows have none.
    """
    bare = row_id.str.normalize("NFKD").str.replace("[\u0300-\u036f]", "", regex=True)
    found = matches(bare, TOTAL)
    return found if email is None else found & email.isna()


def _folded(cells: pd.Series) -> pd.Series:
    return trimmed(cells).str.normalize("NFKC").str.casefold().astype(frames.TEXT)


def _fold(title: str) -> str:
    return unicodedata.normalize("NFKC", title.strip()).casefold()
