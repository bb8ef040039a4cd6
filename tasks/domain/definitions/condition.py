"""Conditions on the fields of a record, as forms and rules state them: `{kind: call, location: {empty: true}}`.

All tests of a condition hold together; of the conditions under `any`, one at least.
May touch: nothing. Tests: tests/unit/rules/test_conditions.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tasks.domain.definitions.record_fields import read_value, type_of

How = Literal["is", "not", "in", "empty", "above", "below"]
ANY = "any"
ORDERED = ("whole", "day", "instant")
DEEPEST = 5


@dataclass(frozen=True)
class FieldTest:
    """One test of one field: what it is, is not, is one of; whether it is empty; what it lies above or below."""

    field: str
    how: How
    value: Any

    def __str__(self) -> str:
        if self.how == "in":
            return f"{self.field} in {', '.join(map(str, self.value))}"
        if self.how == "empty":
            return f"{self.field} is {'' if self.value else 'not '}empty"
        return f"{self.field} {self.how} {_shown(self.value)}"


@dataclass(frozen=True)
class Condition:
    """Tests that must all hold, and alternatives of which one must.

    Attributes:
        tests: joined by and.
        alternatives: one group for each `any`: of each, one condition must hold.
    """

    tests: tuple[FieldTest, ...] = ()
    alternatives: tuple[tuple["Condition", ...], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that it tests, each once."""
        return tuple(dict.fromkeys(test.field for test in self.every_test()))

    def every_test(self) -> Iterator[FieldTest]:
        """Its tests, with those of its alternatives."""
        yield from self.tests
        for group in self.alternatives:
            for condition in group:
                yield from condition.every_test()


ALWAYS = Condition()


def read_condition(kind: str, written: Mapping[str, Any], depth: int = 0) -> Condition:
    """Read what a definition states under `when`.

    Args:
        kind: of the records: activities, relations or missions.
        written: the condition as the file has it.
        depth: how many `any` stand around it.

    Raises:
        ValueError: an unknown field, a value of another type, or an unknown word; the text says which.
    """
    if depth > DEEPEST:
        raise ValueError(f"`any` stands in {DEEPEST} others; write several rules instead")
    tests = [test for name, tested in written.items() if name != ANY for test in _tests(kind, name, tested)]
    groups = (_alternatives(kind, written[ANY], depth),) if ANY in written else ()
    return Condition(tuple(tests), groups)


def _alternatives(kind: str, written: Any, depth: int) -> tuple[Condition, ...]:
    if not isinstance(written, list) or not written or not all(isinstance(one, Mapping) and one for one in written):
        raise ValueError("`any` takes a list of conditions: any: [{status: client}, {status: prospect}]")
    return tuple(read_condition(kind, one, depth + 1) for one in written)


def _tests(kind: str, name: str, tested: Any) -> Iterator[FieldTest]:
    type_of(kind, name)
    if not isinstance(tested, Mapping):
        yield FieldTest(name, "is", read_value(kind, name, tested))
        return
    if not tested:
        raise ValueError(f"{name}: says nothing; write a value, or {{not: …}}, {{in: […]}}, {{empty: true}}")
    for how, value in tested.items():
        yield _test(kind, name, how, value)


def _test(kind: str, name: str, how: str, value: Any) -> FieldTest:
    if how == "empty":
        if not isinstance(value, bool):
            raise ValueError(f"{name}: empty: takes true or false, not {value!r}")
        return FieldTest(name, "empty", value)
    if how == "in":
        if not isinstance(value, list) or not value:
            raise ValueError(f"{name}: in: takes a list of values, not {value!r}")
        return FieldTest(name, "in", tuple(read_value(kind, name, one) for one in value))
    if how in ("above", "below"):
        if type_of(kind, name) not in ORDERED:
            raise ValueError(f"{name}: {how}: is for numbers, days and times; {name} is none of them")
        return FieldTest(name, "above" if how == "above" else "below", read_value(kind, name, value))
    if how == "not":
        return FieldTest(name, "not", read_value(kind, name, value))
    raise ValueError(f"{name}: there is no test {how!r}; there are not, in, empty, above, below")


def _shown(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
