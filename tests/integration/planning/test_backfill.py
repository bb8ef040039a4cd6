"""Requests of several past periods: made only with backfill, and in one mail (P4, seed 003)."""

import email
import email.policy
import re
from datetime import date

import pytest
from missions import FILE, NEW_YEAR, REQUEST, company, due_days, mission, nights, served, set_up, sign

from tasks.planning.close import close_task


@pytest.fixture
def firm(sqlite_office):
    """Two companies and a VAT template, in the embedded database."""
    return set_up(sqlite_office)


@pytest.fixture
def any_firm(office):
    """The same in each kind of database: for what the queries do."""
    return set_up(office)


def several(firm, **changes):
    """A service with backfill whose four past periods and current one are all asked for on 25 January."""
    sign(firm, services=[served(first_due_on="2026-09-30", backfill="true") | changes])
    return firm.night(date(2027, 1, 25))


PERIODS = ["30 septembre 2026", "30 octobre 2026", "30 novembre 2026", "30 décembre 2026", "30 janvier 2027"]


def the_mail(firm):
    """The text of the one mail that left."""
    (path,) = firm.mails()
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return mail.get_body(("plain",)).get_content()


def test_p4_requests_of_several_past_periods_reach_the_client_in_one_mail(any_firm):
    firm = any_firm
    figures = several(firm).to_json()["messages"]
    assert figures == {
        "created": 5,
        "due": 5,
        "sent": 1,
        "merged": 4,
        "held": 0,
        "deferred": 0,
        "crossed": 0,
        "dropped": {},
    }
    text = the_mail(firm)
    assert re.findall(r"\d+ \w+ 202\d", text) == PERIODS
    assert [text.count(said) for said in ("Bonjour", "Relevés bancaires", "Factures de vente")] == [1, 5, 5]
    assert {t["status"] for t in firm.tasks()} == {"waiting_on_client"}
    assert [m["status"] for m in firm.messages()] == ["sent"] * 5


def test_p4_what_one_mail_carried_is_not_asked_again(any_firm):
    firm = any_firm
    several(firm)
    nights(firm, date(2027, 1, 26), date(2027, 1, 28))
    assert firm.night(date(2027, 1, 29)).to_json()["messages"]["dropped"] == {}
    assert len(firm.mails()) == 1


def test_p4_a_task_that_is_closed_meanwhile_is_not_in_the_mail(any_firm):
    firm = any_firm
    sign(firm, services=[served(first_due_on="2026-09-30", backfill="true")])
    firm.night(date(2027, 1, 25), delivers=False)
    last = firm.tasks()[-1]
    assert last["due_on"] == "2027-01-30"
    close_task(firm.store, last["task_id"], "done", date(2027, 1, 25))
    firm.night(date(2027, 1, 26))
    assert re.findall(r"\d+ \w+ 202\d", the_mail(firm)) == PERIODS[:-1]
    firm.night(date(2027, 1, 27))
    assert len(firm.mails()) == 1


def test_p4_requests_of_several_periods_wait_together_for_an_address(any_firm):
    firm = any_firm
    firm.take("relations", company("R1", email=""), company("R2"), on=NEW_YEAR)
    assert several(firm).dropped == {"no_email": 5}
    firm.take("relations", company("R1"), company("R2"), on=NEW_YEAR)
    assert firm.night(date(2027, 1, 26)).dropped == {}
    assert len(firm.mails()) == 1


def test_p5_requests_of_periods_to_come_leave_each_by_itself(firm):
    ahead = [{"key": "returns", "anchor": "mission", "plan_before_days": 70}]
    firm.define("vat", subtasks=[REQUEST | {"send": {"from": "creation"}}, FILE], schedules=ahead)
    sign(firm)
    firm.night(date(2027, 1, 20))
    assert len(firm.mails()) == 3


def test_p4_backfill_asked_for_later_makes_the_past_and_doubles_nothing(any_firm):
    firm = any_firm
    sign(firm, services=[served(first_due_on="2026-11-30")])
    firm.night(date(2027, 1, 25), delivers=False)
    firm.take("mission_services", served(first_due_on="2026-11-30", backfill="yes"), on=date(2027, 1, 26))
    firm.night(date(2027, 1, 26), delivers=False)
    assert due_days(firm) == ["2026-11-30", "2026-12-30", "2027-01-30"]


def test_p4_what_was_due_before_it_was_signed_is_made_only_with_backfill(firm):
    past = served(first_due_on="2026-09-30")
    sign(firm, [mission(), mission("M2", "R2")], [past, past | {"mission_id": "M2", "backfill": "true"}])
    firm.night(date(2027, 1, 25), delivers=False)
    assert due_days(firm, mission_id="M1") == ["2027-01-30"]
    assert due_days(firm, mission_id="M2") == ["2026-09-30", "2026-10-30", "2026-11-30", "2026-12-30", "2027-01-30"]
