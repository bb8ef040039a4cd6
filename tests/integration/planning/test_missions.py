"""Missions and their services, from the file to the task (P4, seed 003)."""

from datetime import date

import pytest
from missions import company, due_days, mission, nights, served, set_up, sign
from sqlalchemy import select, text

from sql import schema


@pytest.fixture
def firm(sqlite_office):
    """Two companies and a VAT template, in the embedded database."""
    return set_up(sqlite_office)


@pytest.fixture
def any_firm(office):
    """The same in each kind of database: for what the queries do."""
    return set_up(office)


def test_p4_a_signed_mission_makes_a_task_each_month_ten_days_ahead(any_firm):
    firm = any_firm
    sign(firm)
    firm.night(date(2027, 1, 19))
    assert firm.tasks() == []
    for night, due in ((date(2027, 1, 20), "2027-01-30"), (date(2027, 2, 18), "2027-02-28")):
        firm.night(night)
        assert (firm.tasks()[-1]["due_on"], firm.tasks()[-1]["planned_on"]) == (due, night.isoformat())
    (first, second) = firm.tasks()
    assert (first["mission_id"], first["anchor_on"], first["period"], second["period"]) == ("M1", "2027-01-30", 0, 1)


def test_only_the_requests_mail_reaches_the_client_and_moves_the_task(any_firm):
    firm = any_firm
    sign(firm)
    firm.night(date(2027, 1, 20))
    assert firm.mails() == []
    firm.night(date(2027, 1, 21))
    assert len(firm.mails()) == 1
    (message,) = firm.messages()
    assert message["subject"].startswith("Merci de déposer vos éléments du mois")
    (task,) = firm.tasks()
    assert task["status"] == "waiting_on_client"
    assert [(s["key"], s["status"]) for s in task["subtasks"]] == [("documents", "open"), ("file", "open")]
    assert [(i["key"], i["status"]) for i in task["subtasks"][0]["items"]] == [("bank", "open"), ("sales", "open")]
    with firm.store.begin() as connection:
        body = connection.execute(select(schema.messages.c.body_text)).scalar_one()
    assert "- Relevés bancaires" in body
    assert "Template vat" not in body


@pytest.mark.parametrize("status", ["draft", "sent", "ended"])
def test_p4_a_mission_that_is_not_signed_makes_nothing_and_says_so(firm, status):
    sign(firm, [mission(status=status)])
    figures = firm.night(date(2027, 2, 1))
    assert firm.tasks() == []
    assert figures.skipped == {"after_end" if status == "ended" else "not_signed": 1}


def test_t4_a_mission_that_ends_on_a_due_date_includes_it_and_makes_nothing_after(firm):
    sign(firm, [mission(end_on="2027-03-30")])
    nights(firm, date(2027, 3, 19), date(2027, 3, 21))
    firm.night(date(2027, 12, 1), delivers=False)
    assert due_days(firm) == ["2027-01-30", "2027-02-28", "2027-03-30"]


def test_t5_a_due_date_on_the_saturday_of_signature_is_made_a_day_early(firm):
    firm.define("vat", schedules=[{"key": "returns", "anchor": "mission", "adjust": "previous"}])
    sign(firm, services=[served(first_due_on="2026-12-30")], on=date(2027, 1, 30))
    firm.night(date(2027, 1, 30), delivers=False)
    assert due_days(firm) == ["2027-01-29"]


def test_p4_signed_in_mid_period_starts_with_the_next_due_day(firm):
    sign(firm, [mission(status="sent")])
    firm.night(date(2027, 2, 10), delivers=False)
    firm.take("missions", mission(), on=date(2027, 2, 15))
    firm.night(date(2027, 2, 20), delivers=False)
    assert due_days(firm) == ["2027-02-28"]


def test_p4_a_service_added_to_a_signed_mission_counts_from_its_own_first_day(firm):
    sign(firm)
    firm.define("payroll")
    firm.night(date(2027, 3, 25), delivers=False)
    firm.take("mission_services", served(template="payroll"), on=date(2027, 3, 26))
    firm.night(date(2027, 3, 26), delivers=False)
    assert due_days(firm, template="vat") == ["2027-01-30", "2027-02-28", "2027-03-30"]
    assert due_days(firm, template="payroll") == ["2027-03-30"]


def test_p4_a_first_due_date_that_is_missing_is_the_missions_start(firm):
    sign(firm, [mission(start_on="2027-01-15")], [served(first_due_on="")])
    firm.night(date(2027, 1, 15), delivers=False)
    assert due_days(firm) == ["2027-01-15"]


def test_p4_a_quantity_without_recurrence_is_that_many_tasks_of_one_day(any_firm):
    firm = any_firm
    sign(firm, services=[served(frequency="none", quantity="3")])
    for night in (20, 21):
        firm.night(date(2027, 1, night), delivers=False)
    assert [(t["due_on"], t["period"]) for t in firm.tasks()] == [("2027-01-30", n) for n in range(3)]
    firm.take("mission_services", served(frequency="none", quantity="4"), on=date(2027, 1, 21))
    firm.night(date(2027, 1, 22), delivers=False)
    assert len(firm.tasks()) == 4


@pytest.mark.parametrize(
    ("frequency", "days"),
    [
        ("monthly", ["2027-01-30", "2027-02-28", "2027-03-30"]),
        ("weekly", ["2027-01-30", "2027-02-06", "2027-02-13"]),
        ("every 10 days", ["2027-01-30", "2027-02-09", "2027-02-19"]),
        ("quarterly", ["2027-01-30", "2027-04-30", "2027-07-30"]),
        ("", ["2027-01-30", "2027-03-30", "2027-05-30"]),
    ],
)
def test_p4_a_quantity_beside_a_frequency_is_the_number_of_occurrences_in_all(firm, frequency, days):
    firm.define("vat", schedules=[{"key": "returns", "anchor": "mission", "frequency": "bimonthly"}])
    sign(firm, services=[served(frequency=frequency, quantity="3")])
    for night in (date(2027, 2, 1), date(2028, 2, 1), date(2028, 2, 2)):
        figures = firm.night(night, delivers=False)
    assert due_days(firm) == days
    assert figures.skipped == {"after_end": 1}


def test_p4_occurrences_that_were_due_before_signature_count_towards_the_quantity(firm):
    sign(firm, services=[served(first_due_on="2026-12-30", quantity="3")])
    firm.night(date(2028, 1, 1), delivers=False)
    assert due_days(firm) == ["2027-01-30", "2027-02-28"]


def test_p5_a_lead_longer_than_the_period_opens_several(firm):
    firm.define("vat", schedules=[{"key": "returns", "anchor": "mission", "plan_before_days": 70}])
    sign(firm)
    firm.night(date(2027, 1, 20), delivers=False)
    assert due_days(firm) == ["2027-01-30", "2027-02-28", "2027-03-30"]


def test_p2_a_frequency_changed_in_mid_life_keeps_what_is_made_and_doubles_nothing(any_firm):
    firm = any_firm
    sign(firm)
    nights(firm, date(2027, 2, 17), date(2027, 2, 19))
    firm.take("mission_services", served(frequency="weekly"), on=date(2027, 2, 21))
    nights(firm, date(2027, 2, 23), date(2027, 2, 26))
    # Weekly from 30 January: 6 and 13 March are the next after the last that was made, 28 February.
    assert due_days(firm) == ["2027-01-30", "2027-02-28", "2027-03-06"]
    firm.take("mission_services", served(frequency="quarterly"), on=date(2027, 3, 2))
    firm.night(date(2027, 5, 1), delivers=False)
    assert due_days(firm)[3:] == ["2027-04-30"]


def test_p6_one_run_after_missed_nights_leaves_what_every_night_would_have(any_firm):
    firm = any_firm
    sign(firm, [mission(), mission("M2", "R2")], [served(), served("M2", frequency="weekly")])
    nights(firm, date(2027, 2, 10), date(2027, 2, 20))
    every_night = [(t["mission_id"], t["due_on"]) for t in firm.tasks()]
    with firm.store.begin() as connection:
        for table in ("request_items", "messages", "follow_up_subtasks", "follow_up_tasks"):
            connection.execute(text(f"DELETE FROM {table}"))
    firm.night(date(2027, 2, 20), delivers=False)
    assert sorted((t["mission_id"], t["due_on"]) for t in firm.tasks()) == sorted(every_night)


def test_p4_a_run_dated_in_the_past_does_not_move_the_day_on_which_a_service_was_first_seen(any_firm):
    firm = any_firm
    sign(firm, on=date(2027, 6, 10))
    firm.night(date(2027, 2, 1))
    assert firm.tasks() == []
    firm.night(date(2027, 6, 11))
    assert firm.tasks() == []
    firm.night(date(2027, 6, 20))
    assert due_days(firm) == ["2027-06-30"]


def test_several_services_of_a_mission_go_their_own_ways(firm):
    firm.define("payroll", schedules=[{"key": "month", "anchor": "mission", "plan_before_days": 5}])
    sign(firm, services=[served(), served(template="payroll", first_due_on="2027-01-25", frequency="every 2 weeks")])
    firm.night(date(2027, 2, 3), delivers=False)
    assert due_days(firm, template="vat") == ["2027-01-30"]
    assert due_days(firm, template="payroll") == ["2027-01-25", "2027-02-08"]
    assert due_days(firm, mission_id="M1") == ["2027-01-25", "2027-01-30", "2027-02-08"]


def test_p7_a_relation_that_is_no_client_any_more_gets_no_new_task(firm):
    sign(firm)
    firm.night(date(2027, 1, 20), delivers=False)
    firm.take("relations", company("R1", status="former"), company("R2"), on=date(2027, 1, 21))
    figures = firm.night(date(2027, 2, 20), delivers=False)
    assert (due_days(firm), figures.skipped) == (["2027-01-30"], {"wrong_status": 1})
