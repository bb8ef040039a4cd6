"""Numbers and dates as people type them in French, Dutch and English, brought to the form that is stored.

A number or a date that could be read in two ways is refused and not guessed.
May touch: nothing. Tests: tests/unit/requests/test_typed.py.
"""

import re
from datetime import date

from tasks.domain.requests.values import AnswerError

# Between thousands, and before decimals.
SEPARATORS = {"fr": (" .", ","), "nl": (" .", ","), "en": (" ,", ".")}
BLANKS = re.compile(r"[\s\u00a0\u202f\u2009']")
SIGNED = re.compile(r"[+-]?[0-9][0-9.,]*")
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "january february march april may june july august september october november december",
}
WRITTEN = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th|\.)?\s+([^\W\d_]{3,})\.?,?\s+(\d{2}|\d{4})")
SHORT = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{2})")
SHORTEST_MONTH = 3
YEARS_AHEAD = 50  # a year of two digits is at most so far ahead


def plain_number(text: str, language: str) -> str:
    """A number as it is stored: digits, and a point before decimals.

    Raises:
        AnswerError: it is not a number, or could be one of two, as 1.234.
    """
    packed = BLANKS.sub("", text.strip())
    if not SIGNED.fullmatch(packed):
        raise AnswerError(f"{text!r} is not a number", "not_a_number")
    thousands, decimal = SEPARATORS.get(language, SEPARATORS["fr"])
    signs = [sign for sign in packed if sign in ".,"]
    if not signs:
        return packed
    last = signs[-1]
    whole, _, rest = packed.rpartition(last)
    if len(set(signs)) == 1 and len(signs) > 1:  # 1.234.567
        return _grouped(text, packed, last)
    if len(signs) > 1:  # 1.234,5
        return _grouped(text, whole, signs[0]) + f".{rest}"
    if last in thousands and len(rest) == 3 and whole.lstrip("+-") != "0":  # noqa: PLR2004 - a thousand's digits
        raise AnswerError(f"{text!r} could be {whole}{rest} or {whole}{decimal}{rest}", "two_numbers")
    return f"{whole}.{rest}" if rest else whole


def _grouped(text: str, digits: str, separator: str) -> str:
    first, *groups = digits.lstrip("+-").split(separator)
    if not 1 <= len(first) <= 3 or any(len(group) != 3 or not group.isdecimal() for group in groups):  # noqa: PLR2004
        raise AnswerError(f"{text!r} is not a number", "not_a_number")
    return digits.replace(separator, "")


def plain_date(text: str, language: str, as_of: date) -> str:
    """A date as YYYY-MM-DD, or the text unchanged if it is written in a way that is read anyway.

    Args:
        text: such as 1/2/26, 01.02.2026 or 1er février 2026; the day comes first.
        language: of the month's name; the other two are understood as well.
        as_of: today, to tell which century two digits mean.

    Raises:
        AnswerError: there is no such month or day.
    """
    packed = " ".join(text.split())
    short = SHORT.fullmatch(packed)
    written = WRITTEN.fullmatch(packed.casefold())
    if short:
        day, month, year = short[1], int(short[2]), short[3]
    elif written:
        day, month, year = written[1], _month(written[2], language), written[3]
    else:
        return re.sub(r"\s*([./-])\s*", r"\1", packed)
    try:
        return date(_year(year, as_of), month, int(day)).isoformat()
    except ValueError:
        raise AnswerError(f"{text!r} is not a valid date", "not_a_date") from None


def _year(digits: str, as_of: date) -> int:
    if len(digits) == 4:  # noqa: PLR2004 - of a whole year
        return int(digits)
    year = as_of.year // 100 * 100 + int(digits)
    return year - 100 if year > as_of.year + YEARS_AHEAD else year


def _month(name: str, language: str) -> int:
    others = (MONTHS[one] for one in (language, *MONTHS) if one in MONTHS)
    for months in others:
        for number, month in enumerate(months.split(), start=1):
            if month == name or (len(name) >= SHORTEST_MONTH and month.startswith(name)):
                return number
    raise AnswerError(f"{name!r} is not a month", "not_a_date")


def masked(value: str) -> str:
    """A stored value as it is shown on a page that may have been passed on (D3): enough to recognise, no more."""
    packed = value.strip()
    shown = 4 if len(packed) >= 14 else 2 if len(packed) >= 8 else 0  # noqa: PLR2004 - lengths that hide the most of it
    return f"{packed[:shown]} •••• {packed[-shown:]}" if shown else "••••"
