"""Rules that contradict each other, and rules that set each other off for ever (W2)."""

from tasks.domain.definitions.rule import Rule
from tasks.domain.rules.contradictions import contradictions, cycles, in_words


def rule(name, when, sets, when_saved="always", on="activities"):
    return Rule.model_validate({"rule": name, "on": on, "when_saved": when_saved, "when": when, "do": [{"set": sets}]})


def found(*rules):
    return [(one.rule, other.rule, name) for one, other, name in contradictions(rules)]


def test_w2_two_rules_that_set_one_field_differently_for_one_record_are_a_contradiction():
    one = rule("one", {"kind": "call"}, {"status": "held"})
    assert found(one, rule("other", {"location": {"empty": True}}, {"status": "cancelled"})) == [
        ("one", "other", "status")
    ]
    assert not found(one, rule("other", {"location": {"empty": True}}, {"status": "held"}))
    assert not found(one, rule("other", {"kind": "meeting"}, {"status": "cancelled"}))
    assert not found(one, rule("other", {"kind": "call"}, {"location": "Paris"}))


def test_w2_the_first_save_is_no_later_one():
    created = rule("one", {}, {"status": "planned"}, "created")
    assert not found(created, rule("other", {}, {"status": "held"}, "changed"))
    assert found(created, rule("other", {}, {"status": "held"}, "always"))


def test_w2_a_cycle_is_told_with_its_path():
    a = rule("a", {"status": "planned"}, {"status": "held"})
    b = rule("b", {"status": "held"}, {"location": "Paris"})
    c = rule("c", {"location": "Paris"}, {"status": "planned"})
    paths = cycles([a, b, c])
    assert [in_words(path) for path in paths] == ["a → b → c → a"]


def test_w2_a_rule_that_sets_what_it_asks_for_is_no_cycle():
    assert not cycles([rule("a", {"notify_contact": True}, {"notify_contact": False})])
    assert not cycles(
        [rule("a", {"status": "planned"}, {"location": "x"}), rule("b", {"location": "y"}, {"kind": "z"})]
    )
