"""Answers in a file: recorded like every other, quarantined in words, known again, and undone (A3, D6, Q1, Q4)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from factories import TUESDAY, relation
from flows.jobs.imports import run_undo
from flows.jobs.requests import return_answer
from sql import schema

ITEMS = [
    {"key": "kms", "label": "Kilomètres", "type": "number", "field": "annual_km"},
    {"key": "since", "label": "Depuis", "type": "date", "field": "since"},
    {"key": "iban", "label": "IBAN", "type": "text", "check": "iban"},
    {"key": "card", "label": "Carte", "type": "document", "field": "id_card", "expires": "ask", "accept": ["pdf"]},
]
ASK = {
    "key": "documents",
    "kind": "request",
    "message": "request_documents",
    "items": ITEMS,
    "send": {"from": "creation"},
    "reminders": {"every_days": 3, "max": 5},
    "on_sent": "waiting_on_client",
    "on_complete": "ready",
}
DAY = {"relation_id": "R1", "template": "month", "answered_on": "2026-11-24"}
GOOD = [
    DAY | {"item": "kms", "value": "12 500"},
    DAY | {"item": "since", "value": "01/02/2020"},
    DAY | {"item": "iban", "not_applicable": "Pas de compte"},
    DAY | {"item": "card", "value": "2036-12-31", "document": "card.pdf"},
]


def set_up(office):
    schedule = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "monthly"}
    office.define("month", subtasks=[ASK], schedules=[schedule])
    office.bring(relation("R1", "2026-12-01", annual_km="900"))
    office.assign("month/monthly", "R1", since=TUESDAY)
    office.night(TUESDAY)
    (office.settings.home / "card.pdf").write_bytes(b"%PDF-1.7 card")
    return office


@pytest.fixture
def asked(sqlite_office):
    return set_up(sqlite_office)


@pytest.fixture
def any_asked(office):
    return set_up(office)


def items(office, number=0):
    return {i["key"]: i["status"] for i in office.tasks()[number]["subtasks"][0]["items"]}


def fields(office):
    f = schema.relation_fields.c
    with office.store.begin() as connection:
        return sorted(tuple(r) for r in connection.execute(select(f.field, f.value, f.expires_on, f.source)))


def problems(office):
    q = schema.quarantine.c
    with office.store.begin() as connection:
        rows = connection.execute(select(q.source_row, q.column_name, q.problem).order_by(q.source_row))
        return [tuple(row) for row in rows]


def figures(report):
    a = report.admission
    assert a.read == a.new + a.changed + a.unchanged + a.quarantined, "Q1"
    return a.new, a.unchanged, a.quarantined


def test_a3_the_answers_of_a_file_close_their_task_and_go_to_the_profile(any_asked):
    assert figures(any_asked.take("answers", *GOOD, on=TUESDAY)) == (4, 0, 0)
    (task,) = any_asked.tasks()
    assert (task["status"], task["closed_by"]) == ("done", "steps")
    assert {i["source"] for i in task["subtasks"][0]["items"]} == {"import"}
    assert fields(any_asked) == [
        ("annual_km", "12500", None, "answer"),
        ("id_card", "card.pdf", date(2036, 12, 31), "answer"),
        ("since", "2020-02-01", None, "answer"),
    ]


def test_the_same_rows_again_change_nothing_and_never_answer_the_next_month(any_asked):
    any_asked.take("answers", *GOOD, on=TUESDAY)
    any_asked.night(date(2026, 12, 24))
    assert figures(any_asked.take("answers", *GOOD, on=date(2026, 12, 24))) == (0, 4, 0)
    assert set(items(any_asked, 1).values()) == {"open"}
    december = DAY | {"item": "kms", "value": "13000", "answered_on": "2026-12-24"}
    assert figures(any_asked.take("answers", *GOOD, december, on=date(2026, 12, 24))) == (1, 4, 0)
    assert items(any_asked, 1)["kms"] == "received"


def test_undo_reopens_what_the_import_closed_and_the_reminders_go_on(any_asked):
    before = fields(any_asked)
    done = any_asked.take("answers", *GOOD, on=TUESDAY)
    undone = run_undo(any_asked.settings, any_asked.store, done.admission.import_id)
    assert (undone.restored, undone.kept) == (4, 0)
    assert fields(any_asked) == before
    assert any_asked.tasks()[0]["status"] == "waiting_on_client"
    assert set(items(any_asked).values()) == {"open"}
    assert not list(any_asked.settings.documents.glob("*/*"))
    any_asked.night(TUESDAY + timedelta(days=3))
    assert [(m["sequence"], m["status"]) for m in any_asked.messages()] == [(0, "sent"), (1, "sent")]
    assert figures(any_asked.take("answers", *GOOD, on=TUESDAY + timedelta(days=3))) == (4, 0, 0)


def test_undo_keeps_what_was_answered_differently_since(asked):
    done = asked.take("answers", *GOOD[:2], on=TUESDAY)
    asked.take("answers", DAY | {"item": "kms", "value": "7", "answered_on": "2026-11-25"}, on=TUESDAY)
    undone = run_undo(asked.settings, asked.store, done.admission.import_id)
    assert (undone.restored, undone.kept) == (1, 1)
    assert (items(asked)["kms"], items(asked)["since"]) == ("received", "open")


def test_an_answer_that_was_returned_is_not_given_again_by_the_same_row(asked):
    asked.take("answers", GOOD[0], on=TUESDAY)
    return_answer(asked.settings, asked.store, 1, step="documents", item="kms", reason="Trop", as_of=TUESDAY)
    assert figures(asked.take("answers", GOOD[0], GOOD[1], on=TUESDAY)) == (1, 1, 0)
    assert items(asked)["kms"] == "returned"


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ({"relation_id": "R9", "item": "kms", "value": "1"}, "relation_id", "there is no such relation"),
        ({"template": "year", "item": "kms", "value": "1"}, "template", "no open task with a request"),
        ({"item": "size", "value": "1"}, "item", "no such item; it has documents kms, documents since"),
        ({"subtask": "papers", "item": "kms", "value": "1"}, "item", "no such item"),
        ({"value": "1"}, "item", "several items are meant"),
        ({"item": "kms", "value": "beaucoup"}, "value", "item kms: this is not a number"),
        ({"item": "kms"}, "value", "item kms: give the answer"),
        ({"item": "since", "value": "31/02/2026"}, "value", "item since: this is not a valid date"),
        ({"item": "iban", "value": "FR7630006000011234567890188"}, "value", "item iban: this is not a valid IBAN"),
        ({"item": "card", "value": "2036-01-01"}, "value", "a document is asked for: give a file"),
        ({"item": "card", "value": "2036-01-01", "document": "none.pdf"}, "value", "the document is not there"),
        ({"item": "card", "value": "2036-01-01", "document": "messages"}, "value", "the document is a folder"),
        ({"item": "card", "value": "2036-01-01", "document": "../home2/x.pdf"}, "value", "not in the folder"),
        ({"item": "card", "value": "2036-01-01", "document": "firm.yaml"}, "value", "it takes pdf"),
        ({"item": "kms", "value": "1", "document": "card.pdf"}, "value", "a number is asked for, not a file"),
        ({"item": "kms", "value": "1", "answered_on": "hier"}, "answered_on", "not a day written as"),
        ({"item": "kms", "value": "1", "answered_on": ""}, "answered_on", "the day of the answer is empty"),
    ],
)
def test_a_row_that_is_no_answer_is_set_aside_in_words_and_the_rest_goes_on(asked, row, column, says):
    report = asked.take("answers", DAY | row, GOOD[1], on=TUESDAY)
    assert figures(report) == (1, 0, 1)
    ((_, found, problem),) = problems(asked)
    assert (found, says in problem) == (column, True), problem
    assert "beaucoup" not in problem


def test_two_answers_for_one_item_are_told_apart_from_a_repeated_row(asked):
    rows = [GOOD[0], GOOD[0], DAY | {"item": "kms", "value": "13000"}, GOOD[1]]
    assert figures(asked.take("answers", *rows, on=TUESDAY)) == (2, 1, 1)
    assert "an earlier row of the file answers this item" in problems(asked)[0][2]


def test_an_answer_to_a_closed_task_waits_in_quarantine_and_leaves_it_by_itself(asked):
    late = DAY | {"item": "kms", "value": "1", "answered_on": "2026-11-25"}
    asked.take("answers", *GOOD, on=TUESDAY)
    assert figures(asked.take("answers", *GOOD, late, on=TUESDAY)) == (0, 4, 1)
    asked.night(date(2026, 12, 24))
    assert figures(asked.take("answers", *GOOD, late, on=date(2026, 12, 24))) == (1, 4, 0)
    assert problems(asked) == []


def test_a_preview_records_nothing_and_copies_no_file(asked):
    from factories import write_csv
    from flows.jobs.imports import ImportOptions, run_import

    path = write_csv(asked.settings.home / "answers.csv", GOOD)
    report = run_import(asked.settings, asked.store, "answers", path, None, TUESDAY, ImportOptions(is_preview=True))
    assert report.admission.new == 4
    assert set(items(asked).values()) == {"open"}
    assert list(asked.settings.documents.glob("*/*")) == []
