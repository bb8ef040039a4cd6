"""Schedules of every kind on one template, and what editing them does to tasks that are alive (P2, P7, P8)."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from factories import relation
from sql import schema
from tasks.planning.assignments import RelationFilter, unassign

DAY = date(2027, 1, 4)
QUARTERS = {
    "key": "quarters",
    "anchor": "period",
    "starts_on": "2026-10-31",
    "frequency": "quarterly",
    "plan_before_days": 30,
}
ONCE = {"key": "once", "anchor": "period", "starts_on": "2027-03-31", "plan_before_days": 60}
BIRTHDAY = {
    "key": "anniversary",
    "anchor": "start",
    "frequency": "yearly",
    "due_offset_days": 30,
    "plan_before_days": 30,
}


def set_up(office):
    office.take("relations", relation("R1"), relation("R2"), on=date(2026, 12, 1))
    return office


@pytest.fixture
def firm(sqlite_office):
    """Two relations, in the embedded database."""
    return set_up(sqlite_office)


@pytest.fixture
def any_firm(office):
    """The same in each kind of database: for what the queries do."""
    return set_up(office)


def due(firm, **filters):
    return [(t["schedule"], t["due_on"]) for t in firm.tasks(**filters)]


def days_of_steps(firm, *columns):
    with firm.store.begin() as connection:
        rows = connection.execute(select(*columns).order_by(schema.follow_up_subtasks.c.position)).all()
    return [tuple(map(str, row)) for row in rows]


def test_several_schedules_of_a_template_each_go_their_own_way(any_firm):
    firm = any_firm
    firm.define("accounts", schedules=[QUARTERS, ONCE, BIRTHDAY])
    for key in ("quarters", "once", "anniversary"):
        firm.assign(f"accounts/{key}", "R1", since=DAY)
    firm.night(date(2027, 2, 1), delivers=False)
    assert due(firm) == [("quarters", "2027-01-31"), ("anniversary", "2027-02-03"), ("once", "2027-03-31")]
    firm.night(date(2028, 1, 10), delivers=False)
    assert due(firm)[3:] == [
        ("quarters", "2027-04-30"),
        ("quarters", "2027-07-31"),
        ("quarters", "2027-10-31"),
        ("quarters", "2028-01-31"),
        ("anniversary", "2028-02-03"),
    ]


def test_p8_a_start_in_the_past_makes_what_fell_due_since_and_nothing_older(firm):
    firm.define("accounts", schedules=[QUARTERS | {"starts_on": "2026-01-31"}])
    firm.assign("accounts/quarters", "R1", since=date(2026, 7, 1))
    firm.night(DAY, delivers=False)
    assert due(firm) == [("quarters", "2026-07-31"), ("quarters", "2026-10-31"), ("quarters", "2027-01-31")]


DUE, START = date(2027, 3, 31), date(2027, 3, 25)
AHEAD = {
    "field": ({"anchor": "field:id_card"}, START),
    "mission": ({"anchor": "mission"}, None),
    "start": ({"anchor": "start", "frequency": "yearly"}, DUE),
    "period": ({"anchor": "period", "starts_on": "2027-02-28", "frequency": "monthly", "month_end": "last_day"}, START),
}


@pytest.mark.parametrize("anchor", AHEAD)
def test_p1_every_anchor_plans_ahead_by_the_lead_even_where_the_start_lies_in_the_future(any_firm, anchor):
    firm, (schedule, start) = any_firm, AHEAD[anchor]
    firm.define("accounts", schedules=[{"key": "one", "plan_before_days": 30} | schedule])
    firm.take("relations", relation("R1", str(DUE)), relation("R2", str(DUE)), on=DAY)
    if start is None:
        firm.take("missions", {"mission_id": "M1", "relation_id": "R1", "status": "signed"}, on=DAY)
        firm.take("mission_services", {"mission_id": "M1", "template": "accounts", "first_due_on": str(DUE)}, on=DAY)
    else:
        firm.assign("accounts/one", "R1", since=start)
    assert firm.night(date(2027, 2, 28), delivers=False).skipped == {"not_yet": 1}
    firm.night(date(2027, 3, 1), delivers=False)
    assert [(t["due_on"], t["planned_on"]) for t in firm.tasks()] == [(str(DUE), "2027-03-01")]
    firm.night(date(2027, 3, 26), delivers=False)
    assert len(firm.tasks()) == 1


@pytest.mark.parametrize(("until", "made"), [("2027-03-30", []), ("2027-03-31", ["2027-03-31"])])
@pytest.mark.parametrize("anchor", AHEAD)
def test_t4_the_last_day_of_a_schedule_holds_for_every_anchor_and_is_included(firm, anchor, until, made):
    schedule = {"key": "one", "until": until} | AHEAD[anchor][0]
    firm.define("accounts", schedules=[schedule])
    firm.take("relations", relation("R1", str(DUE)), relation("R2", str(DUE)), on=DAY)
    firm.take("missions", {"mission_id": "M1", "relation_id": "R1", "status": "signed"}, on=DAY)
    firm.take("mission_services", {"mission_id": "M1", "template": "accounts", "first_due_on": str(DUE)}, on=DAY)
    if anchor != "mission":
        firm.assign("accounts/one", "R1", since=AHEAD[anchor][1])
    figures = firm.night(date(2028, 3, 1), delivers=False)
    assert [t["due_on"] for t in firm.tasks()] == made
    assert made or figures.skipped == {"after_end": 1}


def test_p3_a_card_that_expired_before_a_future_start_waits_for_that_start(firm):
    firm.define("accounts", schedules=[{"key": "one", "plan_before_days": 30, "anchor": "field:id_card"}])
    firm.take("relations", relation("R1", "2026-12-31"), relation("R2"), on=DAY)
    firm.assign("accounts/one", "R1", since=date(2027, 1, 20))
    assert firm.night(date(2027, 1, 19), delivers=False).skipped == {"before_start": 1}
    firm.night(date(2027, 1, 20), delivers=False)
    assert due(firm) == [("one", "2026-12-31")]


def test_t5_an_occurrence_on_the_day_of_assignment_is_made_though_it_is_a_saturday(firm):
    saturday = date(2027, 1, 9)
    monthly = {"anchor": "period", "starts_on": "2026-12-09", "frequency": "monthly", "adjust": "previous"}
    firm.define("accounts", schedules=[{"key": "months", **monthly}])
    firm.assign("accounts/months", "R1", since=saturday)
    firm.night(saturday, delivers=False)
    assert due(firm) == [("months", "2027-01-08")]


def test_t4_a_schedule_stops_on_its_last_day_inclusive(firm):
    firm.define("accounts", schedules=[QUARTERS | {"until": "2027-04-30"}])
    firm.assign("accounts/quarters", "R1", since=DAY)
    figures = [firm.night(day, delivers=False) for day in (date(2027, 12, 1), date(2027, 12, 2))]
    assert due(firm) == [("quarters", "2027-01-31"), ("quarters", "2027-04-30")]
    assert figures[1].skipped == {"after_end": 1}


def test_p8_taken_off_a_schedule_no_new_task_comes_and_the_open_one_stays(firm):
    firm.define("accounts", schedules=[QUARTERS])
    firm.assign("accounts/quarters", "R1", "R2", since=DAY)
    firm.night(DAY, delivers=False)
    unassign(firm.store, "accounts", "quarters", RelationFilter(relations=["R1"]), date(2027, 2, 1))
    firm.night(date(2027, 5, 1), delivers=False)
    assert due(firm, relation_id="R1") == [("quarters", "2027-01-31")]
    assert due(firm, relation_id="R2") == [("quarters", "2027-01-31"), ("quarters", "2027-04-30")]


def test_one_schedule_planned_now_leaves_nothing_of_it_to_the_night(firm):
    firm.define("accounts", schedules=[QUARTERS, ONCE])
    for key in ("quarters", "once"):
        firm.assign(f"accounts/{key}", "R1", since=DAY)
    firm.night(date(2027, 2, 1), schedule="accounts/once", delivers=False)
    assert due(firm) == [("once", "2027-03-31")]
    assert firm.night(date(2027, 2, 1), delivers=False).created == 1
    assert due(firm) == [("quarters", "2027-01-31"), ("once", "2027-03-31")]


def test_assign_all_goes_by_the_day_a_relation_was_first_seen(any_firm):
    firm = any_firm
    firm.define("accounts", schedules=[QUARTERS | {"assign": "all"}])
    firm.take("relations", relation("R1"), relation("R2"), relation("R3"), on=date(2027, 3, 1))
    firm.night(date(2027, 5, 1), delivers=False)
    assert due(firm, relation_id="R1") == [("quarters", "2027-01-31"), ("quarters", "2027-04-30")]
    assert due(firm, relation_id="R3") == [("quarters", "2027-04-30")]


def test_a_run_dated_in_the_past_does_not_move_the_day_on_which_a_relation_was_first_seen(any_firm):
    firm = any_firm
    firm.define("accounts", schedules=[QUARTERS | {"assign": "all"}])
    firm.take("relations", relation("R1"), relation("R2"), relation("R3"), on=date(2027, 3, 1))
    firm.night(date(2026, 12, 31), delivers=False)
    firm.night(date(2027, 5, 1), delivers=False)
    assert due(firm, relation_id="R3")[-1] == ("quarters", "2027-04-30")
    with firm.store.begin() as connection:
        seen = connection.execute(select(schema.relations.c.relation_id, schema.relations.c.first_seen_on)).all()
    assert dict(map(tuple, seen))["R3"] == date(2027, 3, 1)


def test_p2_editing_a_schedule_with_tasks_alive_makes_no_task(firm):
    firm.define("accounts", schedules=[QUARTERS])
    firm.assign("accounts/quarters", "R1", "R2", since=DAY)
    firm.night(DAY, delivers=False)
    edited = QUARTERS | {"plan_before_days": 60, "due_offset_days": 5, "adjust": "next", "label": "Trimestres"}
    firm.define("accounts", label="Comptes", schedules=[edited])
    assert firm.night(DAY, delivers=False).created == 0
    firm.night(date(2027, 4, 1), delivers=False)
    assert due(firm, relation_id="R1") == [("quarters", "2027-01-31"), ("quarters", "2027-05-05")]


def test_p2_a_schedules_frequency_changed_in_mid_life_doubles_nothing(firm):
    monthly = QUARTERS | {"frequency": "monthly"}
    firm.define("accounts", schedules=[monthly])
    firm.assign("accounts/quarters", "R1", since=DAY)
    firm.night(date(2027, 2, 5), delivers=False)
    firm.define("accounts", schedules=[monthly | {"frequency": "weekly"}])
    firm.night(date(2027, 2, 6), delivers=False)
    # Weekly from 31 October: what fell between January and the last task made, 28 February, is not made again.
    assert due(firm) == [("quarters", "2027-01-31"), ("quarters", "2027-02-28"), ("quarters", "2027-03-06")]


def test_a_schedule_that_was_removed_makes_nothing_keeps_its_tasks_and_is_named_in_the_report(firm):
    firm.define("accounts", schedules=[QUARTERS, ONCE])
    firm.assign("accounts/quarters", "R1", since=DAY)
    firm.night(DAY, delivers=False)
    firm.define("accounts", schedules=[ONCE])
    figures = firm.night(date(2027, 5, 1), delivers=False, reports=True)
    assert due(firm) == [("quarters", "2027-01-31")]
    assert "accounts/quarters" in Path(figures.report).read_text(encoding="utf-8")


def test_a_template_that_was_removed_is_named_even_where_it_has_no_open_task(any_firm):
    firm = any_firm
    firm.define("accounts", schedules=[QUARTERS])
    firm.define("vat")
    firm.assign("accounts/quarters", "R1", since=date(2027, 6, 1))
    firm.take("missions", {"mission_id": "M1", "relation_id": "R1", "status": "signed"}, on=DAY)
    firm.take("mission_services", {"mission_id": "M1", "template": "vat", "first_due_on": "2028-01-01"}, on=DAY)
    for name in ("accounts", "vat"):
        (firm.settings.home / "templates" / f"{name}.yaml").unlink()
    firm.reload()
    figures = firm.night(DAY, delivers=False, reports=True)
    page = Path(figures.report).read_text(encoding="utf-8")
    assert "accounts/quarters, vat" in page


def test_the_days_of_steps_go_by_the_day_that_their_rule_names(any_firm):
    firm = any_firm

    def request(key, start_from, offset_days):
        rule = {"from": start_from, "offset_days": offset_days}
        return {"key": key, "kind": "request", "message": "request_documents", "send": rule}

    steps = [
        request("by-start", "start", 3),
        request("by-due", "due", -1),
        request("by-creation", "creation", 2),
        {"key": "check", "kind": "action", "label": "Vérifier", "due_offset_days": -4, "assignee": "U7"},
    ]
    firm.define("accounts", subtasks=steps, schedules=[BIRTHDAY | {"frequency": "monthly"}])
    firm.assign("accounts/anniversary", "R1", since=date(2027, 1, 31))
    firm.night(date(2027, 2, 1), delivers=False)
    s = schema.follow_up_subtasks.c
    assert days_of_steps(firm, s.key, s.send_on, s.due_on, s.assignee_id) == [
        ("by-start", "2027-02-03", "None", "None"),
        ("by-due", "2027-03-01", "None", "None"),
        ("by-creation", "2027-02-03", "None", "None"),
        ("check", "None", "2027-02-26", "U7"),
    ]


def test_a4_a_send_day_is_carried_as_a_number_of_days_from_the_start(firm):
    request = {"key": "docs", "kind": "request", "message": "request_documents"}
    firm.define(
        "accounts",
        subtasks=[request | {"send": {"from": "start", "offset_days": 3}}],
        schedules=[{"key": "months", "anchor": "start", "frequency": "monthly"}],
    )
    firm.assign("accounts/months", "R1", since=date(2027, 1, 31))
    for day in (date(2027, 1, 31), date(2027, 2, 28)):
        firm.night(day, delivers=False)
        firm.night(day + timedelta(days=3), delivers=False)
    assert [m["send_on"] for m in firm.messages()] == ["2027-02-03", "2027-03-03"]


def test_a2_a_re_dated_task_moves_the_days_of_its_steps(any_firm):
    firm = any_firm
    steps = [
        {"key": "ask", "kind": "auto_email", "message": "request_documents", "offset_days": -5},
        {"key": "check", "kind": "action", "label": "Vérifier", "due_offset_days": 2},
    ]
    card = {"key": "renewal", "anchor": "field:id_card", "plan_before_days": 40}
    firm.define("card", applies_to=["person"], subtasks=steps, schedules=[card], close_when="renewed")
    firm.take("relations", relation("R1", "2027-02-10"), on=DAY)
    firm.assign("card/renewal", "R1", since=DAY)
    firm.night(DAY, delivers=False)
    firm.take("relations", relation("R1", "2027-02-01"), on=DAY)
    firm.night(DAY, delivers=False)
    s = schema.follow_up_subtasks.c
    assert days_of_steps(firm, s.key, s.send_on, s.due_on) == [
        ("ask", "2027-01-27", "None"),
        ("check", "None", "2027-02-03"),
    ]
