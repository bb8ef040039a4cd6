"""Missions and their services, from the file or the command to the task and the client's mail (P4, seed 003)."""

import email
import email.policy
import json
import re
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from factories import relation, write_csv
from flows.cli import relance
from sql import schema
from tasks.planning.close import close_task

NEW_YEAR = date(2027, 1, 1)
REQUEST = {
    "key": "documents",
    "kind": "request",
    "label": "Merci de déposer vos éléments du mois",
    "message": "request_documents",
    "items": [{"key": "bank", "label": "Relevés bancaires"}, {"key": "sales", "label": "Factures de vente"}],
    "send": {"from": "start", "offset_days": 1},
    "on_sent": "waiting_on_client",
}
FILE = {"key": "file", "kind": "action", "label": "Déposer la déclaration"}


def company(relation_id, **changes):
    return relation(relation_id, type="company", name=f"Société {relation_id}") | changes


def mission(mission_id="M1", relation_id="R1", **changes):
    dates = {"start_on": "2027-01-01", "end_on": ""}
    return (
        {"mission_id": mission_id, "relation_id": relation_id, "name": "Exercice 2027", "status": "signed"}
        | dates
        | changes
    )


def served(mission_id="M1", template="vat", **changes):
    rhythm = {"frequency": "monthly", "first_due_on": "2027-01-30", "quantity": "", "backfill": ""}
    return {"mission_id": mission_id, "template": template} | rhythm | changes


def set_up(office):
    office.define("vat", subtasks=[REQUEST, FILE])
    office.take("relations", company("R1"), company("R2"), on=NEW_YEAR)
    return office


@pytest.fixture
def firm(sqlite_office):
    """Two companies and a VAT template, in the embedded database."""
    return set_up(sqlite_office)


@pytest.fixture
def any_firm(office):
    """The same in each kind of database: for what the queries do."""
    return set_up(office)


def sign(firm, missions=None, services=None, on=NEW_YEAR):
    firm.take("missions", *(missions or [mission()]), on=on)
    firm.take("mission_services", *(services or [served()]), on=on)


def due_days(firm, **filters):
    return [task["due_on"] for task in firm.tasks(**filters)]


def nights(firm, first, last):
    for n in range((last - first).days + 1):
        firm.night(first + timedelta(days=n), delivers=False)


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


def test_p4_what_was_due_before_it_was_signed_is_made_only_with_backfill(firm):
    past = served(first_due_on="2026-09-30")
    sign(firm, [mission(), mission("M2", "R2")], [past, past | {"mission_id": "M2", "backfill": "true"}])
    firm.night(date(2027, 1, 25), delivers=False)
    assert due_days(firm, mission_id="M1") == ["2027-01-30"]
    assert due_days(firm, mission_id="M2") == ["2026-09-30", "2026-10-30", "2026-11-30", "2026-12-30", "2027-01-30"]


def test_t5_a_due_date_on_the_saturday_of_signature_is_made_a_day_early(firm):
    firm.define("vat", schedules=[{"key": "returns", "anchor": "mission", "adjust": "previous"}])
    sign(firm, services=[served(first_due_on="2026-12-30")], on=date(2027, 1, 30))
    firm.night(date(2027, 1, 30), delivers=False)
    assert due_days(firm) == ["2027-01-29"]


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


def test_a_service_without_any_date_is_something_to_mend(firm):
    sign(firm, [mission(start_on="")], [served(first_due_on="")])
    figures = firm.night(date(2027, 1, 15), delivers=False)
    assert (figures.skipped, figures.blocked) == ({"missing_field": 1}, 1)


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


def test_t2_a_weekly_service_of_a_months_last_day_is_set_aside_at_import(firm):
    firm.define("vat", schedules=[{"key": "returns", "anchor": "mission", "month_end": "last_day"}])
    sign(firm, services=[served(frequency="weekly")])
    (out,) = firm.store.read("open_quarantine").to_dict("records")
    assert (out["column_name"], "in months or years" in out["problem"]) == ("frequency", True)
