"""Whether a condition holds on a record, and whether two can hold together (W2).

For many records at once: tasks/domain/rules/masks.py. May touch: nothing. Tests: tests/unit/rules/test_conditions.py.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from tasks.domain.definitions.condition import Condition, FieldTest

MOST_CASES = 200
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "is": operator.eq,
    "not": operator.ne,
    "in": lambda value, some: value in some,
    "above": operator.gt,
    "below": operator.lt,
}


def holds(condition: Condition, record: Mapping[str, Any]) -> bool:
    """Whether a record meets a condition; a field that it does not have is empty."""
    return all(passes(test, record.get(test.field)) for test in condition.tests) and all(
        any(holds(one, record) for one in group) for group in condition.alternatives
    )


def passes(test: FieldTest, value: Any) -> bool:
    """Whether a value passes one test. An empty value is not anything, and lies neither above nor below."""
    if isinstance(value, list | tuple):
        return _ids_pass(test, value)
    is_empty = is_missing(value)
    if test.how == "empty":
        return is_empty is test.value
    return test.how == "not" if is_empty else bool(COMPARISONS[test.how](value, test.value))


def is_missing(value: Any) -> bool:
    """Whether a field's value is empty: nothing, no text, or no ids."""
    return len(value) == 0 if isinstance(value, str | list | tuple) else value is None


def _ids_pass(test: FieldTest, ids: Sequence[str]) -> bool:
    """Whether a list of ids passes: it is a value if the value is in it."""
    if test.how == "empty":
        return (not ids) is test.value
    wanted = test.value if test.how == "in" else (test.value,)
    return any(one in wanted for one in ids) != (test.how == "not")


def can_hold_together(first: Condition, second: Condition) -> bool:
    """Whether some record may meet both conditions; where that is not plain, it may."""
    try:
        return any(_is_possible(one + other) for one, other in product(_cases(first), _cases(second)))
    except OverflowError:
        return True


def _cases(condition: Condition) -> list[tuple[FieldTest, ...]]:
    """The condition as a list of cases, each a list of tests joined by and."""
    cases = [condition.tests]
    for group in condition.alternatives:
        cases = [case + more for case in cases for one in group for more in _cases(one)]
        if len(cases) > MOST_CASES:
            raise OverflowError
    return cases


def _is_possible(tests: tuple[FieldTest, ...]) -> bool:
    by_field: dict[str, list[FieldTest]] = {}
    for test in tests:
        by_field.setdefault(test.field, []).append(test)
    return all(name == "invitees" or _has_value(found) for name, found in by_field.items())


def _has_value(tests: list[FieldTest]) -> bool:
    """Whether one value may pass all tests of one field."""
    listed = [test.value if test.how == "in" else (test.value,) for test in tests if test.how in ("is", "in")]
    if listed:
        return any(all(passes(test, value) for test in tests) for value in listed[0])
    if all(passes(test, None) for test in tests):
        return True
    if any(test.how == "empty" and test.value for test in tests):
        return False
    if {test.value for test in tests if test.how == "not" and isinstance(test.value, bool)} == {True, False}:
        return False
    low = max((test.value for test in tests if test.how == "above"), default=None)
    high = min((test.value for test in tests if test.how == "below"), default=None)
    return low is None or high is None or _has_room(low, high)


def _has_room(low: Any, high: Any) -> bool:
    """Whether a value lies between two: a whole number, a day or an instant."""
    if isinstance(low, datetime):
        return bool(low < high)
    return bool(high - low > (1 if isinstance(low, int) else timedelta(days=1)))
