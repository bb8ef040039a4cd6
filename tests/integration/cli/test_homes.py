"""init and demo: a firm in one command, and the same demo for everybody."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import relance
from flows.home.settings import load_settings


def call(*words, expect=0):
    result = CliRunner().invoke(relance, [str(w) for w in words], catch_exceptions=False)
    assert result.exit_code == expect, result.output
    return result


def test_the_starter_is_a_valid_home_with_the_seeds_template(tmp_path):
    call("init", tmp_path / "firm")
    settings = load_settings(tmp_path / "firm", {})
    card = settings.templates["id-card"]
    assert (card.applies_to, card.statuses) == (["person", "sole_trader"], ["client", "other"])
    assert (card.schedules[0].plan_before_days, card.schedules[0].due_offset_days) == (20, 0)
    assert [s.kind for s in card.subtasks] == ["auto_email", "action"]


def test_init_touches_no_folder_that_holds_anything(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert "is not empty; nothing was written" in call("init", tmp_path, expect=1).stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "firm"
    return folder, call("demo", folder)


def test_the_demo_shows_a_night_with_every_edge(demo):
    folder, _ = demo
    figures = json.loads(
        CliRunner().invoke(relance, ["run", "--home", str(folder), "--as-of", "2026-11-24", "--json"]).stdout
    )
    assert figures["planned"]["created"] == 0, "the demo's night was run already"
    assert {"already_created", "missing_field", "invalid_field", "too_old", "not_yet"} <= set(
        figures["planned"]["skipped"]
    )
    assert figures["quarantined"] >= 4
    dropped = json.loads(
        CliRunner().invoke(relance, ["messages", "--status", "dropped", "--home", str(folder), "--json"]).stdout
    )
    assert {m["reason"] for m in dropped} == {"no_email", "invalid_field"}
    found = CliRunner().invoke(relance, ["messages", "--relation", "R0048", "--home", str(folder), "--json"]).stdout
    past = [m for m in json.loads(found) if m["send_on"] == "2026-11-24"]
    assert {m["status"] for m in past} == {"sent"}
    assert len(past) > 1, "several past periods"
    assert sum(past[0]["to"] in path.read_text(encoding="utf-8") for path in (folder / "outbox").glob("*.eml")) == 1


def test_the_demo_says_where_things_are_and_what_to_try(demo):
    folder, result = demo
    report = Path(re.search(r"The report: (\S+)", result.stderr)[1])
    assert report.is_file()
    assert list((folder / "outbox").glob("*.eml"))
    tries = re.findall(r"^  relance (.+)$", result.stderr, re.MULTILINE)
    assert len(tries) == 4
    for words in tries:
        call(*words.split())


def test_the_demo_can_be_made_again_in_the_same_place(demo):
    folder, _ = demo
    before = sorted(p.name for p in (folder / "outbox").iterdir())
    call("demo", folder)
    assert sorted(p.name for p in (folder / "outbox").iterdir()) == before


def test_the_demo_does_not_touch_a_folder_that_is_not_a_demo(tmp_path):
    (tmp_path / "firm.yaml").write_text("mine", encoding="utf-8")
    assert "is not empty" in call("demo", tmp_path, expect=1).stderr
    assert (tmp_path / "firm.yaml").read_text(encoding="utf-8") == "mine"
