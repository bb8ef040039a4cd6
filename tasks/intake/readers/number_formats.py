"""What a spreadsheet displays for a whole number if its number format adds zeros or text, as formats of ids do.

Formats of amounts, percentages and units are ignored: their numbers are read without them.
Source: ECMA-376 part 1, 18.8.31 numFmts, read 2026-11.
May touch: nothing. Tests: tests/unit/intake/test_number_formats.py.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"'
    r"|\\(?P<escaped>.)"
    r"|\[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\]"
    r"|\[(?P<condition>[<>=]+ ?-?[0-9.]+)\]"
    r"|\[(?:[A-Za-z]+ ?[0-9]*)\]"  # a colour, or digits of another script
    r"|_(?P<skipped>.)"
    r"|\*(?P<filled>.)"
    r"|(?P<general>(?i:General))"
    r"|(?P<digit>[0#?])"
    r"|(?P<amount>[.,%/]|[Ee][+-])"
    r"|(?P<end>;)"
    r"|(?P<literal>[^\w@\"\\\[\]*])"
    r"|(?P<other>.)",
    re.DOTALL,
)
GROUPING = " '\u2019\u00a0\u202f"  # between groups of three digits
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip


@dataclass(frozen=True)
class Section:
    """One of the parts of a number format, which are separated by semicolons.

    Attributes:
        tokens: ("digit", one of 0 # ?), ("text", literal text) or ("general", ""), from left to right.
        condition: a comparison and its number; None if the sign decides.
        is_amount: has decimals, thousands, a percent sign, a fraction or an exponent.
        is_known: every character of it is understood.
    """

    tokens: tuple[tuple[str, str], ...]
    condition: tuple[str, float] | None = None
    is_amount: bool = False
    is_known: bool = True

    @property
    def placeholders(self) -> str:
        """The digit placeholders."""
        return "".join(text for kind, text in self.tokens if kind == "digit")

    def texts(self) -> tuple[str, str]:
        """The text before the first digit placeholder, and the text between placeholders."""
        places = [i for i, (kind, _) in enumerate(self.tokens) if kind != "text"]
        first, last = (places[0], places[-1]) if places else (len(self.tokens), len(self.tokens))
        parts = self.tokens[:first], self.tokens[first:last]
        before, between = ("".join(text for kind, text in part if kind == "text") for part in parts)
        return before, between


def shown(value: int, number_format: str) -> str | None:
    """The text displayed for a whole number; the plain number if the format is for amounts or units.

    Args:
        value: of the cell.
        number_format: of the cell, as stored in the file.

    Returns:
        The text, or None if the format adds text to the number in a way that is not understood here.
    """
    sections = _sections(number_format)
    section, is_signed = _section_of(sections, value)
    before, between = section.texts()
    is_grouped = "#" in section.placeholders and not between.strip(GROUPING)
    says_more = any(map(str.isalnum, before)) or bool(between.strip() and not is_grouped)
    if not section.is_known or section.is_amount:
        return None if says_more or not section.is_known or writes_zeros_before(number_format) else str(value)
    is_padded = section.placeholders.count("0") > 1 and not is_grouped
    if not (is_padded or says_more):
        return str(value)
    text = _written(section, abs(value)).strip()
    return f"-{text}" if value < 0 and not is_signed else text


def writes_zeros_before(number_format: str) -> bool:
    """Whether a format writes zeros before the number, as in 0000.00: such a cell shows more than its number."""
    bare = re.sub(r'"[^"]*"|\\.', "", number_format)
    return re.search(r"(?<![.0#?,+-])0{2,}", bare) is not None


def _section_of(sections: tuple[Section, ...], value: int) -> tuple[Section, bool]:
    """The section that displays a value, and whether it adds the sign by itself."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or COMPARISONS[section.condition[0]](value, section.condition[1]):
                return section, False
        return Section((("general", ""),), is_known=False), False
    by_sign = {1: value < 0, 2: value == 0}
    signed = [section for at, section in enumerate(sections) if by_sign.get(at) and section.tokens]
    return (signed[0], True) if signed else (sections[0], False)


def _written(section: Section, value: int) -> str:
    places = len(section.placeholders)
    digits = list((str(value) if value else "").rjust(places, "-"))
    # Digits without a placeholder of their own are written at the first one.
    digits = ["".join(digits[: len(digits) - places + 1]), *digits[len(digits) - places + 1 :]]
    written = ""
    for kind, text in section.tokens:
        if kind == "text":
            written += text
        elif kind == "general":
            written += str(value)
        else:
            digit = digits.pop(0)
            written += {"0": "0", "#": "", "?": " "}[text] if digit == "-" else digit
    return written


@cache
def _sections(number_format: str) -> tuple[Section, ...]:
    sections: list[Section] = []
    tokens: list[tuple[str, str]] = []
    condition, is_amount, is_known = None, False, True
    for found in [*TOKEN.finditer(number_format), None]:
        kind, text = (found.lastgroup or "", found[found.lastgroup or 0]) if found else ("end", "")
        if kind == "end":
            sections.append(Section(tuple(tokens), condition, is_amount, is_known))
            tokens, condition, is_amount, is_known = [], None, False, True
        elif kind in ("quoted", "escaped", "literal"):
            tokens.append(("text", text))
        elif kind == "skipped":
            tokens.append(("text", " "))
        elif kind in ("digit", "general"):
            tokens.append((kind, text))
        elif kind == "condition":
            sign, number = re.fullmatch(r"([<>=]+) ?(.*)", text).groups()  # type: ignore[union-attr]
            condition = (sign, float(number)) if sign in COMPARISONS else None
            is_known &= sign in COMPARISONS
        is_amount |= kind == "amount"
        is_known &= not (kind == "other" and text != "@")
    return tuple(sections)
