"""Conditions: read from a definition, judged on one record and on many, and set against one another (W2)."""

from datetime import date, datetime, timedelta

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

from tasks.domain.definitions.condition import read_condition
from tasks.domain.rules.conditions import can_hold_together, holds
from tasks.domain.rules.masks import mask

NOON = datetime(2026, 12, 1, 12)
VALUES = {
    "location": st.sampled_from(["Paris", "Gent"]),
    "remind_minutes": st.integers(0, 3),
    "notify_contact": st.booleans(),
    "starts_at": st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours)),
}
ORDERED = ("remind_minutes", "starts_at")


@st.composite
def records(draw):
    return {name: draw(st.one_of(st.none(), value)) for name, value in VALUES.items()}


@st.composite
def written_tests(draw):
    name = draw(st.sampled_from(sorted(VALUES)))
    hows = ["is", "not", "in", "empty", *(["above", "below"] if name in ORDERED else [])]
    how = draw(st.sampled_from(hows))
    if how == "empty":
        return {name: {"empty": draw(st.booleans())}}
    if how == "in":
        return {name: {"in": draw(st.lists(VALUES[name], min_size=1, max_size=2))}}
    value = draw(VALUES[name])
    return {name: value if how == "is" else {how: value}}


def joined(parts):
    """Tests of one field are joined where each is a different one."""
    whole = {}
    for part in parts:
        whole |= part
    return whole


@st.composite
def written_conditions(draw):
    written = joined(draw(st.lists(written_tests(), max_size=3)))
    if draw(st.booleans()):
        written["any"] = draw(st.lists(written_tests(), min_size=1, max_size=3))
    return written


@settings(max_examples=300, deadline=None)
@given(written_conditions(), st.lists(records(), min_size=1, max_size=6))
def test_w2_a_condition_says_the_same_of_one_record_and_of_many(written, rows):
    condition = read_condition("activities", written)
    frame = pd.DataFrame(rows).astype({"remind_minutes": "Int64", "notify_contact": "boolean", "location": "string"})
    frame["starts_at"] = pd.to_datetime(frame["starts_at"])
    assert mask(condition, frame).tolist() == [holds(condition, row) for row in rows]


@settings(max_examples=500, deadline=None)
@given(written_conditions(), written_conditions(), records())
def test_w2_two_conditions_that_one_record_meets_are_never_said_to_exclude_each_other(one, other, record):
    first, second = (read_condition("activities", written) for written in (one, other))
    if holds(first, record) and holds(second, record):
        assert can_hold_together(first, second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"location": "Paris"}, {"location": "Gent"}),
        ({"location": "Paris"}, {"location": {"not": "Paris"}}),
        ({"location": {"in": ["Paris", "Gent"]}}, {"location": "Lyon"}),
        ({"location": {"empty": True}}, {"location": {"empty": False}}),
        ({"location": {"empty": True}}, {"location": "Paris"}),
        ({"notify_contact": True}, {"notify_contact": False}),
        ({"notify_contact": {"not": True, "empty": False}}, {"notify_contact": {"not": False}}),
        ({"remind_minutes": {"above": 10}}, {"remind_minutes": {"below": 11}}),
        ({"remind_minutes": {"above": 10}}, {"remind_minutes": 10}),
        ({"any": [{"location": "Paris"}, {"location": "Gent"}]}, {"location": "Lyon"}),
    ],
)
def test_w2_conditions_that_exclude_each_other_are_seen_to(one, other):
    first, second = (read_condition("activities", written) for written in (one, other))
    assert not can_hold_together(first, second)
    assert not can_hold_together(second, first)


def test_a_list_of_ids_is_a_value_that_is_in_it():
    condition = read_condition("activities", {"invitees": "U2"})
    assert holds(condition, {"invitees": ["U1", "U2"]})
    assert not holds(condition, {"invitees": []})
    assert holds(read_condition("activities", {"invitees": {"empty": True}}), {"invitees": []})
    frame = pd.DataFrame({"invitees": [["U1", "U2"], []]})
    assert mask(condition, frame).tolist() == [True, False]


def test_data_fields_of_relations_are_texts_and_their_expiry_is_a_day():
    condition = read_condition("relations", {"id_card": {"empty": True}, "id_card.expires_on": {"below": "2026-12-31"}})
    assert [test.value for test in condition.tests] == [True, date(2026, 12, 31)]


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        ("activities", {"lieu": "Paris"}, "activities have no field 'lieu'"),
        ("activities", {"notify_contact": "oui"}, "notify_contact holds true or false, not 'oui'"),
        ("activities", {"remind_minutes": True}, "remind_minutes holds a whole number, not True"),
        ("activities", {"location": 12}, "location holds a text, not 12"),
        ("activities", {"starts_at": "demain"}, "starts_at holds a local time such as 2026-12-31T14:30, not 'demain'"),
        ("activities", {"status": "hold"}, "status is never 'hold'; it is planned, held, not_held, cancelled"),
        ("activities", {"location": {"above": "Paris"}}, "above: is for numbers, days and times"),
        ("activities", {"location": {"like": "P%"}}, "there is no test 'like'"),
        ("activities", {"location": {"in": "Paris"}}, "in: takes a list of values"),
        ("activities", {"location": {"empty": "yes"}}, "empty: takes true or false"),
        ("activities", {"location": {}}, "location: says nothing"),
        ("activities", {"any": {"location": "Paris"}}, "`any` takes a list of conditions"),
        ("missions", {"id_card": "x"}, "missions have no field 'id_card'"),
        ("relations", {"Id Card": "x"}, "relations have no field 'Id Card'"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused_in_words(kind, written, said):
    with pytest.raises(ValueError, match=".") as refused:
        read_condition(kind, written)
    assert said in str(refused.value)
