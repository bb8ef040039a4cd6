"""The laws of recurring follow-ups: equal to the slow reference, complete, blind to the order of rows, never doubled."""

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given, settings
from test_field_dates_law import days, is_day_off, maybe_days

from factories import assigned, recurring_rule, service, services
from reference import FREQUENCIES, plan_recurring_one
from tasks.domain.dates.workdays import Workdays
from tasks.domain.planning.recurring_dates import plan_periods

FIRM = Workdays("FR")
frequencies = st.sampled_from(sorted(FREQUENCIES))
SHOWN = ["occurrence", "due_on", "planned_on", "reason"]


@st.composite
def facts(draw):
    """What missions and assignments have in common."""
    made = sorted(draw(st.lists(days, min_size=2, max_size=2)))
    is_made = draw(st.integers(0, 2)) == 0
    more = draw(st.sampled_from(["", "", "#002", "#004"]))
    return {
        "type": draw(st.sampled_from(["company", "company", "other"])),
        "status": draw(st.sampled_from(["client", "client", "former"])),
        "first_seen_on": draw(days),
        "is_held": draw(st.integers(0, 9)) == 0,
        "made_from": made[0].isoformat() if is_made else None,
        "made_to": made[1].isoformat() + more if is_made else None,
        "task_status": draw(st.sampled_from(["open", "done"])) if is_made else None,
    }


@st.composite
def mission_rows(draw):
    first_on = draw(maybe_days)
    common = draw(facts())
    if common["made_to"] and first_on and draw(st.booleans()):
        common["made_to"] = first_on.isoformat() + common["made_to"][10:]
        common["made_from"] = min(common["made_from"], common["made_to"])
    return service(
        mission_status=draw(st.sampled_from(["signed", "signed", "signed", "draft", "sent", "ended"])),
        first_on=first_on,
        frequency=draw(st.one_of(st.none(), frequencies)),
        until_on=draw(maybe_days),
        quantity=draw(st.one_of(st.none(), st.integers(1, 5), st.just(40))),
        is_backfill=draw(st.booleans()),
        signed_seen_on=draw(maybe_days),
        **common,
    )


@st.composite
def assigned_rows(draw):
    return assigned(
        is_assigned=draw(st.integers(0, 5)) > 0,
        start_on=draw(maybe_days),
        stop_on=draw(maybe_days),
        **draw(facts()),
    )


@st.composite
def cases(draw):
    """A schedule of any recurring anchor, and candidates for it."""
    anchor = draw(st.sampled_from(["mission", "start", "period"]))
    starts_on = draw(days)
    until = draw(maybe_days)
    frequency = draw(frequencies)
    counts_days = FREQUENCIES[frequency][1] == "days"
    schedule = {
        "anchor": anchor,
        "frequency": frequency,
        "starts_on": starts_on if anchor == "period" else None,
        "until": None if until is None or (anchor == "period" and until < starts_on) else until,
        "month_end": draw(st.sampled_from(["clamp"] if counts_days else ["clamp", "last_day"])),
        "plan_before_days": draw(st.sampled_from([0, 10, 90])),
        "due_offset_days": draw(st.sampled_from([0, 0, -20, 15])),
        "adjust": draw(st.sampled_from(["none", "previous", "next"])),
    }
    rows = draw(st.lists(mission_rows() if anchor == "mission" else assigned_rows(), min_size=1, max_size=6))
    return recurring_rule(**schedule), [row | {"relation_id": f"R{n}"} for n, row in enumerate(rows)]


def told(plan):
    return [
        tuple(None if pd.isna(v) else v.date() if isinstance(v, pd.Timestamp) else v for v in row)
        for row in plan[SHOWN].itertuples(index=False)
    ]


@settings(max_examples=400, deadline=None)
@given(cases(), days)
def test_recurring_follow_ups_equal_the_slow_reference_row_by_row(case, as_of):
    rule, rows = case
    plan = plan_periods(services(*rows), rule, FIRM, as_of)
    for row in rows:
        assert told(plan.loc[plan["relation_id"] == row["relation_id"]]) == plan_recurring_one(
            row, rule, is_day_off, as_of
        )


@settings(max_examples=100, deadline=None)
@given(cases(), days, st.randoms())
def test_every_candidate_is_told_and_the_order_of_rows_does_not_matter(case, as_of, chance):
    rule, rows = case
    shuffled = list(rows)
    chance.shuffle(shuffled)
    by_key = ["relation_id", "occurrence"]
    plans = [
        plan_periods(services(*some), rule, FIRM, as_of).sort_values(by_key, ignore_index=True)
        for some in (rows, shuffled)
    ]
    pd.testing.assert_frame_equal(*plans)
    due = plans[0]["reason"].isna()
    assert set(plans[0]["relation_id"]) == {row["relation_id"] for row in rows}
    assert plans[0].loc[~due, "relation_id"].is_unique
    assert not set(plans[0].loc[due, "relation_id"]) & set(plans[0].loc[~due, "relation_id"])
    assert not plans[0].loc[due].duplicated(by_key).any()


@settings(max_examples=150, deadline=None)
@given(cases(), days, frequencies)
def test_p2_what_is_made_is_never_due_again_even_after_the_frequency_changed(case, as_of, frequency):
    rule, rows = case
    due = due_keys(plan_periods(services(*rows), rule, FIRM, as_of))
    later = []
    for row in rows:
        made = [occurrence for relation_id, occurrence in due if relation_id == row["relation_id"]]
        made += [row[key] for key in ("made_from", "made_to") if row[key]]
        if made:
            later.append(row | {"made_from": min(made), "made_to": max(made), "task_status": "open"})
    if later:
        assert not due_keys(plan_periods(services(*later), rule, FIRM, as_of)) & due
        changed = [row | {"frequency": frequency} for row in later]
        assert not due_keys(plan_periods(services(*changed), rule, FIRM, as_of)) & due


def due_keys(plan):
    due = plan.loc[plan["reason"].isna()]
    return set(zip(due["relation_id"], due["occurrence"], strict=True))
