"""An unknown file's columns, each with what its title says and what its cells look like.

May touch: pandas. Tests: tests/unit/intake/test_guess_score.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from tasks.domain.dates.parse_dates import matches
from tasks.domain.definitions.profile import BLANKS, composed
from tasks.domain.intake.error_cells import is_error
from tasks.domain.intake.guess.known_titles import KnownTitles, Reading, meaning_of
from tasks.domain.intake.language_names import language_of
from tasks.domain.intake.typed_rows import trimmed

CELLS_LOOKED_AT = 2_000
ADDRESS = r"(?:[^<>]*<)?(?:mailto:)?[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+>?(?:[\s;,|/]+\S+@\S+)*"
DIGITS = r"'?[+\d(][\d\s().\-/x]*"
PHONE = r"'?(?=(?:\D*\d){6})\+?[\d\s().\-/x]+"
DATE = (
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ,].*)?|\d{1,2}[-/. ] ?[A-Za-zÀ-ÿ]{3,9}\.?[-/ ,]+\d{2,4}(?:[ ,].*)?"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}(?:[ ,].*)?"
)
TIME = r"\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?"
NUMBER = r"-?\d[\d\s., ]*"
LAST_FIRST = r"[^,\d]{2,40}, ?[^,\d]{1,40}"
LEGAL_FORM = (
    r"(?i:.*\b(?:sarl|sas|sasu|sa|sprl|srl|bv|bvba|nv|eurl|sci|asbl|vzw|gmbh|ag|kg|ltd|llp|llc|inc|plc|corp|group|"
    r"cabinet|garage|societe|société)\b\.?.*)"
)


@dataclass(frozen=True)
class Column:
    """One column of the file.

    Attributes:
        title: as in the file.
        reading: what it says.
        cells: text, missing where empty.
        position: among the columns, from 0.
    """

    title: str
    reading: Reading
    cells: pd.Series
    position: int

    @cached_property
    def filled(self) -> pd.Series:
        """The cells that are not empty."""
        return self.cells.dropna()

    @cached_property
    def values(self) -> list[str]:
        """The distinct values in NFC, sorted."""
        return sorted({composed(value) for value in self.filled.unique()})

    @cached_property
    def sample(self) -> pd.Series:
        """Filled cells, evenly spread over the file."""
        return self.filled.iloc[:: max(len(self.filled) // CELLS_LOOKED_AT, 1)]

    @property
    def is_empty(self) -> bool:
        """Whether no cell is filled."""
        return not len(self.filled)

    @property
    def share_filled(self) -> float:
        """The share of rows that have a value."""
        return len(self.filled) / max(len(self.cells), 1)

    @cached_property
    def is_constant(self) -> bool:
        """Whether every row has the same value, in a file of several rows."""
        return len(self.cells) > 1 and self.share_filled == 1 and bool((self.cells == self.cells.iloc[0]).all())

    @cached_property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return len(self.filled) == len(self.cells) and self.filled.is_unique

    def share(self, pattern: str) -> float:
        """The share of filled cells that match a pattern."""
        return float(matches(self.sample, pattern).mean()) if len(self.sample) else 0.0

    def share_known(self, is_known: Callable[[str], bool]) -> float:
        """The share of filled cells whose value is known."""
        counts = self.sample.value_counts()
        return sum(int(n) for value, n in counts.items() if is_known(str(value))) / max(len(self.sample), 1)

    @cached_property
    def share_mail(self) -> float:
        """The share of cells that are e-mail addresses."""
        return self.share(ADDRESS)

    @cached_property
    def share_languages(self) -> float:
        """The share of cells that name a language."""
        return self.share_known(lambda value: language_of(value) is not None)

    def share_spelled(self, table: dict[str, str]) -> float:
        """The share of cells whose value is in a table of spellings."""
        return self.share_known(lambda value: meaning_of(table, value) is not None)


def columns_of(rows: pd.DataFrame, known: KnownTitles) -> list[Column]:
    """The columns that have a title.

    Args:
        rows: the file's text columns, and source_row.
        known: what is known of titles.
    """
    titles = [title for title in rows.columns if title not in ("source_row", "")]
    return [Column(title, known.read(title), _bare(rows[title]), position) for position, title in enumerate(titles)]


def _bare(cells: pd.Series) -> pd.Series:
    text = trimmed(cells)
    return text.mask(text.isin(BLANKS) | is_error(text))
