"""P1–P3, P7 and P8, one sentence each."""

from datetime import date

import pandas as pd
import pytest

from factories import candidate, candidates, rule
from tasks.domain.dates.workdays import Workdays
from tasks.domain.planning.field_dates import plan_follow_ups
from tasks.domain.reasons import Reason, outcome_of

AS_OF = date(2026, 11, 24)
NO_DAYS_OFF = Workdays(None, weekends=False)


def verdict(as_of=AS_OF, workdays=NO_DAYS_OFF, schedule=None, **row):
    planned = plan_follow_ups(candidates(candidate(**row)), rule(schedule=schedule or {}), workdays, as_of)
    only = planned.iloc[0]
    day = lambda value: None if pd.isna(value) else value.date()
    reason = only["reason"] if isinstance(only["reason"], str) else None
    return day(only["due_on"]), day(only["planned_on"]), reason


def test_p1_a_task_is_due_from_its_planning_day_on():
    card = date(2026, 12, 14)
    assert verdict(expires_on=card, as_of=date(2026, 11, 23)) == (card, date(2026, 11, 24), "not_yet")
    assert verdict(expires_on=card, as_of=date(2026, 11, 24)) == (card, date(2026, 11, 24), None)


def test_p1_the_offset_moves_the_due_day_and_the_planning_day_with_it():
    due, planned, _ = verdict(expires_on=date(2026, 12, 1), schedule={"due_offset_days": 10})
    assert (due, planned) == (date(2026, 12, 11), date(2026, 11, 21))


def test_t3_a_lead_across_the_end_of_february_counts_calendar_days():
    assert verdict(expires_on=date(2027, 2, 28), schedule={"plan_before_days": 10})[1] == date(2027, 2, 18)
    assert verdict(expires_on=date(2028, 2, 29), schedule={"plan_before_days": 10})[1] == date(2028, 2, 19)


@pytest.mark.parametrize(
    ("adjust", "due"),
    [("none", date(2026, 12, 25)), ("previous", date(2026, 12, 24)), ("next", date(2026, 12, 28))],
)
def test_t5_adjust_moves_the_due_day_off_a_french_holiday(adjust, due):
    found = verdict(expires_on=date(2026, 12, 25), schedule={"adjust": adjust}, workdays=Workdays("FR"))
    assert found[0] == due


def test_t5_adjust_knows_belgian_holidays_apart_from_french_ones():
    national_day = date(2027, 7, 21)
    assert verdict(expires_on=national_day, schedule={"adjust": "next"}, workdays=Workdays("BE"))[0] == date(
        2027, 7, 22
    )
    assert verdict(expires_on=national_day, schedule={"adjust": "next"}, workdays=Workdays("FR"))[0] == national_day


def test_p3_no_expiry_date_means_no_task_and_says_which_field_is_missing():
    assert verdict(expires_on=None, block="missing_field") == (None, None, "missing_field")


def test_p3_an_expired_card_gives_a_task_that_is_overdue_from_birth():
    assert verdict(expires_on=date(2026, 1, 2))[2] is None


def test_p3_a_card_expired_longer_than_max_overdue_before_the_start_is_too_old():
    assert verdict(expires_on=date(2025, 1, 1), start_on=date(2026, 1, 1))[2] is None
    assert verdict(expires_on=date(2024, 12, 31), start_on=date(2026, 1, 1))[2] == "too_old"


def test_p6_too_old_is_told_from_the_start_and_not_from_the_day_of_the_run():
    row = {"expires_on": date(2025, 6, 1), "start_on": date(2026, 1, 1)}
    assert verdict(**row, as_of=date(2026, 1, 1))[2] is None
    assert verdict(**row, as_of=date(2030, 1, 1))[2] is None


def test_p7_a_relation_of_another_type_or_status_gets_no_new_task():
    assert verdict(type="company")[2] == "wrong_type"
    assert verdict(status="former")[2] == "wrong_status"


def test_p8_before_the_assignment_starts_only_what_falls_due_from_then_on_is_planned_ahead():
    assert verdict(start_on=date(2026, 11, 25))[2] is None
    assert verdict(start_on=date(2026, 12, 1))[2] is None
    assert verdict(start_on=date(2026, 12, 2))[2] == "before_start"
    assert verdict(start_on=date(2026, 12, 2), as_of=date(2026, 12, 2))[2] is None


def test_p8_a_date_after_a_future_start_waits_for_its_planning_day_and_not_for_the_start():
    assert verdict(start_on=date(2026, 11, 25), as_of=date(2026, 11, 1))[2] == "not_yet"


def test_p8_t4_an_assignment_holds_on_its_last_day_and_no_longer():
    card, planned = date(2026, 12, 10), date(2026, 11, 20)
    assert verdict(expires_on=card, stop_on=planned)[2] is None
    assert verdict(expires_on=card, stop_on=date(2026, 11, 19))[2] == "after_end"


def test_a_relation_that_nobody_assigned_is_told_so():
    assert verdict(is_assigned=False, start_on=None)[2] == "not_assigned"


def test_assign_all_counts_from_the_day_the_relation_was_first_seen():
    row = {"start_on": None, "first_seen_on": date(2026, 11, 1)}
    assert verdict(expires_on=date(2025, 11, 1), **row)[2] is None
    assert verdict(expires_on=date(2025, 10, 31), **row)[2] == "too_old"


def test_t5_a_date_that_is_just_not_too_old_is_followed_although_its_due_day_is_moved_back():
    saturday = {"expires_on": date(2026, 10, 31), "start_on": date(2026, 11, 10)}
    schedule = {"adjust": "previous", "max_overdue_days": 10}
    assert verdict(workdays=Workdays(None), schedule=schedule, **saturday)[2] is None
    assert verdict(workdays=Workdays(None), schedule=schedule | {"max_overdue_days": 9}, **saturday)[2] == "too_old"


def test_a_run_dated_before_the_relation_was_first_seen_still_plans():
    assert verdict(start_on=None, first_seen_on=date(2027, 6, 1))[2] is None


def test_a_task_that_exists_is_named_first_whatever_else_speaks_against_it():
    assert verdict(task_status="open", status="former")[2] == "already_created"
    assert verdict(task_status="done", expires_on=date(2020, 1, 1))[2] == "already_done"


def test_a_relation_whose_row_is_in_quarantine_waits():
    assert verdict(is_held=True)[2] == "quarantined"


def test_outcomes_of_explain():
    outcomes = {reason: outcome_of(reason) for reason in Reason}
    assert outcome_of(None) == "due"
    assert {r for r, o in outcomes.items() if o == "created"} == {"already_created", "already_done", "redated"}
    assert {r for r, o in outcomes.items() if o == "waiting"} == {"not_yet", "before_start"}
