"""What an answer to an item must be: one function for each type and each check.

The same rules hold for answers by import, by hand and by the client's page.
May touch: python-stdnum. Tests: tests/unit/requests/test_values.py.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from tasks.domain.definitions.firm import is_address
from tasks.domain.errors import RelanceError

# Of a choice: what each option is stored as, and its text or its texts by language (K3).
Options = Mapping[str, str | Mapping[str, str]]
LONGEST_TEXT = 5_000
PHONE = re.compile(r"\+?[0-9]{6,15}")
BETWEEN_DIGITS = re.compile(r"[\s.()/-]+")
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,6})?")
THOUSANDS = re.compile(r"(?<=[0-9])[\s'](?=[0-9]{3}(?![0-9]))")
YES, NO = "yes", "no"
WORDS = {
    YES: frozenset({"yes", "true", "1", "oui", "ja", "y", "o", "j"}),
    NO: frozenset({"no", "false", "0", "non", "nee", "n"}),
}


class AnswerError(RelanceError):
    """An answer that cannot be taken; the text says which item, what was given and what is wanted.

    Attributes:
        code: what is wrong, for the client's page, which says it in the client's language (tasks/translations/,
            `page_errors`).
    """

    def __init__(self, text: str, code: str = "not_possible") -> None:
        super().__init__(text)
        self.code = code


def check_value(kind: str, value: str, options: Options | None = None, check: str | None = None) -> str:
    """The answer as it is stored.

    Args:
        kind: the item's type; not `document`, whose answer is a file.
        value: as the client wrote it.
        options: of a choice: what each is stored as, and its text or its texts by language.
        check: of a text (definitions/request.py, CheckName).

    Raises:
        AnswerError: it is not a valid answer; the text says what is wanted.
    """
    text = value.strip()
    if not text:
        raise AnswerError("the answer is empty", "empty")
    if len(text) > LONGEST_TEXT:
        raise AnswerError(f"the answer is longer than {LONGEST_TEXT:,} characters", "too_long")
    if kind == "choice":
        return _choice(text, options or {})
    stored = TYPES[kind](text)
    return CHECKS[check](stored) if check else stored


def _text(text: str) -> str:
    return text


def _number(text: str) -> str:
    plain = THOUSANDS.sub("", text)
    if not NUMBER.fullmatch(plain):
        raise AnswerError(f"{text!r} is not a number; use digits, such as 1234 or 1234.5", "not_a_number")
    try:
        number = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        raise AnswerError(f"{text!r} is not a number; use digits, such as 1234 or 1234.5", "not_a_number") from None
    return format(number.normalize(), "f") if number else "0"


def _date(text: str) -> str:
    return check_date(text).isoformat()


def check_date(text: str) -> date:
    """A date that a client wrote, as YYYY-MM-DD or DD/MM/YYYY.

    Raises:
        AnswerError: there is no such date.
    """
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text.strip())
    parts = [int(part) for part in found.groups()] if found else []
    if not found:
        found = re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", text.strip())
        parts = [int(part) for part in reversed(found.groups())] if found else []
    try:
        return date(*parts)
    except (TypeError, ValueError):
        raise AnswerError(f"{text!r} is not a valid date; use YYYY-MM-DD or DD/MM/YYYY", "not_a_date") from None


def _yes_no(text: str) -> str:
    for answer, words in WORDS.items():
        if text.casefold() in words:
            return answer
    raise AnswerError(f"{text!r} is neither yes nor no", "neither_yes_nor_no")


def _choice(text: str, options: Options) -> str:
    for option, label in options.items():
        texts = [label] if isinstance(label, str) else label.values()
        if text.casefold() in {one.casefold() for one in (option, *texts)}:
            return option
    raise AnswerError(f"{text!r} is not one of the options: {', '.join(options)}", "not_an_option")


def _numbered(name: str, module: str) -> Callable[[str], str]:
    """A check by python-stdnum, imported when it is needed."""

    def checked(text: str) -> str:
        from importlib import import_module

        from stdnum.exceptions import ValidationError

        try:
            return str(import_module(module).validate(text))
        except ValidationError as error:
            words = str(error).rstrip(".").lower()
            raise AnswerError(f"{text!r} is not a valid {name}: {words}", "not_a_valid_number") from None

    return checked


def _phone(text: str) -> str:
    plain = BETWEEN_DIGITS.sub("", text)
    if not PHONE.fullmatch(plain):
        raise AnswerError(f"{text!r} is not a telephone number; use digits, such as +33 1 23 45 67 89", "not_a_phone")
    return plain


def _email(text: str) -> str:
    if not is_address(text):
        raise AnswerError(f"{text!r} is not an e-mail address", "not_an_email")
    return text


TYPES: dict[str, Callable[[str], str]] = {"text": _text, "number": _number, "date": _date, "yes_no": _yes_no}
CHECKS: dict[str, Callable[[str], str]] = {
    "iban": _numbered("IBAN", "stdnum.iban"),
    "siret": _numbered("SIRET", "stdnum.fr.siret"),
    "siren": _numbered("SIREN", "stdnum.fr.siren"),
    "vat": _numbered("VAT number", "stdnum.eu.vat"),
    "nrn": _numbered("national register number", "stdnum.be.nn"),
    "phone": _phone,
    "email": _email,
}
