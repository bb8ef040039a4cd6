"""Which forms and rules apply to a saved record, and why or why not (W1, W2, W4).

May touch: nothing but tasks/domain. Tests: tests/unit/rules/test_judge.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.domain.definitions.condition import Condition
from tasks.domain.definitions.form import REQUIRED, Form, State, in_order
from tasks.domain.definitions.rule import Rule
from tasks.domain.rules.conditions import holds, is_missing

Record = Mapping[str, Any]
# How a finding of an import begins; the names of the forms follow.
REQUIRED_BY = "empty, and required by the form "


@dataclass(frozen=True)
class FieldState:
    """What holds of one field of a record, and the form that says so."""

    field: str
    state: State
    form: str


@dataclass(frozen=True)
class Verdict:
    """Whether a form or rule applies, and if not, why."""

    name: str
    applies: bool
    why: str


def states_of(forms: Iterable[Form], kind: str, record: Record) -> dict[str, FieldState]:
    """What holds of each field of a record: of two forms that speak of it, the one of lower order counts (W1)."""
    found: dict[str, FieldState] = {}
    for form in in_order(forms, kind):
        if holds(form.condition, record):
            for name, state in form.fields.items():
                found.setdefault(name, FieldState(name, state, form.form))
    return found


def missing_fields(forms: Iterable[Form], kind: str, record: Record) -> list[FieldState]:
    """The required fields that a record lacks, all of them."""
    states = states_of(forms, kind, record).values()
    return [one for one in states if one.state == REQUIRED and is_missing(record.get(one.field))]


def changed_closed_fields(forms: Iterable[Form], kind: str, before: Record, record: Record) -> list[FieldState]:
    """The read-only and hidden fields that a save changes."""
    states = states_of(forms, kind, before).values()
    return [s for s in states if s.state != REQUIRED and not _is_same(before.get(s.field), record.get(s.field))]


def judge_rule(rule: Rule, before: Record | None, record: Record) -> Verdict:
    """Whether a rule acts at this save: `before` is the record as it was, None if it is new (W2)."""
    if rule.when_saved == "created" and before is not None:
        return Verdict(rule.rule, False, "it acts only when a record is created")
    if rule.when_saved == "changed" and before is None:
        return Verdict(rule.rule, False, "it acts only when a record is changed, and this one is new")
    if rule.when_saved == "changed" and before == record:
        return Verdict(rule.rule, False, "it acts only when a record is changed, and nothing changed")
    return Verdict(rule.rule, *why(rule.condition, record))


def why(condition: Condition, record: Record) -> tuple[bool, str]:
    """Whether a record meets a condition, and the tests that decide it, in words."""
    failed = [str(test) for test in condition.tests if not holds(Condition((test,)), record)]
    failed += [
        "none of: " + "; ".join(" and ".join(map(str, one.every_test())) for one in group)
        for group in condition.alternatives
        if not any(holds(one, record) for one in group)
    ]
    if failed:
        return False, f"its condition does not hold: {'; '.join(failed)}"
    return True, "its condition holds" if condition.fields else "it is for every record"


def changes_of(rules: Sequence[Rule], record: Record) -> dict[str, Any]:
    """What the rules that act set, without what the record already has (W2: none of it triggers another rule)."""
    wanted = {name: value for rule in rules for name, value in rule.sets.items()}
    return {name: value for name, value in wanted.items() if not _is_same(record.get(name), value)}


def _is_same(one: Any, other: Any) -> bool:
    return (is_missing(one) and is_missing(other)) or bool(one == other)
