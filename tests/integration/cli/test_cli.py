"""The verbs, as a person types them and as a program reads them."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from factories import relation, write_csv
from flows.cli import relance
from flows.cli.output import print_table
from sql.migrate import HEAD

VERBS = ["init", "demo", "import", "assign", "run", "tasks", "done", "cancel", "messages", "explain", "template"]
VERBS += ["fields", "field", "erase", "activity", "notifications", "rule"]
VERBS += ["report", "doctor", "schema", "migrate", "mission", "outbox", "send", "quality"]
VERBS += ["dispatch", "suppressions", "events", "serve", "imports", "pull", "quarantine", "mapping"]
VERBS += ["answer", "accept", "return", "remind", "documents"]
VERBS += ["recipients", "edit", "comment", "pause", "resume", "web", "links", "dossier", "desk"]


def call(*words, expect=0):
    result = CliRunner().invoke(relance, [str(w) for w in words], catch_exceptions=False)
    assert result.exit_code == expect, result.output
    return result


def data(*words):
    return json.loads(call(*words, "--json").stdout)


@pytest.fixture
def firm(tmp_path, monkeypatch):
    monkeypatch.delenv("RELANCE_DATABASE_URL", raising=False)
    home = tmp_path / "firm"
    call("init", home)
    monkeypatch.setenv("RELANCE_HOME", str(home))
    rows = [
        relation("R1", "2026-12-01"),
        relation("R2", "2026-11-20"),
        relation("R3", ""),
        relation("R4", "2027-11-20"),
        relation("R5", "2026-11-20", type="x"),
    ]
    call("import", "relations", write_csv(tmp_path / "r.csv", rows), "--as-of", "2026-11-01")
    call("assign", "id-card/renewal", "--start", "2026-11-01", "--as-of", "2026-11-01")
    return home


def test_a_whole_night_by_hand(firm):
    preview = data("run", "--as-of", "2026-11-24", "--dry-run")
    assert [t["relation_id"] for t in preview["tasks"]] == ["R2", "R1"]
    assert [m["to"] for m in preview["mails"]] == ["jeanne@martin.example"]
    assert data("tasks") == []

    figures = data("run", "--as-of", "2026-11-24")
    assert figures["read"] == {"relations": 4}
    assert (figures["quarantined"], figures["blocked"], figures["closed"]) == (1, 1, 0)
    assert figures["planned"] == {"created": 2, "skipped": {"missing_field": 1, "not_yet": 1}}
    assert figures["messages"] == {
        "created": 1,
        "due": 1,
        "sent": 1,
        "merged": 0,
        "held": 0,
        "deferred": 0,
        "crossed": 0,
        "dropped": {},
    }
    assert Path(figures["report"]).is_file()
    assert len(list((firm / "outbox").glob("*.eml"))) == 1

    tasks = data("tasks", "--status", "open", "--template", "id-card", "--relation", "R2")
    keys = {"task_id", "relation_id", "template", "schedule", "mission_id", "anchor_on", "period", "planned_on"}
    keys |= {"created_on", "due_on", "status", "subtasks"}
    assert keys <= set(tasks[0])
    assert [set(s) >= {"key", "kind", "status", "items"} for s in tasks[0]["subtasks"]] == [True, True]

    call("done", tasks[0]["task_id"])
    assert data("tasks", "--status", "done")[0]["relation_id"] == "R2"
    call("cancel", data("tasks", "--relation", "R1")[0]["task_id"])
    assert data("tasks", "--status", "open") == []

    message = data("messages", "--status", "sent")[0]
    recipient = ["activity_id", "relation_id", "user_id"]
    about = ["subtask", "sequence", "to", "subject", "send_on", "send_at", "status", "reason"]
    assert list(message) == ["message_id", "task_id", *recipient, *about]


def test_explain_gives_each_schedules_verdict(firm):
    def verdict(relation_id, as_of="2026-11-24"):
        (only,) = data("explain", relation_id, "--as-of", as_of)
        return only["outcome"], only["reason"], only["due_on"], only["planned_on"]

    assert verdict("R1") == ("due", None, "2026-12-01", "2026-11-11")
    assert verdict("R3") == ("skipped", "missing_field", None, None)
    assert verdict("R4") == ("waiting", "not_yet", "2027-11-20", "2027-10-31")
    assert verdict("R5") == ("skipped", "quarantined", None, None)
    call("run", "--as-of", "2026-11-24")
    assert verdict("R1")[:2] == ("created", "already_created")
    assert list(data("explain", "R1")[0]) == [
        "template",
        "schedule",
        "mission_id",
        "anchor_on",
        "due_on",
        "planned_on",
        "outcome",
        "reason",
        "requests",
    ]
    assert "no relation X9" in call("explain", "X9", expect=1).stderr


def test_tables_for_people_fit_eighty_columns(firm):
    call("run", "--as-of", "2026-11-24")
    for words in (["tasks"], ["messages"], ["explain", "R1"], ["doctor"], ["run", "--as-of", "2026-11-25"]):
        shown = call(*words).stdout
        assert shown.strip()
        assert max(len(line) for line in shown.splitlines()) <= 80


def test_assigning_again_says_that_starts_are_kept_and_how_to_move_them(firm):
    assign = ("assign", "id-card/renewal", "--as-of", "2026-11-10")
    said = call(*assign, "--start", "2026-11-05").stderr
    assert "0 relations put on id-card/renewal from 2026-11-05; 4 were on it already." in said
    assert "4 keep their start 2026-11-01 (R1, R2, R3, R4)." in said
    (kept,) = data(*assign, "--start", "2026-11-05")["kept"]
    assert kept == {"start_on": "2026-11-01", "relations": 4, "first_ids": ["R1", "R2", "R3", "R4"]}
    assert "4 moved to that start" in call(*assign, "--start", "2026-11-05", "--move").stderr
    assert "keep their start" not in call(*assign, "--start", "2026-11-05").stderr


def test_import_prints_its_figures_and_names_no_person(firm, tmp_path):
    rows = [relation("R1", "2026-12-02"), relation("R9", "2026-12-02", name="Canary\nName", email="canary@x.example")]
    result = call("import", "relations", write_csv(tmp_path / "r.csv", rows), "--json")
    figures = json.loads(result.stdout)
    assert {k: figures[k] for k in ("read", "new", "changed", "unchanged", "quarantined")} == {
        "read": 2,
        "new": 0,
        "changed": 1,
        "unchanged": 0,
        "quarantined": 1,
    }
    assert "Rows 3" in result.stderr
    assert "anary" not in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["frobnicate"], 2, "No such command"),
        (["run", "--as-of", "24/11/2026"], 2, "use YYYY-MM-DD"),
        (["run", "--schedule", "id-card/none"], 1, "There is no schedule id-card/none; there are id-card/renewal"),
        (["assign", "id-card/none"], 2, "There is no schedule"),
        (["assign", "id-card/renewal", "--types", "human"], 2, "human: unknown; there are person"),
        (["assign", "id-card/renewal", "--start", "2020-01-01"], 1, "more than one year back"),
        (["assign", "id-card/renewal", "--move"], 2, "--move needs --start"),
        (["assign", "id-card/renewal", "--relations", "R1,X9"], 1, "Unknown relations, left out: X9"),
        (["import", "clients", "x.csv"], 2, "Invalid value for"),
        (["import", "relations", "nowhere.csv"], 1, "nowhere.csv: cannot be read"),
        (["import", "relations", "nowhere.csv", "--mapping", "none"], 1, "There is no mapping 'none'"),
        (["done", "999"], 1, "There is no task 999"),
        (["messages", "--status", "lost"], 2, "There is no status 'lost'"),
        (["template", "export", "none"], 1, "There is no template 'none'; there are id-card"),
        (["init", "."], 1, "is not empty"),
    ],
)
def test_a_slip_is_answered_in_words(firm, monkeypatch, words, code, says):
    monkeypatch.chdir(firm)
    assert says in call(*words, expect=code).stderr


def test_a_folder_that_is_no_home_is_named(tmp_path):
    assert "is not a home: it has no firm.yaml" in call("run", "--home", tmp_path, expect=1).stderr


def test_a_typo_in_a_definition_stops_the_run_before_anything_is_written(firm):
    file = firm / "templates" / "id-card.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("offset_days: -5", "ofset_days: -5"), encoding="utf-8")
    said = call("run", expect=1).stderr
    assert "templates/id-card.yaml:19: subtasks.0.ofset_days: unknown key" in said
    assert not list((firm / "reports").iterdir())


def test_a_definition_of_another_ending_is_not_passed_over_in_silence(firm):
    (firm / "templates" / "id-card.yaml").rename(firm / "templates" / "id-card.yml")
    assert "templates/id-card.yml:1: name it id-card.yaml" in call("tasks", expect=1).stderr


def test_a_report_folder_that_cannot_be_written_is_told_and_the_night_is_done(firm):
    (firm / "reports").rmdir()
    (firm / "reports").write_text("in the way", encoding="utf-8")
    assert "the report cannot be written" in call("run", "--as-of", "2026-11-24", expect=1).stderr
    assert len(data("messages", "--status", "sent")) == 1


def test_a_message_that_no_one_wrote_is_named(firm):
    file = firm / "templates" / "id-card.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("request_documents", "ask_politely"), encoding="utf-8")
    assert (
        "templates/id-card.yaml:18: subtasks.0.message: there is no message 'ask_politely'"
        in call("tasks", expect=1).stderr
    )


def test_a_read_only_database_is_told_in_words(firm, monkeypatch):
    url = f"sqlite:///file:{firm / 'relance.db'}?mode=ro&uri=true"
    monkeypatch.setenv("RELANCE_DATABASE_URL", url)
    said = call("run", expect=1).stderr
    assert "The database refused: attempt to write a readonly database. `relance doctor` checks it." in said
    assert call("doctor", expect=1).stdout.count("FIX") == 1
    assert not Path("file:").exists(), "the lock lies beside the database"


def test_a_file_that_is_no_database_is_told_in_words(firm):
    (firm / "relance.db").write_bytes(b"not a database, by any means" * 100)
    assert "The database refused: file is not a database" in call("tasks", expect=1).stderr


@pytest.mark.parametrize(
    ("url", "says"),
    [("nonsense", "is not a valid database URL"), ("mysql://h/d", "Relance runs on sqlite and postgresql")],
)
def test_a_database_url_that_is_none_is_named(firm, monkeypatch, url, says):
    monkeypatch.setenv("RELANCE_DATABASE_URL", url)
    assert says in call("tasks", expect=1).stderr


def test_sendgrid_without_a_key_is_refused_before_anything_is_written(firm, monkeypatch):
    monkeypatch.delenv("SENDGRID_API_KEY", raising=False)
    file = firm / "firm.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("transport: folder", "transport: sendgrid"), encoding="utf-8"
    )
    assert "set SENDGRID_API_KEY" in call("run", expect=1).stderr
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.test")
    assert data("tasks") == []


def test_doctor_finds_a_sound_home_sound(firm):
    checks = data("doctor")
    assert [c["name"] for c in checks] == [
        "versions",
        "home",
        "database",
        "sending",
        "outbox",
        "reports",
        "next night",
        "client's page",
        "transport",
    ]
    assert all(c["ok"] for c in checks)


def test_schemas_are_printed_by_kind(firm):
    assert set(json.loads(call("schema").stdout)) == {
        "firm",
        "template",
        "mapping",
        "source",
        "update_group",
        "form",
        "rule",
    }
    assert json.loads(call("schema", "template").stdout)["title"] == "Template"


def test_report_prints_its_path(firm):
    path = Path(call("report", "--as-of", "2026-11-24").stdout.strip())
    assert path.is_file()
    assert "R3" in path.read_text(encoding="utf-8")


def test_migrate_says_from_where_to_where(firm):
    assert f"from {HEAD} to {HEAD}" in call("migrate").stderr


def commands(group, path=()):
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


def test_every_verb_has_help_with_an_example():
    found = dict(commands(relance))
    assert {words[0] for words in found} == set(VERBS)
    for words in found:
        assert "Example: relance" in call(*words, "--help").stdout


def test_help_imports_nothing_that_takes_its_time():
    command = [sys.executable, "-X", "importtime", "-m", "flows", "run", "--help"]
    imported = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    assert "flows.cli" in imported
    for heavy in ("pandas", "numpy", "sqlalchemy", "pydantic", "prefect", "great_expectations", "rich"):
        assert f" {heavy}\n" not in imported


@pytest.fixture
def overview(firm):
    """Four tasks of two owners, made on 2026-11-24; one of them overdue, one done."""
    rows = [
        relation("R1", "2026-11-20", owner_id="U1"),
        relation("R2", "2026-12-01", owner_id="U1"),
        relation("R3", "2026-12-10", owner_id="U2"),
        relation("R4", "2026-11-10", owner_id="=2+2"),
    ]
    call("import", "relations", write_csv(firm / "owners.csv", rows), "--as-of", "2026-11-17")
    call("assign", "id-card/renewal", "--start", "2026-11-17", "--as-of", "2026-11-17")
    call("run", "--as-of", "2026-11-24")
    call("done", "1")
    return lambda *words: [task["relation_id"] for task in data("tasks", "--as-of", "2026-11-24", *words)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["R4", "R1", "R2", "R3"]),
        (("--overdue",), ["R1"]),
        (("--due-before", "2026-12-01"), ["R4", "R1"]),
        (("--due-before", "2026-12-01", "--status", "open"), ["R1"]),
        (("--owner", "U1"), ["R1", "R2"]),
        (("--overdue", "--due-before", "2030-01-01"), ["R1"]),
        (("--mission", "M1"), []),
        (("--template", "id-card", "--relation", "R3"), ["R3"]),
    ],
)
def test_the_overview_filters_and_sorts_by_due_day(overview, words, expected):
    assert overview(*words) == expected


def test_the_overview_as_csv_is_safe_in_a_spreadsheet_and_whole(overview):
    lines = list(csv.DictReader(io.StringIO(call("tasks", "--csv").stdout)))
    assert [line["due_on"] for line in lines] == ["2026-11-10", "2026-11-20", "2026-12-01", "2026-12-10"]
    assert lines[0]["owner_id"] == "'=2+2"
    assert lines[1]["open_steps"] == "process"


def test_the_overview_fits_eighty_columns(overview):
    assert max(map(len, call("tasks").stdout.splitlines())) <= 80


def test_a_table_of_eighty_columns_cuts_no_id_day_or_code(capsys):
    row = {"rule": "yearly-accounts/year", "mission_id": "exercice-2026-C1", "due_on": "2026-11-30"}
    row |= {"planned_on": "2026-11-20", "outcome": "created", "reason": "already_created"}
    print_table([row], dict(zip(row, row, strict=True)))
    out = capsys.readouterr().out
    assert all(row[key] in out for key in ("mission_id", "due_on", "planned_on", "outcome", "reason"))
    assert max(map(len, out.splitlines())) <= 80
