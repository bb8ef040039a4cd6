"""What is known of titles and values in other products' exports, and how a title is read.

A title is read as the ideas that its words stand for, in any of four languages: `Kundennummer`, `Customer No.` and
`N° client` are all the ideas client and number.
May touch: nothing. Tests: tests/unit/intake/test_known_titles.py.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

NOTHING = "nothing"
LONGEST_ENTRY = 6  # words
SHORTEST_PART = 3  # letters of a part of a long word
SHORT_PARTS = ("id", "no", "nr")  # shorter ones, which stand at the end
LINKS = ("", "s", "n", "en", "es")  # what Dutch and German put between the parts of a word
# In brackets behind a title, the column of a database: Name* (s.nom).
DATABASE_COLUMN = re.compile(r"\(\s*\w+\.\w+\s*\)")
BEFORE_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Reading:
    """A title as it is understood.

    Attributes:
        ideas: what its words stand for.
        unknown: words that stand for nothing known.
    """

    ideas: frozenset[str]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownTitles:
    """Words, titles and values (tasks/intake/known_titles.yaml).

    Attributes:
        words: the words of each idea, in plain form.
        titles: the ideas in the title of each column of each kind, the most likely title first.
        firms: the ideas in the title of a firm's name, the most likely first.
        beside: by kind, ideas that a title may have in addition.
        kinds: what ideas in titles speak for a kind, and how much.
        of_users: titles that only lists of the firm's users have.
        spellings: by column, those of each canonical value.
    """

    words: dict[str, list[str]]
    titles: dict[str, dict[str, list[str]]]
    firms: list[str]
    beside: dict[str, list[str]]
    kinds: dict[str, dict[str, float]]
    of_users: list[str]
    spellings: dict[str, dict[str, list[str]]]

    def read(self, title: str) -> Reading:
        """The ideas of a title."""
        found = [self._ideas.get(entry, "") for entry in self.entries_of(title)]
        unknown = tuple(e for e in self.entries_of(title) if e not in self._ideas)
        return Reading(frozenset(found) - {NOTHING, ""}, unknown)

    def entries_of(self, title: str) -> list[str]:
        """The title cut into entries of `words`, the longest first, and words that are in none."""
        words = [part for word in plain_title(title).split() for part in self._parts(word)]
        return list(self._cut(words))

    def without(self, entries: Collection[str], values: Collection[str] = ()) -> "KnownTitles":
        """The same without these entries of `words`, and these spellings of values."""
        words = {idea: [w for w in words if w not in entries] for idea, words in self.words.items()}
        spellings = {
            group: {becomes: [n for n in names if n not in values] for becomes, names in of_group.items()}
            for group, of_group in self.spellings.items()
        }
        return replace(self, words=words, spellings=spellings)

    @cached_property
    def _ideas(self) -> dict[str, str]:
        return {entry: idea for idea, entries in self.words.items() for entry in entries}

    @cached_property
    def _single(self) -> frozenset[str]:
        return frozenset(word for entry in self._ideas for word in entry.split() if len(word) >= SHORTEST_PART)

    def _cut(self, words: list[str]) -> Iterator[str]:
        at = 0
        while at < len(words):
            longest = min(LONGEST_ENTRY, len(words) - at)
            ends = (at + size for size in range(longest, 0, -1) if " ".join(words[at : at + size]) in self._ideas)
            end = next(ends, at + 1)
            yield " ".join(words[at:end])
            at = end

    def _parts(self, word: str) -> list[str]:
        """A long word of two known ones in its parts; any other word as it is."""
        if word in self._single or word in self._ideas:
            return [word]
        if word.endswith(SHORT_PARTS) and word[:-2] in self._single:
            return [word[:-2], word[-2:]]
        for at in range(len(word) - SHORTEST_PART, SHORTEST_PART - 1, -1):
            first, second = word[:at], word[at:]
            starts = [first[: len(first) - len(link)] for link in LINKS if first.endswith(link)]
            known = [start for start in starts if start in self._single]
            if known and second in self._single:
                return [known[0], second]
        return [word]


def plain(text: str) -> str:
    """Lower case, no accents, one blank between words."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", bare).casefold()))


def meaning_of(table: Mapping[str, str], value: str) -> str | None:
    """What a value means by a table of plain spellings; `GmbH` and `S.A.R.L.` are words, not several."""
    letters = plain(value.casefold())
    joined = letters.replace(" ", "") if all(len(word) == 1 for word in letters.split()) else letters
    spellings = (plain(value) or value, letters, joined)
    return next((table[spelling] for spelling in spellings if spelling in table), None)


def plain_title(title: str) -> str:
    """The plain form of a title: words written together are separated where a capital or a figure shows it."""
    # NFKD reads ° and º as letters or drops them; here they are signs.
    return plain(BEFORE_CAPITAL.sub(" ", DATABASE_COLUMN.sub(" ", title.replace("º", " ").replace("°", " "))))
