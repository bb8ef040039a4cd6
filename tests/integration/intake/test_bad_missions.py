"""Each bad row of missions and services is set aside with its reason; the rest goes in (P4, Q2)."""

from datetime import date

import pytest
from missions import NEW_YEAR, due_days, mission, served, set_up, sign
from sqlalchemy import select

from sql import schema


@pytest.fixture
def firm(sqlite_office):
    """Two companies and a VAT template, in the embedded database."""
    return set_up(sqlite_office)


@pytest.fixture
def any_firm(office):
    """The same in each kind of database: for what the queries do."""
    return set_up(office)


BAD = [
    (mission("M2", "R9"), None, "relation_id", "there is no such relation"),
    (mission("M2", end_on="2026-12-31"), None, "end_on", "the end date lies before the start date"),
    (mission("M2", status="signe"), None, "status", "the status is none of draft"),
    (mission("M2", start_on="2027-02-30"), None, "start_on", "the start date is not a day"),
    (None, served(template="vta"), "template", "there is no such template"),
    (None, served(template="id-card"), "template", "no schedule of this template has `anchor: mission`"),
    (None, served("M9"), "mission_id", "there is no such mission"),
    (None, served(frequency="monthyl"), "frequency", "the frequency is none of weekly"),
    (None, served(first_due_on="2026-02-31"), "first_due_on", "the first due date is not a day"),
    (None, served(quantity="-1"), "quantity", "the quantity is not a whole number"),
    (None, served(backfill="maybe"), "backfill", "backfill is neither true nor false"),
    (None, [served(), served(frequency="weekly")], "mission_id", "an earlier row of the file has this id"),
]


@pytest.mark.parametrize(("bad_mission", "bad_service", "column", "says"), BAD, ids=[says[:40] for *_, says in BAD])
def test_a_bad_row_is_set_aside_with_its_reason_and_the_rest_goes_in(firm, bad_mission, bad_service, column, says):
    firm.take("missions", mission(), *([bad_mission] if bad_mission else []), on=NEW_YEAR)
    rows = bad_service if isinstance(bad_service, list) else [*([bad_service] if bad_service else [])]
    others = [] if isinstance(bad_service, list) else [served()]
    if not bad_service or rows[0]["mission_id"] != "M1" or rows[0]["template"] != "vat" or len(rows) > 1:
        rows = others + rows
    firm.take("mission_services", *rows, on=NEW_YEAR)
    (out,) = firm.store.read("open_quarantine").to_dict("records")
    assert (out["column_name"], out["problem"].startswith(says)) == (column, True)
    firm.night(date(2027, 1, 20), delivers=False)
    expected = ["2027-01-30"] if rows[0] == served() else []
    assert due_days(firm) == expected


def test_a_mission_whose_newest_row_is_bad_waits_until_it_is_mended(any_firm):
    firm = any_firm
    sign(firm)
    firm.take("missions", mission(end_on="2026-01-01"), mission("M2", "R2"), on=date(2027, 1, 10))
    assert firm.night(date(2027, 1, 20), delivers=False).skipped == {"quarantined": 1}
    firm.take("missions", mission(), mission("M2", "R2"), on=date(2027, 1, 21))
    firm.night(date(2027, 1, 21), delivers=False)
    assert due_days(firm) == ["2027-01-30"]


def test_the_same_files_twice_change_nothing(any_firm):
    firm = any_firm
    sign(firm)
    again = firm.take("missions", mission(), on=date(2027, 1, 5)).admission
    services = firm.take("mission_services", served(), on=date(2027, 1, 5)).admission
    assert [(a.new, a.changed, a.unchanged) for a in (again, services)] == [(0, 0, 1), (0, 0, 1)]
    with firm.store.begin() as connection:
        assert connection.execute(select(schema.mission_services.c.signed_seen_on)).scalar_one() == NEW_YEAR


def test_t2_a_weekly_service_of_a_months_last_day_is_set_aside_at_import(firm):
    firm.define("vat", schedules=[{"key": "returns", "anchor": "mission", "month_end": "last_day"}])
    sign(firm, services=[served(frequency="weekly")])
    (out,) = firm.store.read("open_quarantine").to_dict("records")
    assert (out["column_name"], "in months or years" in out["problem"]) == ("frequency", True)


def test_a_service_without_any_date_is_something_to_mend(firm):
    sign(firm, [mission(start_on="")], [served(first_due_on="")])
    figures = firm.night(date(2027, 1, 15), delivers=False)
    assert (figures.skipped, figures.blocked) == ({"missing_field": 1}, 1)
