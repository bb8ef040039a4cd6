"""Names of months in French, Dutch, German and English, whole or short, as the English ones that strptime reads.

May touch: pandas. Tests: tests/unit/dates/test_month_names.py.
"""

import re
import unicodedata

import pandas as pd

from tasks.domain import frames

NAMES = {
    "Jan": "january jan janvier janv januari januar janner",
    "Feb": "february feb fevrier fevr fev februari februar",
    "Mar": "march mar mars maart mrt marz maerz mrz",
    "Apr": "april apr avril avr",
    "May": "may mai mei",
    "Jun": "june jun juin juni",
    "Jul": "july jul juillet juil juli",
    "Aug": "august aug aout augustus",
    "Sep": "september sep sept septembre",
    "Oct": "october oct octobre oktober okt",
    "Nov": "november nov novembre",
    "Dec": "december dec decembre dezember dez",
}
ENGLISH = {name: month for month, names in NAMES.items() for name in names.split()}
WORD = re.compile(r"[^\W\d_]{3,}\.?")
DIRECTIVES = ("%b", "%B")


def has_month_name(date_format: str) -> bool:
    """Whether a format has the month by its name."""
    return any(directive in date_format for directive in DIRECTIVES)


def english_months(text: pd.Series) -> pd.Series:
    """The same text with each name of a month as its three English letters.

    Args:
        text: such as `3 août 2026`, or missing.
    """
    table = {cell: WORD.sub(_english, cell) for cell in text.dropna().drop_duplicates()}
    written: pd.Series = text.map(table).astype(frames.TEXT)
    return written


def _english(word: re.Match[str]) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", word[0]) if not unicodedata.combining(c))
    return ENGLISH.get(bare.lower().rstrip("."), word[0])
