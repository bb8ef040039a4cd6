"""What a spreadsheet displays for a cell whose number format adds zeros or text, as formats of ids and units do.

Formats of amounts are ignored: the number is the same without them. A percentage is not certain.
Source: ECMA-376 part 1, 18.8.31 numFmts, read 2026-11.
May touch: nothing. Tests: tests/unit/intake/test_number_formats.py.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
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
    r"|(?P<scale>%|,+(?=[^0#?,]|$))"
    r"|(?P<amount>[.,/]|[Ee][+-])"
    r"|(?P<cell>@)"
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
        tokens: ("digit", one of 0 # ?), ("text", literal text), ("general", "") or ("cell", "@"), from left to right.
        condition: a comparison and its number; None if the sign decides.
        is_amount: has decimals, thousands, a fraction or an exponent.
        is_scaled: shows the number multiplied by a hundred (a percentage) or divided by a thousand.
        is_known: every character of it is understood.
    """

    tokens: tuple[tuple[str, str], ...]
    condition: tuple[str, float] | None = None
    is_amount: bool = False
    is_scaled: bool = False
    is_known: bool = True

    @property
    def placeholders(self) -> str:
        """The digit placeholders."""
        return "".join(text for kind, text in self.tokens if kind == "digit")

    @property
    def is_of_text(self) -> bool:
        """Whether it displays cells of text."""
        return any(kind == "cell" for kind, _ in self.tokens)

    @property
    def has_words(self) -> bool:
        """Whether it adds letters or digits; a sign alone, such as that of a currency, says nothing about an id."""
        return any(kind == "text" and any(map(str.isalnum, text)) for kind, text in self.tokens)

    @property
    def is_grouped(self) -> bool:
        """Whether it separates thousands, as in `# ##0`."""
        pattern = "".join(" " if kind == "text" and text in GROUPING else text for kind, text in self.tokens)
        return re.fullmatch(r"[^0#?]*#[0#?]*(?: [0#?]{3})+[^0#?]*", pattern) is not None

    def writes(self) -> bool:
        """Whether it shows more than the number: words, text between digits, or zeros before it."""
        places = [i for i, (kind, _) in enumerate(self.tokens) if kind != "text"]
        inner = self.tokens[places[0] : places[-1]] if places else ()
        between = "".join(text for kind, text in inner if kind == "text")
        if self.is_amount:
            return self.has_words or bool(between.strip(GROUPING))
        is_padded = len(self.placeholders.lstrip("#?")) > 1
        return self.has_words or ((bool(between) or is_padded) and not self.is_grouped)


def shown(value: float, number_format: str) -> str | None:
    """The text displayed for a number; the plain number if the format is for amounts.

    Args:
        value: of the cell.
        number_format: of the cell, as stored in the file.

    Returns:
        The text, or None if what is displayed differs from the number in a way that is not understood here.
    """
    section, is_signed = _section_of(_sections(number_format or "General"), value)
    is_whole = isinstance(value, int) or value.is_integer()
    if not section.tokens:
        return "" if value == 0 else None  # `0;;` hides zeros; that a number is hidden is said
    if not section.is_known or section.is_scaled or (section.is_amount and writes_zeros_before(number_format)):
        return None
    if not section.writes():
        return bare(value)
    if section.is_amount or not is_whole or not _is_certain(section.placeholders, abs(int(value))):
        return None
    text = _written(section, abs(int(value))).strip()
    return f"-{text}" if value < 0 and not is_signed else text


def shown_text(value: str, number_format: str) -> str:
    """The text displayed for a cell of text, to which a format such as `"C"@` adds more."""
    section = _sections(number_format)[-1]
    if not section.is_of_text or not section.has_words:
        return value
    return "".join(value if kind == "cell" else text for kind, text in section.tokens)


def bare(value: float) -> str:
    """A number without an exponent, and without decimals where it has none."""
    is_whole = isinstance(value, int) or value.is_integer()
    return str(int(value)) if is_whole else format(Decimal(repr(value)), "f")


def writes_zeros_before(number_format: str) -> bool:
    """Whether a format writes zeros before the number, as in 0000.00: such a cell shows more than its number."""
    unquoted = re.sub(r'"[^"]*"|\\.', "", number_format)
    return re.search(r"(?<![.0#?,+-])0{2,}", unquoted) is not None


def _is_certain(placeholders: str, value: int) -> bool:
    """Whether it is certain which places are written: those of `#` after `0`, if there are too few digits, are not."""
    behind = placeholders.lstrip("#?")[1:]
    return "#" not in behind[: max(0, len(behind) - len(str(value)))]


def _section_of(sections: tuple[Section, ...], value: float) -> tuple[Section, bool]:
    """The section that displays a value, and whether it adds the sign by itself."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or COMPARISONS[section.condition[0]](value, section.condition[1]):
                return section, False
        return Section((("general", ""),), is_known=False), False
    of_numbers = [section for section in sections if not section.is_of_text] or [Section((("general", ""),))]
    at = 1 if value < 0 else 2 if value == 0 else 0
    return (of_numbers[at], True) if 0 < at < len(of_numbers) else (of_numbers[0], False)


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
    condition, is_amount, is_scaled, is_known = None, False, False, True
    for found in [*TOKEN.finditer(number_format), None]:
        kind, text = (found.lastgroup or "", found[found.lastgroup or 0]) if found else ("end", "")
        if kind == "end":
            sections.append(Section(tuple(tokens), condition, is_amount, is_scaled, is_known))
            tokens, condition, is_amount, is_scaled, is_known = [], None, False, False, True
        elif kind in ("quoted", "escaped", "literal", "currency"):
            tokens += [("text", text)] if text else []
        elif kind == "skipped":
            tokens.append(("text", " "))
        elif kind in ("digit", "general", "cell"):
            tokens.append((kind, text))
        elif kind == "condition":
            sign, number = re.fullmatch(r"([<>=]+) ?(.*)", text).groups()  # type: ignore[union-attr]
            condition = (sign, float(number)) if sign in COMPARISONS else None
            is_known &= sign in COMPARISONS
        is_amount |= kind == "amount"
        is_scaled |= kind == "scale"
        is_known &= kind != "other"
    return tuple(sections)
