"""Which forms and rules apply to a saved record, and why (W1, W2, W4)."""

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given, settings
from test_conditions import records, written_conditions

from tasks.domain.definitions.form import Form
from tasks.domain.definitions.rule import Rule
from tasks.domain.rules.judge import (
    changed_closed_fields,
    changes_of,
    judge_rule,
    missing_fields,
)
from tasks.domain.rules.masks import required_masks

STATES = st.sampled_from(["required", "read_only", "hidden"])


def rule(**changed):
    given = {"rule": "r", "on": "activities", "when": {"notify_contact": True}, "do": [{"set": {"location": "Paris"}}]}
    return Rule.model_validate(given | changed)


def form(**changed):
    given = {"form": "f", "on": "activities", "order": 10, "when": {"notify_contact": True}}
    return Form.model_validate(given | {"fields": {"location": "required", "contact_id": "required"}} | changed)


def test_w1_a_record_is_told_every_field_that_it_lacks():
    lacks = missing_fields([form()], "activities", {"notify_contact": True})
    assert [(one.field, one.form) for one in lacks] == [("location", "f"), ("contact_id", "f")]
    assert not missing_fields([form()], "activities", {"notify_contact": False})
    assert not missing_fields([form()], "activities", {"notify_contact": True, "location": "x", "contact_id": "C1"})


def test_w1_on_conflict_the_form_of_lower_order_counts():
    freeing = form(form="g", order=5, fields={"location": "hidden"})
    assert [one.field for one in missing_fields([form(), freeing], "activities", {"notify_contact": True})] == [
        "contact_id"
    ]


def test_w1_a_read_only_field_may_not_be_changed_by_a_save():
    closed = form(when={"status": "held"}, fields={"starts_at": "read_only"})
    before = {"status": "held", "starts_at": 1}
    assert [one.field for one in changed_closed_fields([closed], "activities", before, before | {"starts_at": 2})] == [
        "starts_at"
    ]
    assert not changed_closed_fields([closed], "activities", before, before | {"location": "x"})
    assert not changed_closed_fields([closed], "activities", {"status": "planned"}, before)


@st.composite
def some_forms(draw):
    orders = draw(st.lists(st.integers(0, 9), max_size=3, unique=True))
    names = st.sampled_from(["location", "remind_minutes", "starts_at"])
    return [
        form(
            form=f"f{order}",
            order=order,
            when=draw(written_conditions()),
            fields=draw(st.dictionaries(names, STATES, min_size=1)),
        )
        for order in orders
    ]


@settings(max_examples=200, deadline=None)
@given(some_forms(), st.lists(records(), min_size=1, max_size=5))
def test_w1_forms_ask_the_same_of_one_record_and_of_many(forms, rows):
    frame = pd.DataFrame(rows).astype({"remind_minutes": "Int64", "notify_contact": "boolean", "location": "string"})
    frame["starts_at"] = pd.to_datetime(frame["starts_at"])
    required = required_masks(forms, "activities", frame)
    lacking = [
        {name for name, is_required in required.items() if is_required[number] and row[name] is None}
        for number, row in enumerate(rows)
    ]
    assert lacking == [{one.field for one in missing_fields(forms, "activities", row)} for row in rows]


def test_w4_when_a_rule_acts_follows_how_the_record_was_saved():
    ticked = {"notify_contact": True, "location": "x"}
    moved = ticked | {"location": "y"}
    acts = {
        when: [
            judge_rule(rule(when_saved=when), *pair).applies
            for pair in ((None, ticked), (ticked, moved), (moved, moved))
        ]
        for when in ("always", "created", "changed")
    }
    assert acts == {"always": [True, True, True], "created": [True, False, False], "changed": [False, True, False]}


def test_why_a_rule_does_not_act_is_said_with_the_test_that_failed():
    judged = judge_rule(rule(), None, {"notify_contact": False})
    assert not judged.applies
    assert judged.why == "its condition does not hold: notify_contact is yes"
    either = rule(when={"any": [{"location": "Paris"}, {"kind": "call"}]})
    assert "none of: location is Paris; kind is call" in judge_rule(either, None, {}).why


def test_w2_what_rules_set_is_only_what_changes():
    assert changes_of([rule()], {"location": "Paris"}) == {}
    assert changes_of([rule()], {"location": None}) == {"location": "Paris"}
