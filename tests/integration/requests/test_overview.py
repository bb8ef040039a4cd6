"""What an open request waits for and when it is reminded of: in explain, in the report and in a rehearsal."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from factories import TUESDAY, relation
from flows.cli import relance
from flows.jobs.requests import take_answer, take_promise
from tasks.requests.answers import Answer
from tasks.requests.overview import count_requests, list_requests
from tasks.requests.pauses import pause_relation

ITEMS = [
    {"key": "kms", "label": "Kilomètres", "type": "number"},
    {"key": "iban", "label": "IBAN", "type": "text", "review": "owner"},
]
ASK = {
    "key": "documents",
    "kind": "request",
    "message": "request_documents",
    "items": ITEMS,
    "send": {"from": "creation"},
    "reminders": {"every_days": 3, "max": 2},
}
FRIDAY = TUESDAY + timedelta(days=3)


def set_up(office):
    schedule = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
    office.define("month", subtasks=[ASK], schedules=[schedule])
    office.bring(relation("R1"))
    office.assign("month/monthly", "R1", since=TUESDAY)
    office.night(TUESDAY)
    return office


@pytest.fixture
def asked(sqlite_office):
    return set_up(sqlite_office)


@pytest.fixture
def any_asked(office):
    return set_up(office)


def waits(office, as_of=TUESDAY):
    (row,) = list_requests(office.store, "R1", office.settings.quiet, as_of)
    return row["waits_for"], row["next_reminder_on"], row["reminder"], row["reason"]


def test_the_next_reminder_has_its_day_and_its_number(any_asked):
    assert waits(any_asked) == ("client", "2026-11-27", "1 of 2", None)
    any_asked.night(FRIDAY)
    assert waits(any_asked, FRIDAY) == ("client", "2026-11-30", "2 of 2", None)
    any_asked.night(FRIDAY + timedelta(days=3))
    assert waits(any_asked, FRIDAY) == ("nobody", None, None, None)
    assert count_requests(any_asked.store, FRIDAY) == {"waiting": 0, "to_review": 0, "exhausted": 1, "reminders": 1}


def test_why_it_comes_later_is_said(asked):
    for item in ("kms", "iban"):
        take_promise(asked.store, 1, step="documents", item=item, promised_on=date(2026, 12, 3), as_of=TUESDAY)
    assert waits(asked) == ("client", "2026-12-04", "1 of 2", "promised")
    pause_relation(asked.store, "R1", date(2026, 12, 11), TUESDAY)
    assert waits(asked) == ("client", "2026-12-14", "1 of 2", "paused"), "a Monday"
    pause_relation(asked.store, "R1", None, TUESDAY)
    assert waits(asked) == ("client", None, "1 of 2", "paused")


def test_what_waits_for_a_review_is_told_from_what_waits_for_the_client(asked):
    take_answer(asked.settings, asked.store, Answer(1, "documents", "kms", TUESDAY, "1"))
    assert waits(asked)[0] == "client"
    take_answer(asked.settings, asked.store, Answer(1, "documents", "iban", TUESDAY, "x"))
    assert waits(asked) == ("review", None, None, None)
    assert count_requests(asked.store, TUESDAY)["to_review"] == 1


def test_explain_shows_the_requests_of_each_task(asked, monkeypatch):
    monkeypatch.setenv("RELANCE_HOME", str(asked.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", asked.settings.database_url.get_secret_value())
    said = CliRunner().invoke(relance, ["explain", "R1", "--as-of", "2026-11-24"], catch_exceptions=False)
    assert "2026-11-27" in said.stdout
    assert "1 of 2" in said.stdout
    data = CliRunner().invoke(relance, ["explain", "R1", "--as-of", "2026-11-24", "--json"], catch_exceptions=False)
    found = [(row["template"], r["step"], r["waits_for"]) for row in json.loads(data.stdout) for r in row["requests"]]
    assert found == [("month", "documents", "client")]


def test_a_rehearsal_shows_the_reminder_that_the_night_sends_and_changes_nothing(asked):
    rehearsed = asked.night(FRIDAY, is_rehearsal=True).to_json()
    assert [m["sequence"] for m in rehearsed["mails"]] == [1]
    assert [m["sequence"] for m in asked.messages()] == [0]
    real = asked.night(FRIDAY).to_json()
    assert rehearsed["messages"] == real["messages"]


def test_the_report_counts_what_waits(asked):
    page = Path(asked.night(FRIDAY, reports=True).report).read_text(encoding="utf-8")
    assert "demandes en attente du client" in page
    assert "relances aujourd" in page
