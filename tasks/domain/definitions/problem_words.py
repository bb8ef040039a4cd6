"""What is wrong with a value of a definition file, in the words of whoever writes the file.

The validator's own messages speak of its types; none of them is shown. May touch: pydantic.
Tests: tests/unit/definitions/test_problem_words.py.
"""

from typing import Any

from pydantic_core import ErrorDetails

OTHER_SHAPE = "a value of this kind cannot stand here; write it as in the starter's files"
NUMBER = "write a number, such as 0.5"
WHOLE_NUMBER = "write a whole number, such as 10"
TRUTH = "write true or false"
HOUR = 'write an hour in quotes, such as "09:30"'
DAY = "write a date, such as 2026-12-31"
KEYS = "write keys and values here"
# By the validator's name of the problem; braces are filled with the limits that it names.
WORDS = {
    "missing": "is missing; it must be written",
    "extra_forbidden": "unknown key; check its spelling",
    "string_type": "write a text; a number or a date that is meant as a text stands in quotes",
    "string_too_short": "is too short: at least {min_length} character",
    "string_too_long": "is too long: at most {max_length} characters",
    "too_short": "is empty; write at least one",
    "literal_error": "write {expected}",
    "list_type": "write a list, one entry a line, each after a dash",
    "dict_type": KEYS,
    "model_type": KEYS,
    "int_type": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": WHOLE_NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": NUMBER,
    "bool_type": TRUTH,
    "bool_parsing": TRUTH,
    "time_type": HOUR,
    "time_parsing": HOUR,
    "date_type": DAY,
    "date_parsing": DAY,
    "date_from_datetime_parsing": DAY,
    "date_from_datetime_inexact": DAY,
    "greater_than_equal": "write {ge} or more",
    "less_than_equal": "write {le} or less",
}


def problem_in_words(problem: ErrorDetails) -> str:
    """Say what is wrong and what to write.

    Args:
        problem: as the validator reports it.
    """
    limits: dict[str, Any] = {name: _plain(limit) for name, limit in problem.get("ctx", {}).items()}
    if problem["type"] == "value_error":  # a sentence of our own
        return str(limits["error"])
    return WORDS.get(problem["type"], OTHER_SHAPE).format(**limits)


def _plain(limit: object) -> object:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit
