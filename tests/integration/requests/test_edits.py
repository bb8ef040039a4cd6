"""Edits and comments belong to one task alone, and change no later occurrence (R8, A4)."""

import json
from datetime import date, datetime, timedelta

import pytest
from click.testing import CliRunner

from factories import TUESDAY, relation
from flows.cli import relance
from flows.jobs.requests import change_items, take_answer
from tasks.domain.requests.values import AnswerError
from tasks.open_tasks import TaskError
from tasks.planning.comments import add_comment
from tasks.requests.answers import Answer
from tasks.requests.edits import ItemEdits

ITEMS = [
    {"key": "kms", "label": "Kilomètres", "type": "number"},
    {"key": "lease", "label": {"fr": "Bail", "en": "Lease"}, "type": "text"},
]
ASK = {
    "key": "documents",
    "kind": "request",
    "message": "request_documents",
    "items": ITEMS,
    "send": {"from": "start", "offset_days": 1},
    "reminders": {"every_days": 3, "max": 2},
}


NOON = datetime(2026, 11, 24, 12)


def set_up(office):
    schedule = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-23", "frequency": "monthly"}
    office.define("month", subtasks=[ASK], schedules=[schedule])
    office.bring(relation("R1"))
    office.assign("month/monthly", "R1", since=date(2026, 11, 23))
    office.night(TUESDAY)
    return office


@pytest.fixture
def asked(sqlite_office):
    return set_up(sqlite_office)


@pytest.fixture
def any_asked(office):
    return set_up(office)


def change(office, **edits):
    change_items(office.settings, office.store, 1, "documents", ItemEdits(**edits), TUESDAY)


def items(office, number=0):
    return [(i["key"], i["label"], i["type"]) for i in office.tasks()[number]["subtasks"][0]["items"]]


def test_r8_an_item_added_is_in_the_next_reminder_and_the_count_goes_on(any_asked):
    change(
        any_asked,
        add=["card=Carte: recto verso:document", "why=Pourquoi ?"],
        remove=["kms"],
        label=["lease=Bail signé"],
    )
    assert items(any_asked) == [
        ("lease", "Bail signé", "text"),
        ("card", "Carte: recto verso", "document"),
        ("why", "Pourquoi ?", "text"),
    ]
    any_asked.night(TUESDAY + timedelta(days=3))
    letter = any_asked.mails()[-1].read_text(encoding="utf-8")
    assert "Carte: recto verso" in letter
    assert "Kilom" not in letter
    assert [m["sequence"] for m in any_asked.messages()] == [0, 1]


def test_r8_a_message_that_waits_is_written_anew(asked):
    asked.night(TUESDAY + timedelta(days=3), delivers=False)
    change(asked, add=["why=Pourquoi ?"])
    assert [m["status"] for m in asked.messages()] == ["sent", "suppressed"]
    asked.night(TUESDAY + timedelta(days=3))
    assert "Pourquoi" in asked.mails()[-1].read_text(encoding="utf-8")


def test_r8_a4_later_occurrences_keep_what_the_template_asks(any_asked):
    change(any_asked, add=["why=Pourquoi ?"], remove=["lease"])
    add_comment(any_asked.store, 1, "Elle rappelle lundi", NOON)
    any_asked.night(date(2026, 12, 24))
    assert [key for key, *_ in items(any_asked, 1)] == ["kms", "lease"]
    assert [[c["text"] for c in task["comments"]] for task in any_asked.tasks()] == [["Elle rappelle lundi"], []]


def test_r8_removing_the_last_open_item_completes_the_request(asked):
    take_answer(asked.settings, asked.store, Answer(1, "documents", "kms", TUESDAY, "12"))
    change(asked, remove=["lease"])
    assert asked.tasks()[0]["status"] == "done"


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ({}, "Say what to change"),
        ({"remove": ["card"]}, "has no item 'card'; it has kms, lease"),
        ({"remove": ["kms", "lease"]}, "would ask for nothing"),
        ({"add": ["kms=Encore"]}, "has an item kms already"),
        ({"add": ["Kms"]}, "is not KEY=LABEL"),
        ({"add": ["a=b:choice"]}, "'choice' is not a type of item that can be added"),
        ({"label": ["kms="]}, "is not KEY=LABEL"),
    ],
)
def test_r8_an_edit_that_is_not_possible_changes_nothing(asked, edits, says):
    before = items(asked)
    with pytest.raises(AnswerError, match=says):
        change(asked, **edits)
    assert items(asked) == before


def test_r8_what_is_answered_or_closed_is_not_edited(asked):
    take_answer(asked.settings, asked.store, Answer(1, "documents", "kms", TUESDAY, "12"))
    with pytest.raises(AnswerError, match="Item kms of task 1 is received"):
        change(asked, remove=["kms"])
    with pytest.raises(TaskError, match="Task 1 has no open request 'papers'"):
        change_items(asked.settings, asked.store, 1, "papers", ItemEdits(remove=["kms"]), TUESDAY)
    with pytest.raises(TaskError, match="There is no task 9"):
        add_comment(asked.store, 9, "?", NOON)


def test_the_commands_recipients_pause_resume_edit_and_comment(asked, monkeypatch):
    monkeypatch.setenv("RELANCE_HOME", str(asked.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", asked.settings.database_url.get_secret_value())

    def call(*words, expect=0):
        result = CliRunner().invoke(relance, words, catch_exceptions=False)
        assert result.exit_code == expect, result.output
        return result

    day = ("--as-of", "2026-11-24")
    assert "was changed" in call("edit", "1", "documents", "--add", "why=Pourquoi ?", *day).stderr
    call("comment", "1", "Elle rappelle lundi")
    (task,) = json.loads(call("tasks", "--json").stdout)
    assert [c["text"] for c in task["comments"]] == ["Elle rappelle lundi"]
    assert [i["key"] for i in task["subtasks"][0]["items"]] == ["kms", "lease", "why"]
    assert "asks R1 from now on" in call("recipients", "1", "R1", "--step", "documents", *day).stderr
    assert [r["recipient_id"] for r in json.loads(call("recipients", "1", "--json").stdout)] == ["R1"]
    assert "up to 2026-12-05" in call("pause", "R1", "--until", "2026-12-05", *day).stderr
    assert "gets reminders again" in call("resume", "R1").stderr
    assert "was not paused" in call("resume", "R1").stderr
    promised = call("answer", "1", "documents", "kms", "--promised", "2026-12-01", *day)
    assert "not reminded of before the day after 2026-12-01" in promised.stderr
    call("answer", "1", "documents", "kms", "5", "--promised", "2026-12-01", expect=2)
    assert "no item 'nope'" in call("edit", "1", "documents", "--remove", "nope", expect=1).stderr
    assert "There is no task 9" in call("comment", "9", "x", expect=1).stderr
    assert "There is no relation R9" in call("pause", "R9", expect=1).stderr
