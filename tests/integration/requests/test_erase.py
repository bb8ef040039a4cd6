"""Erasure: what a client may have erased goes, what the law has the firm keep is listed with its date (U6)."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from groups import NEW_YEAR, define_group
from sqlalchemy import select

from factories import Office, relation
from flows.cli import relance
from flows.jobs.requests import take_answer
from sql import schema
from tasks.domain.dates.retention import kept_until
from tasks.reporting.dossiers import past_retention
from tasks.requests.answers import Answer
from tasks.requests.documents import list_documents
from tasks.requests.dossiers import list_dossiers
from tasks.requests.erase import Erased, erase_relation
from tasks.requests.fields import FieldError, list_fields
from tasks.requests.proof import read_proof

NOW = datetime(2026, 1, 10, tzinfo=UTC)
LAST_YEAR = date(2025, 6, 1)
WHOLE = {"proof_of_address": "old.pdf", "turnover": "10"}


@pytest.fixture
def answered(office: Office) -> Office:
    define_group(office)
    office.bring(relation("R1", **WHOLE), relation("R2", **WHOLE), on=LAST_YEAR)
    office.night(NEW_YEAR)
    for task in office.tasks(template="papers"):
        file = office.settings.home / "bail.pdf"
        file.write_bytes(str(task["task_id"]).encode())
        answer = Answer(task["task_id"], "update", "proof_of_address", NEW_YEAR, expires_on="2027-01-31")
        take_answer(office.settings, office.store, answer, [file])
    return office


def erase(office: Office, relation_id: str, as_of: date) -> Erased:
    return erase_relation(office.store, office.settings.documents, relation_id, years=5, as_of=as_of, now=NOW)


def test_what_the_law_has_the_firm_keep_is_listed(answered: Office):
    found = erase(answered, "R1", NEW_YEAR)
    assert found.tasks == 1
    assert {row["relation_id"] for row in list_dossiers(answered.store)} == {"R2"}
    assert [(kept["what"], kept["name"], kept["until"]) for kept in found.kept] == [
        ("document", "bail.pdf", None),
        ("field", "id_card", None),
        ("field", "proof_of_address", None),
        ("field", "turnover", None),
        ("relation", "R1", None),
    ]
    assert len(list_documents(answered.store, "R1", answered.settings.documents)) == 1
    assert answered.tasks(template="papers", relation_id="R2")[0]["status"] == "open"
    proof = read_proof(answered.store, answered.tasks(template="papers", relation_id="R1")[0]["task_id"])
    assert proof["documents"][0]["sha256"]
    assert [event["detail"] for event in proof["events"] if event["kind"] == "removed"] == [{"outcome": "erased"}]


def test_after_the_time_of_the_law_everything_goes(answered: Office):
    answered.bring(relation("R1", **WHOLE, status="former"), on=date(2026, 2, 1))
    answered.night(date(2026, 2, 2))
    kept = erase(answered, "R1", date(2026, 2, 3)).kept
    assert {line["until"] for line in kept if line["what"] == "document"} == {"2031-02-02"}
    path = Path(list_documents(answered.store, "R1", answered.settings.documents)[0]["path"])
    assert past_retention(answered.store, 5, date(2031, 2, 2)) == []
    (listed,) = past_retention(answered.store, 5, date(2031, 2, 3))
    assert (listed["relation_id"], listed["kept_until"], listed["documents"]) == ("R1", date(2031, 2, 2), 1)
    answered.night(date(2031, 2, 3), reports=True)
    page = (answered.settings.reports / "report-2031-02-03.html").read_text(encoding="utf-8")
    assert "Documents à supprimer" in page
    assert erase(answered, "R1", date(2031, 2, 2)).documents == 0  # the last day of the five years is included
    found = erase(answered, "R1", date(2031, 2, 3))
    assert (found.documents, found.kept) == (1, [])
    assert not path.exists()
    assert past_retention(answered.store, 5, date(2031, 2, 3)) == []
    assert list_fields(answered.store, [], "R1") == []
    assert len(list_fields(answered.store, [], "R2")) == 3


def test_no_text_of_a_mail_is_left_and_nothing_more_is_sent(answered: Office):
    erase(answered, "R1", NEW_YEAR)
    with answered.store.begin(only_reads=True) as connection:
        m = schema.messages.c
        rows = connection.execute(select(m.status, m.body_text, m.subject).where(m.recipient_id == "R1")).all()
    assert rows
    assert all(row.status == "cancelled" and not row.body_text and not row.subject for row in rows)


def test_an_unknown_relation_is_said_to_be(answered: Office):
    with pytest.raises(FieldError, match="There is no relation 'R9'"):
        erase(answered, "R9", NEW_YEAR)


def test_a_leap_day_some_years_later_is_the_last_of_february():
    assert kept_until(date(2024, 2, 29), 5) == date(2029, 2, 28)


def test_the_command_says_what_went_and_what_stays(answered: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RELANCE_HOME", str(answered.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", answered.settings.database_url.get_secret_value())
    told = CliRunner().invoke(relance, ["erase", "R1", "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["tasks"] == 1
    assert CliRunner().invoke(relance, ["erase", "R9"]).exit_code == 1
