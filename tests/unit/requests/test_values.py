"""What counts as an answer: each type and check takes what a person writes, and refuses the rest in words."""

import pytest

from tasks.domain.requests.values import AnswerError, check_date, check_value

OPTIONS = {"a": "a", "b": {"fr": "b", "nl": "bee"}, "c": "c"}
GOOD = [
    ("text", None, "  Rue 5 ", "Rue 5"),
    ("choice", None, "Bee", "b"),
    ("number", None, "1234", "1234"),
    ("number", None, "12 500,5", "12500.5"),
    ("number", None, "12\u202f500", "12500"),
    ("number", None, "-3.50", "-3.5"),
    ("number", None, "0,00", "0"),
    ("number", None, "1200000", "1200000"),
    ("date", None, "31/01/2027", "2027-01-31"),
    ("date", None, "2027-1-31", "2027-01-31"),
    ("yes_no", None, "Oui", "yes"),
    ("yes_no", None, "nee", "no"),
    ("choice", None, "B", "b"),
    ("text", "iban", "fr76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"),
    ("text", "siret", "732 829 320 00074", "73282932000074"),
    ("text", "siren", "732829320", "732829320"),
    ("text", "vat", "FR 40 303 265 045", "FR40303265045"),
    ("text", "nrn", "85.07.30-033 28", "85073003328"),
    ("text", "phone", "+33 (0)1 23.45.67.89", "+330123456789"),
    ("text", "email", "a@x.example", "a@x.example"),
]
BAD = [
    ("text", None, "  ", "the answer is empty"),
    ("number", None, "12 50", "is not a number"),
    ("number", None, "1.234.567", "is not a number"),
    ("number", None, "12e3", "is not a number"),
    ("date", None, "31/02/2027", "is not a valid date; use YYYY-MM-DD or DD/MM/YYYY"),
    ("date", None, "tomorrow", "is not a valid date"),
    ("yes_no", None, "perhaps", "is neither yes nor no"),
    ("choice", None, "d", "is not one of the options: a, b, c"),
    ("text", "iban", "FR7630006000011234567890188", "is not a valid IBAN"),
    ("text", "siret", "73282932000075", "is not a valid SIRET"),
    ("text", "vat", "XX123", "is not a valid VAT number"),
    ("text", "nrn", "85073003327", "is not a valid national register number"),
    ("text", "phone", "call me", "is not a telephone number"),
    ("text", "email", "a@", "is not an e-mail address"),
    ("text", None, "x" * 5001, "longer than 5,000 characters"),
]


@pytest.mark.parametrize(("kind", "check", "given", "stored"), GOOD)
def test_an_answer_is_stored_in_one_form(kind, check, given, stored):
    assert check_value(kind, given, OPTIONS, check) == stored
    assert check_value(kind, stored, OPTIONS, check) == stored


@pytest.mark.parametrize(("kind", "check", "given", "says"), BAD)
def test_what_is_no_answer_is_refused_in_words(kind, check, given, says):
    with pytest.raises(AnswerError, match=says):
        check_value(kind, given, OPTIONS, check)


def test_a_date_with_a_month_above_twelve_is_not_read_the_other_way_round():
    with pytest.raises(AnswerError):
        check_date("01/31/2027")
