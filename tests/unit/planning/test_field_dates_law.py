"""The laws of the plan room: equal to the slow reference, complete, and blind to the order of rows."""

from datetime import date, timedelta

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given, settings

from factories import candidate, candidates, rule
from reference import plan_one
from tasks.domain.dates.public_holidays import holidays_of
from tasks.domain.dates.workdays import Workdays
from tasks.domain.planning.field_dates import plan_follow_ups

# Year ends, leap days, holidays and their neighbours come up more often than chance would have it.
EDGES = [
    date(2024, 2, 29),
    date(2026, 12, 31),
    date(2027, 1, 1),
    date(2028, 2, 29),
    date(2026, 12, 25),
    date(2026, 11, 24),
]
days = st.one_of(
    st.sampled_from(EDGES),
    st.builds(lambda d, n: d + timedelta(days=n), st.sampled_from(EDGES), st.integers(-40, 40)),
    st.dates(date(2023, 1, 1), date(2030, 12, 31)),
)
maybe_days = st.one_of(st.none(), days)
HOLIDAYS = set(holidays_of("FR", range(2021, 2033)))


def is_day_off(day):
    return day.weekday() >= 5 or day in HOLIDAYS


@st.composite
def rows(draw):
    expires_on = draw(maybe_days)
    return candidate(
        relation_id=draw(st.sampled_from(["R1", "R2", "R3"])),
        type=draw(st.sampled_from(["person", "sole_trader", "company", "other"])),
        status=draw(st.sampled_from(["client", "prospect", "former"])),
        first_seen_on=draw(days),
        is_assigned=draw(st.booleans()),
        start_on=draw(maybe_days),
        stop_on=draw(maybe_days),
        expires_on=expires_on,
        block=draw(st.sampled_from([None, None, "invalid_field"])) if expires_on else "missing_field",
        is_held=draw(st.integers(0, 9)) == 0,
        task_status=draw(st.sampled_from([None, None, None, "open", "done", "ready"])),
    )


schedules = st.fixed_dictionaries(
    {
        "plan_before_days": st.integers(0, 400),
        "due_offset_days": st.integers(-90, 90),
        "adjust": st.sampled_from(["none", "previous", "next"]),
        "max_overdue_days": st.sampled_from([0, 30, 365]),
        "until": maybe_days,
    }
)


@settings(max_examples=200, deadline=None)
@given(st.lists(rows(), max_size=12), schedules, days, st.randoms(use_true_random=False))
def test_the_planner_equals_the_slow_reference_row_by_row(data, schedule, as_of, chance):
    made = rule(schedule=schedule)
    frame = candidates(*data)
    planned = plan_follow_ups(frame, made, Workdays("FR"), as_of)

    assert len(planned) == len(data), "due + skipped = candidates"
    for row, found in zip(data, planned.to_dict("records"), strict=True):
        expected = plan_one(row, made, is_day_off, as_of)
        got = {k: None if pd.isna(found[k]) else found[k] for k in expected}
        got |= {k: got[k].date() for k in ("anchor_on", "due_on", "planned_on") if got[k] is not None}
        assert got == expected, row

    shuffled = list(range(len(data)))
    chance.shuffle(shuffled)
    again = plan_follow_ups(frame.iloc[shuffled], made, Workdays("FR"), as_of)
    pd.testing.assert_frame_equal(again.sort_index(), planned)
