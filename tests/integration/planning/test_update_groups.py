"""Update groups: which dossiers a night opens, and what each asks (U1–U3)."""

from datetime import date

import pytest
from click.testing import CliRunner
from groups import LAST_YEAR, NEW_YEAR, asked, define_group

from factories import Office, relation
from flows.cli import relance
from flows.jobs.requests import take_answer
from tasks.planning.explain import explain
from tasks.reporting.dossiers import updates_of
from tasks.requests.answers import Answer


def test_u2_a_dossier_each_period_asks_the_fields_that_have_a_value(office: Office):
    define_group(office)
    office.bring(
        relation("R1", proof_of_address="bail.pdf", turnover="10000"),
        relation("R2", turnover="20000"),
        relation("R3"),
        relation("R4", type="company", turnover="1"),
        relation("R5", status="prospect", turnover="1"),
        on=LAST_YEAR,
    )
    night = office.night(NEW_YEAR)
    assert asked(office) == [("R1", "2026-01-01", "proof_of_address turnover"), ("R2", "2026-01-01", "turnover")]
    assert night.created == 2
    assert night.blocked == 0  # an empty field is never asked, and is no fault of the data
    task = office.tasks(template="papers")[0]
    assert (task["planned_on"], task["due_on"]) == ("2026-01-01", "2026-02-01")  # U6: its last day
    assert [(m["relation_id"], m["subtask"]) for m in office.messages()] == [("R1", "update"), ("R2", "update")]
    assert office.night(NEW_YEAR).created == 0
    office.night(date(2026, 4, 1))
    assert len(asked(office)) == 4


def test_u3_own_dates_and_expiry_dates_come_before_the_groups(office: Office):
    define_group(office)
    rows = ("R1", "R2", "R3", "R4")
    office.bring(*(relation(r, proof_of_address="bail.pdf", turnover="10") for r in rows), on=LAST_YEAR)
    dates = [
        {"relation_id": "R1", "field": "turnover", "next_update_on": "2026-02-10", "frequency": "yearly"},
        {"relation_id": "R2", "field": "turnover", "frequency": "monthly"},
        {"relation_id": "R3", "field": "proof_of_address", "expires_on": "2026-02-20"},
        {"relation_id": "R4", "field": "turnover", "frequency": "none"},
    ]
    assert office.take("field_dates", *dates, on=LAST_YEAR).admission.changed == 4
    for day in (NEW_YEAR, date(2026, 2, 1), date(2026, 2, 10), date(2026, 2, 20), date(2026, 3, 1)):
        office.night(day)
    whole = "proof_of_address turnover"
    assert sorted(asked(office)) == [
        ("R1", "2026-01-01", "proof_of_address"),
        ("R1", "2026-02-10", "turnover"),
        ("R2", "2026-01-01", whole),
        ("R2", "2026-02-01", "turnover"),
        ("R2", "2026-03-01", "turnover"),
        ("R3", "2026-01-01", whole),
        ("R3", "2026-02-20", "proof_of_address"),
        ("R4", "2026-01-01", "proof_of_address"),
    ]


def test_u3_what_was_updated_lately_is_left_out_of_the_date(office: Office):
    define_group(office)
    office.bring(relation("R1", proof_of_address="bail.pdf", turnover="10"), on=LAST_YEAR)
    office.bring(relation("R1", proof_of_address="bail.pdf", turnover="11"), on=date(2025, 12, 20))
    office.bring(relation("R2", turnover="11"), on=date(2025, 12, 20), file="more.csv")
    night = office.night(NEW_YEAR)
    assert asked(office) == [("R1", "2026-01-01", "proof_of_address")]
    assert night.skipped["already_fresh"] == 1
    assert office.night(date(2026, 1, 25)).created == 0  # nor later, for that date


def test_p6_after_missed_nights_the_latest_date_counts_unless_it_is_over(office: Office):
    define_group(office)
    office.bring(relation("R1", turnover="10"), on=LAST_YEAR)
    office.night(date(2026, 3, 15))  # January's dossier would have been removed by now
    assert asked(office) == []
    office.night(date(2026, 7, 20))
    office.night(date(2026, 7, 21))
    assert asked(office) == [("R1", "2026-07-01", "turnover")]
    assert office.tasks(template="papers")[0]["due_on"] == "2026-08-20"  # counted from its opening


def test_p2_a_group_that_is_edited_doubles_nothing(office: Office):
    define_group(office, frequency="semiannual")
    office.bring(relation("R1", proof_of_address="bail.pdf", turnover="10"), on=LAST_YEAR)
    office.night(NEW_YEAR)
    fields = [{"field": name, "label": name, "type": "text"} for name in ("proof_of_address", "turnover", "email_2")]
    office.bring(relation("R1", proof_of_address="bail.pdf", turnover="10", email_2="x"), on=LAST_YEAR)
    define_group(office, frequency="quarterly", fields=fields)
    office.night(date(2026, 1, 2))
    assert asked(office) == [("R1", "2026-01-01", "proof_of_address turnover")]  # a new field waits for the next date
    office.night(date(2026, 4, 1))
    assert asked(office)[1:] == [("R1", "2026-04-01", "proof_of_address turnover email_2")]


def test_a_group_of_companies_asks_their_persons_each_for_himself(office: Office):
    define_group(office, **{"for": "company"})
    company = {"type": "company", "turnover": "10"}
    office.bring(
        relation("C1", **company),
        relation("C2", **company | {"status": "former"}),
        relation("P1", company_id="C1", proof_of_address="x"),
        relation("P2", company_id="C2", proof_of_address="x"),
        relation("P3", proof_of_address="x"),
        on=LAST_YEAR,
    )
    assert office.night(NEW_YEAR).skipped["wrong_type"] == 1
    assert asked(office) == [("C1", "2026-01-01", "turnover"), ("P1", "2026-01-01", "proof_of_address")]
    assert {mail["relation_id"] for mail in office.messages()} == {"C1", "P1"}


def test_relations_that_come_later_or_go_are_asked_while_they_are_clients(office: Office):
    define_group(office)
    office.bring(relation("R1", turnover="10"), on=LAST_YEAR)
    office.night(NEW_YEAR)
    office.bring(relation("R1", turnover="10", status="former"), on=date(2026, 2, 1))
    office.bring(relation("R2", turnover="10"), on=date(2026, 2, 1), file="more.csv")
    office.night(date(2026, 2, 10))
    office.night(date(2026, 4, 1))
    assert asked(office) == [("R1", "2026-01-01", "turnover"), ("R2", "2026-04-01", "turnover")]


def test_explain_says_for_each_field_when_it_is_asked(office: Office, monkeypatch: pytest.MonkeyPatch):
    define_group(office)
    office.bring(relation("R1", turnover="10"), on=LAST_YEAR)
    rows = [row for row in explain(office.settings, office.store, "R1", NEW_YEAR) if row["template"] == "papers"]
    assert [(row["field"], row["outcome"], row["reason"], row["anchor_on"]) for row in rows] == [
        ("proof_of_address", "skipped", "missing_field", None),
        ("turnover", "due", None, "2026-01-01"),
    ]
    monkeypatch.setenv("RELANCE_DATABASE_URL", office.settings.database_url.get_secret_value())
    told = CliRunner().invoke(relance, ["explain", "R1", "--as-of", "2026-01-01", "--home", str(office.settings.home)])
    assert "papers/update turnover" in told.stdout
    office.night(NEW_YEAR)
    rows = [
        row for row in explain(office.settings, office.store, "R1", date(2026, 1, 2)) if row.get("field") == "turnover"
    ]
    assert [(row["outcome"], row["anchor_on"]) for row in rows] == [("waiting", "2026-04-01")]


def test_the_report_has_a_line_for_each_date_of_a_group(office: Office):
    define_group(office)
    office.bring(*(relation(name, proof_of_address="x", turnover="10") for name in ("R1", "R2")), on=LAST_YEAR)
    office.night(NEW_YEAR)
    answer = Answer(office.tasks(template="papers")[0]["task_id"], "update", "turnover", NEW_YEAR, value="11")
    take_answer(office.settings, office.store, answer)
    (line,) = updates_of(office.store, NEW_YEAR)
    figures = ("dossiers", "asked", "answered", "unanswered", "expired")
    assert [line[name] for name in figures] == [2, 4, 1, 3, 0]
    office.night(date(2026, 2, 2), reports=True)
    (line,) = updates_of(office.store, date(2026, 2, 2))
    assert [line[name] for name in figures] == [2, 4, 1, 0, 3]
    page = (office.settings.reports / "report-2026-02-02.html").read_text(encoding="utf-8")
    assert "Groupes de mise à jour" in page
