"""Answers by hand: typed, written to the profile, kept with their files; what is no answer changes nothing (A3, D6)."""

import json
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from factories import TUESDAY, relation
from flows.cli import relance
from flows.jobs.requests import accept_answers, return_answer, take_answer
from sql import schema
from tasks.domain.requests.values import AnswerError
from tasks.requests.answers import Answer

ITEMS = [
    {
        "key": "card",
        "label": "Carte",
        "type": "document",
        "field": "id_card",
        "expires": "ask",
        "accept": ["pdf", "jpeg"],
    },
    {"key": "bank", "label": "Relevés", "type": "document", "min_files": 2, "max_files": 2},
    {"key": "kms", "label": "Kilomètres", "type": "number", "field": "annual_km"},
    {"key": "iban", "label": "IBAN", "type": "text", "check": "iban", "field": "iban"},
    {"key": "regime", "label": "Régime", "type": "choice", "options": ["réel", "micro"]},
]
ASK = {
    "key": "documents",
    "kind": "request",
    "message": "request_documents",
    "items": ITEMS,
    "send": {"from": "creation"},
    "on_complete": "ready",
}
IBAN = "FR7630006000011234567890189"


def set_up(office):
    schedule = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
    office.define("month", subtasks=[ASK], schedules=[schedule])
    office.bring(relation("R1", "2026-12-01", annual_km="900"))
    office.assign("month/monthly", "R1", since=TUESDAY)
    office.night(TUESDAY)
    return office


@pytest.fixture
def asked(sqlite_office):
    return set_up(sqlite_office)


@pytest.fixture
def any_asked(office):
    return set_up(office)


def give(office, item, value=None, *files, on=TUESDAY, **others):
    return take_answer(office.settings, office.store, Answer(1, "documents", item, on, value, **others), files)


def items(office):
    return {i["key"]: i for i in office.tasks()[0]["subtasks"][0]["items"]}


def field(office, name):
    f = schema.relation_fields.c
    with office.store.begin() as connection:
        row = connection.execute(select(f.value, f.expires_on, f.source).where(f.field == name)).one_or_none()
    return None if row is None else tuple(row)


def file(office, name="scan.pdf", content=b"%PDF-1.7"):
    path = office.settings.home / name
    path.write_bytes(content)
    return path


def test_a3_an_answer_goes_to_the_profile_at_once_and_a_reviewed_one_when_it_is_accepted(any_asked):
    give(any_asked, "kms", "12 500")
    assert field(any_asked, "annual_km") == ("12500", None, "answer")
    give(any_asked, "iban", IBAN)
    assert field(any_asked, "iban") is None, "money goes there: a person accepts it first (D6)"
    accept_answers(any_asked.settings, any_asked.store, 1, step="documents", item="iban", as_of=TUESDAY)
    assert field(any_asked, "iban") == (IBAN, None, "answer")
    shown = items(any_asked)["kms"]
    assert (shown["status"], shown["value"], shown["source"], shown["answered_on"]) == (
        "received",
        "12500",
        "hand",
        "2026-11-24",
    )


def test_a3_the_last_answer_closes_request_and_task(any_asked):
    give(any_asked, "kms", "1")
    give(any_asked, "regime", "MICRO")
    give(any_asked, "iban", IBAN)
    give(any_asked, "bank", None, file(any_asked, "1.pdf", b"1"), file(any_asked, "2.pdf", b"2"))
    progress = give(any_asked, "card", None, file(any_asked), expires_on="31/12/2036")
    assert (progress.received, progress.total, progress.is_complete) == (5, 5, True)
    assert field(any_asked, "id_card")[1] == date(2036, 12, 31)
    assert any_asked.tasks()[0]["status"] == "ready"
    accept_answers(any_asked.settings, any_asked.store, 1, step="documents", item=None, as_of=TUESDAY)
    assert any_asked.tasks()[0]["status"] == "done"
    with pytest.raises(Exception, match="Task 1 is done already"):
        give(any_asked, "kms", "2")


def test_a_document_counts_with_its_last_file_and_the_same_file_is_one(asked):
    one = file(asked, "1.pdf", b"1")
    give(asked, "bank", None, one)
    give(asked, "bank", None, one)
    assert items(asked)["bank"]["status"] == "open"
    give(asked, "bank", None, file(asked, "2.pdf", b"2"))
    assert items(asked)["bank"]["status"] == "received"
    with pytest.raises(AnswerError, match="has 2 files already"):
        give(asked, "bank", None, file(asked, "3.pdf", b"3"))


@pytest.mark.parametrize(
    ("item", "value", "names", "others", "says"),
    [
        ("nothing", "1", [], {}, "has no item 'nothing'; it has card, bank, kms, iban, regime"),
        ("kms", "many", [], {}, "Item kms of request documents, task 1: 'many' is not a number"),
        ("kms", None, [], {}, "give the answer"),
        ("kms", None, ["a.pdf"], {}, "asks for a number, not for a file"),
        ("kms", "1", [], {"expires_on": "2036-01-01"}, "no expiry date is asked for it"),
        ("iban", "FR7630006000011234567890188", [], {}, "is not a valid IBAN"),
        ("regime", "autre", [], {}, "not one of the options: réel, micro"),
        ("card", None, ["a.pdf"], {}, "its expiry date is asked, too"),
        ("card", None, ["a.pdf"], {"expires_on": "31/02/2036"}, "is not a valid date"),
        ("card", None, ["a.exe"], {"expires_on": "2036-01-01"}, "it takes pdf, jpeg; a.exe is another"),
        ("card", None, ["empty.pdf"], {"expires_on": "2036-01-01"}, "empty.pdf is empty"),
        ("card", "2036-01-01", [], {}, "a document is asked for: give a file"),
        ("bank", "yes", [], {}, "a document is asked for: give a file"),
        ("kms", None, [], {"not_applicable": " "}, "say why it does not apply"),
    ],
)
def test_what_is_no_answer_is_refused_in_words_and_changes_nothing(asked, item, value, names, others, says):
    files = [file(asked, name, b"" if name.startswith("empty") else b"x") for name in names]
    before = items(asked)
    with pytest.raises(AnswerError, match=says):
        give(asked, item, value, *files, **others)
    assert items(asked) == before
    with asked.store.begin() as connection:
        assert connection.execute(select(schema.documents)).all() == []


def test_a_missing_file_a_folder_and_an_unknown_request_are_named(asked):
    for path in (asked.settings.home / "none.pdf", asked.settings.home):
        with pytest.raises(AnswerError, match="there is no file"):
            give(asked, "card", None, path, expires_on="2036-01-01")
    with pytest.raises(AnswerError, match="no request 'papers' with items; it has documents"):
        take_answer(asked.settings, asked.store, Answer(1, "papers", "kms", TUESDAY, "1"))


def test_r7_what_does_not_concern_the_client_is_closed_with_a_reason_and_may_be_returned(asked):
    give(asked, "kms", not_applicable="Pas de voiture")
    assert (items(asked)["kms"]["status"], items(asked)["kms"]["note"]) == ("not_applicable", "Pas de voiture")
    assert field(asked, "annual_km")[0] == "900"
    return_answer(asked.settings, asked.store, 1, step="documents", item="kms", reason="Et le vélo ?", as_of=TUESDAY)
    assert items(asked)["kms"]["status"] == "returned"


def test_an_accepted_answer_is_not_overwritten_until_it_is_returned(asked):
    give(asked, "kms", "1")
    accept_answers(asked.settings, asked.store, 1, step="documents", item="kms", as_of=TUESDAY)
    with pytest.raises(AnswerError, match="is accepted already; return it first"):
        give(asked, "kms", "2")
    return_answer(asked.settings, asked.store, 1, step="documents", item="kms", reason="Faux", as_of=TUESDAY)
    give(asked, "kms", "2")
    assert field(asked, "annual_km")[0] == "2"


def test_d6_an_import_that_still_says_what_the_client_replaced_changes_nothing(any_asked):
    give(any_asked, "kms", "12500")
    any_asked.bring(relation("R1", "2026-12-01", annual_km="900"), on=date(2026, 11, 25))
    assert field(any_asked, "annual_km")[0] == "12500"
    any_asked.bring(relation("R1", "2026-12-01", annual_km="950"), on=date(2026, 11, 26))
    assert field(any_asked, "annual_km")[0] == "950", "the source knows something newer"
    any_asked.bring(relation("R1", "2026-12-01", annual_km="900"), on=date(2026, 11, 27))
    assert field(any_asked, "annual_km")[0] == "900", "and is no echo any more"


def test_a2_the_new_expiry_date_of_an_answer_closes_the_task_that_asked_for_the_card(asked):
    asked.put_on("R1")
    asked.night(date(2026, 11, 25))
    give(asked, "card", None, file(asked), expires_on="2036-12-01", on=date(2026, 11, 25))
    asked.night(date(2026, 11, 26))
    assert [t["status"] for t in asked.tasks(template="id-card")] == ["done"]


def test_the_commands_answer_accept_return_and_documents(asked, monkeypatch):
    monkeypatch.setenv("RELANCE_HOME", str(asked.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", asked.settings.database_url.get_secret_value())

    def call(*words, expect=0):
        result = CliRunner().invoke(relance, words, catch_exceptions=False)
        assert result.exit_code == expect, result.output
        return result

    day = ("--as-of", "2026-11-24")
    assert "1 of 5 received" in call("answer", "1", "documents", "kms", "12500", *day).stderr
    scan = str(file(asked, "carte d'identité.pdf"))
    call("answer", "1", "documents", "card", "2036-01-01", "--file", scan, *day)
    found = json.loads(call("documents", "R1", "--json").stdout)
    assert [(row["item"], row["name"], row["scan"], row["size"]) for row in found] == [
        ("card", "carte d'identité.pdf", "unscanned", 8)
    ]
    saved = asked.settings.home / "saved"
    assert "Saved 1 files" in call("documents", "R1", "--save", str(saved)).stderr
    assert [path.read_bytes() for path in saved.iterdir()] == [b"%PDF-1.7"]
    assert "Accepted: card, kms" in call("accept", "1", "documents", *day).stderr
    assert "is open again" in call("return", "1", "documents", "card", "--reason", "Le verso manque", *day).stderr
    assert (
        "there is nothing to return"
        in call("return", "1", "documents", "regime", "--reason", "x", *day, expect=1).stderr
    )
    assert "is not one of the options" in call("answer", "1", "documents", "regime", "x", expect=1).stderr
