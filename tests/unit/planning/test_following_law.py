"""How tasks follow their field's date (A2): sentences, and the slow reference."""

from datetime import date, timedelta

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings
from test_field_dates_law import is_day_off

from factories import rule
from reference import follow_one
from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.planning.following import follow_dates

CARD = date(2026, 12, 1)
FIRM = Workdays("FR")


def task(anchor_on=CARD, expires_on=CARD, **changes):
    """One open task for a card; `expires_on` is what the field says now."""
    return {
        "task_id": 1,
        "relation_id": "R1",
        "anchor_on": anchor_on,
        "redated_from_on": None,
        "expires_on": expires_on,
        "is_open": changes.get("closed_by", "") == "",
        "closed_by": "",
        "has_twin": False,
    } | changes


def changes(*tasks, **template):
    rows = pd.DataFrame(list(tasks))
    dates = {c: pd.to_datetime(rows[c].astype("object")).astype(frames.DATE) for c in rows if frames.is_date(c)}
    followed = follow_dates(rows.assign(**dates).astype({"closed_by": frames.TEXT}), rule(**template), FIRM)
    assert not followed.loc[followed["change"].isin(["redated", "reopened"])].duplicated("relation_id").any()
    return {
        row["task_id"]: (row["change"], row["anchor_on"].date(), row["due_on"].date())
        for row in followed.to_dict("records")
    }


def change(close_when="renewed", **facts):
    return changes(task(**facts), close_when=close_when).get(1, (None,))[0]


def days_on(number):
    return CARD + timedelta(days=number)


@pytest.mark.parametrize(
    ("close_when", "facts", "expected"),
    [
        ("renewed", {"expires_on": days_on(3653)}, "renewed"),
        ("renewed", {"expires_on": days_on(1)}, "renewed"),
        ("renewed", {"expires_on": days_on(-1)}, "redated"),
        ("renewed", {"expires_on": days_on(-1), "has_twin": True}, "superseded"),
        ("renewed", {"expires_on": days_on(5), "redated_from_on": days_on(5)}, "redated"),
        ("renewed", {"expires_on": days_on(3), "redated_from_on": days_on(5)}, "redated"),
        ("renewed", {"expires_on": days_on(6), "redated_from_on": days_on(5)}, "renewed"),
        ("renewed", {"closed_by": "renewed"}, "reopened"),
        ("renewed", {"closed_by": "renewed", "expires_on": days_on(-4)}, "reopened"),
        ("renewed", {"closed_by": "renewed", "expires_on": days_on(4)}, None),
        ("renewed", {"closed_by": "renewed", "expires_on": days_on(-4), "has_twin": True}, None),
        ("renewed", {"closed_by": "superseded"}, "reopened"),
        ("renewed", {"closed_by": "superseded", "expires_on": days_on(-4)}, None),
        (None, {"expires_on": days_on(3)}, "redated"),
        (None, {"expires_on": days_on(19)}, "redated"),
        (None, {"expires_on": days_on(20)}, None),
        (None, {"expires_on": days_on(-300)}, "redated"),
        (None, {"expires_on": days_on(60), "redated_from_on": days_on(60)}, "redated"),
        (None, {"expires_on": days_on(3), "closed_by": "steps"}, "redated"),
        (None, {"expires_on": days_on(3), "has_twin": True}, "superseded"),
    ],
)
def test_a2_a_task_follows_its_date_there_and_back(close_when, facts, expected):
    assert change(close_when, **facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"expires_on": days_on(3)}, "redated"),
        ({"expires_on": days_on(4)}, "after_end"),
        ({"expires_on": days_on(4), "has_twin": True}, "superseded"),
        ({"expires_on": days_on(60)}, None),
        ({"expires_on": days_on(4), "closed_by": "after_end"}, None),
        ({"expires_on": days_on(3), "closed_by": "after_end"}, "reopened"),
        ({"expires_on": CARD, "closed_by": "after_end"}, "reopened"),
        ({"expires_on": days_on(4), "closed_by": "steps"}, None),
        ({"anchor_on": days_on(9), "expires_on": days_on(9), "closed_by": "renewed"}, "reopened"),
    ],
)
def test_t4_a_date_past_until_takes_no_open_task_with_it(facts, expected):
    followed = changes(task(**facts), close_when=None, schedule={"until": days_on(3)})
    assert followed.get(1, (None,))[0] == expected


def test_a2_of_two_tasks_that_could_take_a_date_one_does():
    two = [task(expires_on=days_on(-5)), task(days_on(2), days_on(-5), task_id=2)]
    assert {key: value[0] for key, value in changes(*two).items()} == {1: "redated", 2: "superseded"}


@st.composite
def relations(draw):
    """The tasks that one relation has of a schedule, each for another date, and the field's date."""
    days = st.integers(-50, 50).map(days_on)
    anchors = draw(st.lists(days, min_size=1, max_size=4, unique=True))
    expires_on = draw(st.one_of(st.sampled_from(anchors), days))
    rows = []
    for number, anchor in enumerate(anchors):
        row = task(
            anchor,
            expires_on,
            task_id=number,
            redated_from_on=draw(st.one_of(st.none(), days)),
            closed_by=draw(st.sampled_from(["", "", "renewed", "after_end", "superseded", "steps"])),
            has_twin=any(other == expires_on for other in anchors if other != anchor),
        )
        rows.append(row)
    return rows


ENDS = st.one_of(st.none(), st.integers(-50, 50).map(days_on))


@settings(max_examples=300, deadline=None)
@given(
    relations(), st.sampled_from(["renewed", None]), ENDS, st.sampled_from(["none", "previous", "next"]), st.randoms()
)
def test_following_a_date_equals_the_slow_reference(rows, close_when, until, adjust, chance):
    schedule = {"adjust": adjust, "until": until}
    expected = follow_one(rows, rule(close_when=close_when, schedule=dict(schedule)), is_day_off)
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert changes(*shuffled, close_when=close_when, schedule=dict(schedule)) == expected
