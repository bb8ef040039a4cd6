"""Which encoding of one byte per character makes words of a text's bytes.

Windows', DOS' and old Macintoshes' encodings have the same accents at other bytes, so that any of them decodes any
text. What tells them apart are words: no capital stands behind a small letter, and no sign between two letters.
May touch: nothing. Tests: tests/unit/intake/test_letters.py, tests/unit/intake/test_text_doubts.py.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

WINDOWS, DOS, MACINTOSH = "cp1252", "cp850", "mac_roman"
TRIED = (WINDOWS, DOS, MACINTOSH)  # of those that make as many words the first is taken
HIGH = re.compile(rb"[\x80-\xff]")
MANY = 20_000  # letters that are looked at
SMALL = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüßœšž")
CAPITALS = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒŠŽ")
ALONE = frozenset("àÀ")  # words of one letter
SIGNS = frozenset("€“”„‘’«»–—…°©®™§²³½¼·•£¿¡ªº\u00a0")
WITHIN_WORDS = frozenset("’\u00a0")
BESIDE_WORDS = frozenset("“”«»\u00a0")
FIT, SIGN, UNFIT = 1.0, 0.5, -1.0
AS_MANY = 0.5  # of the words of the best one make another one possible
FEW = 4  # for each letter that fits none, so many that fit
LETTERS_NAMED = 3


@dataclass(frozen=True)
class Fit:
    """How well an encoding makes words of a text.

    Attributes:
        encoding: its name.
        good, bad: what speaks for it, and against it.
        seen: the bytes above ASCII with what they are in this encoding, the most frequent first.
    """

    encoding: str
    good: float
    bad: float
    seen: dict[int, str]

    @property
    def score(self) -> float:
        """What speaks for it after all."""
        return self.good - self.bad


def fits_of(data: bytes, also: str | None = None) -> dict[str, Fit]:
    """How well each encoding fits, those that cannot be left out.

    Args:
        data: the text's bytes, or as many as there are to look at.
        also: an encoding besides those that are tried.
    """
    found = Counter(_around(data, match.start()) for match in islice(HIGH.finditer(data), MANY))
    names = [*TRIED, *([also] if also and _plain(also) not in TRIED else [])]
    return {name: fit for name in names if (fit := _fit(found, name))}


def best_of(fits: dict[str, Fit]) -> str:
    """The encoding that makes most words; Windows' where nothing shows it."""
    best = max((fits[name] for name in TRIED if name in fits), key=lambda fit: fit.score, default=None)
    return best.encoding if best and best.score > 0 else WINDOWS


def rivals_of(fits: dict[str, Fit], taken: str) -> dict[str, list[str]]:
    """Other encodings that make words as well, with letters that would be others there: `'é' would be 'Ú'`."""
    mine, found = fits[taken], dict[str, list[str]]()
    for name in TRIED:
        other = fits.get(name)
        if other is None or name == taken or other.score < max(AS_MANY * mine.score, 0):
            continue
        differ = [(mine.seen[byte], other.seen[byte]) for byte in mine.seen if mine.seen[byte] != other.seen[byte]]
        if differ and (other.score > 0 or mine.score <= 0):
            found[name] = [f"{one!r} would be {another!r}" for one, another in differ[:LETTERS_NAMED]]
    return found


def is_of_others(fit: Fit) -> bool:
    """Whether many letters make no words, as in text from another part of Europe."""
    return fit.bad > 0 and fit.good < FEW * fit.bad


def _plain(encoding: str) -> str:
    return codecs.lookup(encoding).name.replace("-", "_")


def _fit(found: Counter[bytes], encoding: str) -> Fit | None:
    good = bad = 0.0
    seen = Counter[int]()
    try:
        for triple, count in found.items():
            weight = count * _weight(*_three(triple, encoding))
            good, bad = good + max(weight, 0), bad - min(weight, 0)
            seen[triple[1]] += count
        return Fit(encoding, good, bad, {b: bytes([b]).decode(encoding) for b, _ in seen.most_common()})
    except (UnicodeError, ValueError):
        return None


def _around(data: bytes, at: int) -> bytes:
    """A byte with the one before and the one behind it."""
    return data[at - 1 : at + 2].ljust(3) if at else (b" " + data[:2]).ljust(3)


def _three(triple: bytes, encoding: str) -> tuple[str, str, str]:
    text = triple.decode(encoding)
    return text[0], text[1], text[2]


def _weight(before: str, letter: str, behind: str) -> float:
    """What a character between two others says for its encoding."""
    if letter not in SMALL and letter not in CAPITALS:
        return _weight_of_sign(before, letter, behind)
    if not before.isalpha() and not behind.isalpha():
        return SIGN if letter in ALONE else 0
    if letter in SMALL:
        return UNFIT if behind.isupper() else FIT
    is_within = before.islower() or (before.isupper() and behind.islower())
    return UNFIT if is_within else FIT


def _weight_of_sign(before: str, sign: str, behind: str) -> float:
    touches = before.isalpha() or behind.isalpha()
    if sign not in SIGNS:
        is_none = "\u2500" <= sign <= "\u259f" or sign < "\u00a0"  # lines of a box, control characters
        return UNFIT if touches or is_none else 0
    if before.isalpha() and behind.isalpha():
        return FIT if sign in WITHIN_WORDS else UNFIT
    return FIT if sign in BESIDE_WORDS and touches else SIGN
