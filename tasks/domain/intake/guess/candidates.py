"""Which columns of a file may be a canonical column: by the ideas in their titles, if their cells agree.

May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tasks.domain import frames
from tasks.domain.intake.guess.columns import DATE, DIGITS, NUMBER, Column
from tasks.domain.intake.guess.known_titles import KnownTitles, plain

FITS = 0.5  # the share of filled cells that must look like the column's
NEAR, UNKNOWN = 0.5, 4.0  # what an idea in addition, and an unknown word, take from a title, in places of the list
SERIAL = r"[34]\d{4}(?:[.,]\d+)?"


@dataclass(frozen=True)
class Match:
    """A column that may be the one that is looked for.

    Attributes:
        column: of the file.
        ideas: the entry of the list of titles that it matches.
        distance: from the most likely title; 0 is the most likely.
    """

    column: Column
    ideas: frozenset[str]
    distance: float

    @property
    def is_sure(self) -> bool:
        """Whether every word of the title is known."""
        return not self.column.reading.unknown


def find_matches(known: KnownTitles, kind: str, name: str, columns: Iterable[Column]) -> list[Match]:
    """The columns whose titles and cells fit, the most likely first.

    Args:
        known: what is known of titles.
        kind: of the rows.
        name: of the canonical column.
        columns: those that are not taken yet.
    """
    entries = [frozenset(entry.split()) for entry in known.titles[kind][name]]
    beside = frozenset(known.beside[kind])
    fits = CELLS_FIT.get(name.rpartition(".")[2], _fits_dates if _is_time(name) else _always)
    found = (match_title(column, entries, beside) for column in columns)
    fitting = [match for match in found if match and (match.column.is_empty or fits(match.column))]
    return sorted(fitting, key=lambda match: (match.column.is_empty, match.distance, match.column.position))


def match_title(column: Column, entries: list[frozenset[str]], beside: frozenset[str]) -> Match | None:
    """The entry of a list of titles that a title matches; None if it says something else."""
    ideas, unknown = column.reading.ideas, UNKNOWN * len(column.reading.unknown)
    if ideas in entries:
        return Match(column, ideas, entries.index(ideas) + unknown)
    near = [at for at, entry in enumerate(entries) if entry <= ideas and ideas - entry <= beside]
    return Match(column, entries[near[0]], near[0] + NEAR + unknown) if near else None


def spelling_table(known: KnownTitles, group: str) -> dict[str, str]:
    """The canonical value for each known value of a column, by its plain text."""
    spellings = known.spellings.get(group, {})
    return {plain(name) or name: becomes for becomes, names in spellings.items() for name in names}


def _always(_: Column) -> bool:
    return True


def _is_time(name: str) -> bool:
    return frames.is_date(name) or frames.is_instant(name)


def _fits_dates(column: Column) -> bool:
    return column.share(DATE) >= FITS or column.share(SERIAL) >= FITS or column.share(r"0{4}-00-00.*|\d{8}") >= FITS


def _fits_mail(column: Column) -> bool:
    return column.share_mail >= FITS


def _fits_phone(column: Column) -> bool:
    return column.share(DIGITS) >= FITS


def _fits_language(column: Column) -> bool:
    # A letter alone (N, F) is a language only where a title says so; the values decide (values.py).
    return column.share(r"\D{1,40}") >= FITS


def _fits_text(column: Column) -> bool:
    is_number = column.share(NUMBER) >= FITS
    return not (is_number or column.share_mail >= FITS or column.share(DATE) >= FITS)


CELLS_FIT: dict[str, Callable[[Column], bool]] = {
    "email": _fits_mail,
    "phone": _fits_phone,
    "language": _fits_language,
    "expires_on": _fits_dates,
    "name": _fits_text,
    "subject": _fits_text,
}
