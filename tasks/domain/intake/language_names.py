"""Names of languages in exports, converted to the two letters by which a message is chosen (M9).

May touch: pandas. Tests: tests/unit/test_language_names.py.
"""

import re
import unicodedata

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.parse_dates import matches

NAMES = {
    "fr": "fra fre french francais francaise frans franzosisch",
    "nl": "nld dut dutch neerlandais neerlandaise nederlands hollandais hollands flamand vlaams flemish niederlandisch",
    "en": "eng english anglais anglaise engels englisch",
    "de": "deu ger german allemand allemande duits deutsch",
    "es": "spa spanish espagnol espagnole spaans espanol spanisch",
    "it": "ita italian italien italienne italiaans italiano italienisch",
    "pt": "por portuguese portugais portugaise portugees portugues portugiesisch",
}
CODES = {name: code for code, names in NAMES.items() for name in names.split()}
CODE = r"[a-z]{2}"
LOCALE = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]{2,8})*(?:[.@][a-z0-9_@.-]*)?")


def read_languages(cells: pd.Series) -> pd.Series:
    """Two lower-case letters for each cell that names a language; other cells are unchanged.

    Args:
        cells: text such as `fr`, `fr_BE`, `Français`, `French / Français` or `Dutch (BE)`; missing where empty.
    """
    odd = cells.loc[cells.notna() & ~matches(cells, CODE)]
    names = odd.drop_duplicates()
    table = {name: language_of(name) or name for name in names}
    read: pd.Series = cells.copy()
    read.loc[odd.index] = odd.map(table).astype(frames.TEXT)
    return read


def language_of(cell: str) -> str | None:
    """The language that a text names; None if it names none, or several."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", cell) if not unicodedata.combining(c)).lower().strip()
    locale = LOCALE.fullmatch(bare)
    if locale:
        return locale[1]
    found = {CODES[word] for word in re.findall(r"[a-z]+", bare) if word in CODES}
    return found.pop() if len(found) == 1 else None
