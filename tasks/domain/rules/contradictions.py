"""What no set of rules may hold: two that set one field differently, and rules that set each other off for ever (W2).

May touch: nothing but tasks/domain. Tests: tests/unit/rules/test_contradictions.py.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from tasks.domain.definitions.rule import Rule
from tasks.domain.rules.conditions import can_hold_together, passes


def contradictions(rules: Sequence[Rule]) -> list[tuple[Rule, Rule, str]]:
    """Pairs of rules that set one field to different values, although one record may meet both conditions."""
    return [
        (one, other, name)
        for one, other in combinations(rules, 2)
        if one.on == other.on and {one.when_saved, other.when_saved} != {"created", "changed"}
        for name in one.sets.keys() & other.sets.keys()
        if one.sets[name] != other.sets[name] and can_hold_together(one.condition, other.condition)
    ]


def cycles(rules: Sequence[Rule]) -> list[list[str]]:
    """Rules each of which makes the next one's condition true by what it sets, round to the first; by their names."""
    after = {rule.rule: [other.rule for other in rules if _sets_off(rule, other)] for rule in rules}
    found: list[list[str]] = []
    for start in sorted(after):
        path = _way_back(after, start)
        if path and not any(set(path) == set(known) for known in found):
            found.append(path)
    return found


def _sets_off(rule: Rule, other: Rule) -> bool:
    """Whether what a rule sets can make another rule act at the record's next save."""
    if rule.rule == other.rule or rule.on != other.on:
        return False
    return any(
        all(passes(test, value) for test in other.condition.tests if test.field == name)
        for name, value in rule.sets.items()
        if name in other.condition.fields
    )


def _way_back(after: dict[str, list[str]], start: str) -> list[str]:
    """The shortest way from a rule back to itself; empty if there is none."""
    ways: list[list[str]] = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in after[way[-1]]:
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


def in_words(path: Iterable[str]) -> str:
    """A cycle as its path: one → other → one."""
    steps = list(path)
    return " → ".join([*steps, steps[0]])
