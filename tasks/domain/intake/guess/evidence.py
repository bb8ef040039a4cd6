"""Why a guessed profile says what it says: for each column its titles, its cells and its doubts, without personal data.

May touch: nothing. Tests: tests/integration/intake/test_guess_bytes.py.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.domain.definitions.profile import Profile
from tasks.domain.intake.guess.proposal import Proposal, samples_of


@dataclass(frozen=True)
class Evidence:
    """What a canonical column is taken from.

    Attributes:
        column: its name.
        titles: of the file; none if it is a constant, or was not found.
        rule: as the profile has it: a title, or the keys of a rule.
        filled: the share of rows in which one of the titles holds something; None without titles.
        samples: a few values, with letters and figures masked (Q5).
        doubts: what a person should check about it.
    """

    column: str
    titles: tuple[str, ...]
    rule: str | dict[str, Any]
    filled: float | None
    samples: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class Left:
    """A column of the file that no rule takes, with a few masked values."""

    title: str
    samples: tuple[str, ...]


def evidence_of(proposal: Proposal, profile: Profile, doubts: Sequence[str]) -> tuple[Evidence, ...]:
    """The evidence for each column, in the order of the profile.

    Args:
        proposal: what was found.
        profile: what it says.
        doubts: all of them.
    """
    by_title = {column.title: column for column in proposal.columns}
    found = []
    for name, rule in profile.columns.items():
        titles = tuple(title for title in proposal.sources.get(name, []) if title in by_title)
        columns = [by_title[title] for title in titles]
        written = rule if isinstance(rule, str) else rule.model_dump(by_alias=True, exclude_defaults=True)
        filled = None
        if columns:
            is_filled = columns[0].cells.notna()
            for column in columns[1:]:
                is_filled |= column.cells.notna()
            filled = round(float(is_filled.mean()), 4) if len(is_filled) else 0.0
        samples = samples_of(columns[0]) if columns else ()
        found.append(Evidence(name, titles, written, filled, samples, _about(name, titles, doubts)))
    return tuple(found)


def left_of(proposal: Proposal) -> tuple[Left, ...]:
    """The columns that no rule takes."""
    return tuple(Left(column.title, samples_of(column)) for column in proposal.free)


def _about(name: str, titles: Sequence[str], doubts: Sequence[str]) -> tuple[str, ...]:
    names = [rf"(?<![\w.]){re.escape(name)}(?!\w|\.\w)", *(re.escape(repr(title)) for title in titles)]
    named = re.compile("|".join(names))
    return tuple(doubt for doubt in doubts if named.search(doubt))


def written_scores(scores: Mapping[str, float]) -> dict[str, float]:
    """How much speaks for each kind, the best first, with one decimal."""
    return {kind: round(score, 1) for kind, score in scores.items()}
