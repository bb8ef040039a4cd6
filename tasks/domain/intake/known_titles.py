"""What is known of titles and values in other products' exports, and the form in which they are compared.

May touch: nothing. Tests: tests/unit/intake/test_known_titles.py.
"""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownTitles:
    """Titles and values, in plain form (tasks/intake/known_titles.yaml).

    Attributes:
        titles: of each column of each kind, the most likely first.
        first_names, last_names: of the two columns that hold a person's name.
        of_users: titles that occur only in lists of the firm's users.
        spellings: by column, those of each canonical value.
    """

    titles: dict[str, dict[str, list[str]]]
    first_names: list[str]
    last_names: list[str]
    of_users: list[str]
    spellings: dict[str, dict[str, list[str]]]


def plain(text: str) -> str:
    """Lower case, no accents, one blank between words."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", bare).lower()))
