"""Missions by command, for one or many (P4, seed 003)."""

import json
from datetime import date

import pytest
from click.testing import CliRunner
from missions import due_days, mission, served, set_up, sign
from sqlalchemy import select

from factories import write_csv
from flows.cli import relance
from sql import schema


@pytest.fixture
def firm(sqlite_office):
    """Two companies and a VAT template, in the embedded database."""
    return set_up(sqlite_office)


@pytest.fixture
def any_firm(office):
    """The same in each kind of database: for what the queries do."""
    return set_up(office)


def desk_of(firm, monkeypatch):
    monkeypatch.setenv("RELANCE_HOME", str(firm.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", firm.settings.database_url.get_secret_value())

    def call(words, expect=0):
        result = CliRunner().invoke(relance, words.split(), catch_exceptions=False)
        assert result.exit_code == expect, result.output
        return result.output

    return call


@pytest.fixture
def desk(firm, monkeypatch):
    """The command line on that firm."""
    return desk_of(firm, monkeypatch)


def test_a_firm_without_an_export_makes_signs_and_ends_missions_for_many_at_once(any_firm, monkeypatch):
    firm, desk = any_firm, desk_of(any_firm, monkeypatch)
    day = "--as-of 2027-01-01"
    assert "2 missions made" in desk(f"mission add exercice-2027 --types company --start 2027-01-01 {day}")
    attached = "mission attach vat --name exercice-2027 --frequency monthly --first-due 2027-01-30"
    assert "attached to 2 missions" in desk(f"{attached} {day}")
    assert "attached to 0 missions, changed for 0, as it was for 2" in desk(f"{attached} {day}")
    assert "2 missions signed" in desk(f"mission sign --name exercice-2027 {day}")
    firm.night(date(2027, 1, 20), delivers=False)
    assert {t["mission_id"] for t in firm.tasks()} == {"exercice-2027-R1", "exercice-2027-R2"}
    desk("mission end exercice-2027-R1 --on 2027-02-28 --as-of 2027-01-21")
    firm.night(date(2027, 4, 1), delivers=False)
    assert due_days(firm, mission_id="exercice-2027-R1") == ["2027-01-30", "2027-02-28"]
    assert due_days(firm, mission_id="exercice-2027-R2") == ["2027-01-30", "2027-02-28", "2027-03-30"]
    listed = desk("mission list --relations R1")
    assert "exercice-2027-R1" in listed
    assert "vat monthly" in listed
    assert "exercice-2027-R2" not in listed
    (mission,) = json.loads(desk("mission list --relations R2 --json"))
    (service,) = mission["services"]
    assert (service["template"], service["frequency"], service["label"]) == ("vat", "monthly", "Template vat")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("mission add x", 2, "Say for whom"),
        ("mission sign", 2, "Say which"),
        ("mission sign M9", 1, "There is no mission M9"),
        ("mission attach vta M1", 1, "M1/vta: there is no such template in templates/."),
        ("mission attach vat M1 --frequency monthyl", 1, "M1/vat: the frequency is none of"),
        ("mission end M1 --on 2026-01-01", 1, "These start after 2026-01-01: M1"),
        ("mission add x --relations R1,R9", 1, "Unknown relations, left out: R9"),
        ("assign vat/returns", 2, "vat/returns goes by missions"),
    ],
)
def test_a_slip_at_the_desk_is_answered_in_words_and_changes_nothing_else(firm, desk, words, code, says):
    sign(firm)
    assert says in desk(words, expect=code)


def test_an_ended_mission_is_not_signed_again(firm, desk):
    sign(firm)
    desk("mission end M1 --on 2027-01-05 --as-of 2027-01-10")
    assert "Ended missions cannot be signed: M1" in desk("mission sign M1", expect=1)
    assert firm.night(date(2027, 1, 20), delivers=False).skipped == {"after_end": 1}


def test_signing_twice_changes_nothing(firm, desk):
    sign(firm, [mission(status="draft")])
    assert "1 missions signed; 0 were so already" in desk("mission sign M1 --as-of 2027-01-02")
    assert "0 missions signed; 1 were so already" in desk("mission sign M1 --as-of 2027-01-09")
    with firm.store.begin() as connection:
        assert connection.execute(select(schema.mission_services.c.signed_seen_on)).scalar_one() == date(2027, 1, 2)


def test_explain_tells_each_services_last_task_and_next_date_and_a_template_that_is_gone(firm, desk):
    firm.define("payroll")
    sign(firm, services=[served(), served(template="payroll", first_due_on="2027-06-30")])
    firm.night(date(2027, 1, 20), delivers=False)
    verdicts = json.loads(desk("explain R1 --as-of 2027-01-21 --json"))
    told = [(v["template"], v["mission_id"], v["due_on"], v["outcome"], v["reason"]) for v in verdicts]
    assert told[1:] == [
        ("payroll", "M1", "2027-06-30", "waiting", "not_yet"),
        ("vat", "M1", "2027-01-30", "created", "already_created"),
        ("vat", "M1", "2027-02-28", "waiting", "not_yet"),
    ]
    (firm.settings.home / "templates" / "payroll.yaml").unlink()
    assert "M1: no schedule of a template payroll goes by missions any more." in desk("explain R1")


def test_p4_the_day_of_a_signature_is_its_as_of(any_firm, monkeypatch):
    firm, desk = any_firm, desk_of(any_firm, monkeypatch)
    firm.take("missions", mission(status="draft"), on=date(2027, 6, 10))
    firm.take("mission_services", served(), on=date(2027, 6, 10))
    desk("mission sign M1 --as-of 2027-03-01")
    firm.night(date(2027, 6, 11), delivers=False)
    assert due_days(firm) == ["2027-03-30", "2027-04-30", "2027-05-30"]


def test_p4_the_day_of_an_import_is_its_as_of(any_firm, monkeypatch, tmp_path):
    firm, desk = any_firm, desk_of(any_firm, monkeypatch)
    for kind, row in (("missions", mission()), ("mission_services", served())):
        desk(f"import {kind} {write_csv(tmp_path / f'{kind}.csv', [row])} --as-of 2027-03-01")
    firm.night(date(2027, 6, 11), delivers=False)
    assert due_days(firm) == ["2027-03-30", "2027-04-30", "2027-05-30"]
