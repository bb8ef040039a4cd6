"""The report's files: of each run in its own folder, of the day where they always were, pruned by their day."""

import json
from datetime import timedelta

import pytest
import yaml
from click.testing import CliRunner

from factories import TUESDAY, relation
from flows.cli import relance
from flows.jobs.report import run_report
from tasks.reporting.files import ReportError, prune_reports
from tasks.translations import TRANSLATIONS

WEEK = timedelta(days=7)
NAME = "Canari Zéphyrin"
OF_A_DAY = [f"report-{TUESDAY}.html", f"report-{TUESDAY}.json", f"to-mend-{TUESDAY}.csv"]


@pytest.fixture
def firm(sqlite_office):
    sqlite_office.take("users", {"user_id": "U1", "email": "u1@firm.example"})
    bring(sqlite_office)
    sqlite_office.put_on("R1", "R2", "R3", since=TUESDAY - 2 * WEEK)
    return sqlite_office


def bring(office, mended="", **new):
    office.bring(
        relation("R1", "", name=NAME, owner_id="U1"),
        relation("R2", mended, owner_id="U1"),
        relation("R3", "2030-01-01", email=""),
        *([relation("R4", "")] if new else []),
        on=TUESDAY - 2 * WEEK,
    )


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def read(path):
    return path.read_text(encoding="utf-8")


def test_a_run_keeps_its_report_and_the_day_has_the_latest(firm):
    first, second = firm.night(), firm.night()
    reports = firm.settings.reports
    own = [f"runs/{TUESDAY}-run-{f.run_id}" for f in (first, second)]
    kept = sorted([*OF_A_DAY, "data-docs/index.html"])
    assert names(reports) == sorted([*OF_A_DAY, *(f"{folder}/{name}" for folder in own for name in kept)])
    latest = reports / own[1]
    assert read(latest / OF_A_DAY[1]) == read(reports / OF_A_DAY[1]) != read(reports / own[0] / OF_A_DAY[1])
    assert f'href="{own[1]}/data-docs/index.html"' in read(reports / OF_A_DAY[0])
    assert 'href="data-docs/index.html"' in read(latest / OF_A_DAY[0])
    assert second.report == str(reports / OF_A_DAY[0])


def test_a_rehearsal_leaves_no_file_and_a_report_between_runs_no_folder(firm):
    firm.night(is_rehearsal=True)
    assert not firm.settings.reports.exists() or names(firm.settings.reports) == []
    run_report(firm.settings, firm.store, TUESDAY)
    assert names(firm.settings.reports) == OF_A_DAY


def test_the_json_says_what_the_page_says_with_ids_and_without_names(firm):
    firm.night(TUESDAY - 2 * WEEK)
    bring(firm, mended="2030-01-01", new=True)
    firm.put_on("R4", since=TUESDAY - 2 * WEEK)
    figures = firm.night()
    told = json.loads(read(firm.settings.reports / OF_A_DAY[1]))
    assert set(told) == {"as_of", "run", "scores", "owners", "changes", "gaps", "trend"}
    assert (told["as_of"], told["run"]["run_id"]) == (str(TUESDAY), figures.run_id)
    card = told["scores"][0]
    assert card == {"criterion": "id_card.present", "met": 2, "not_met": 2, "not_applicable": 0, "share": 0.5}
    changes = told["changes"]
    assert changes["since_on"] == str(TUESDAY - 2 * WEEK)
    assert changes["scores"][0] == {
        "criterion": "id_card.present",
        "share": 0.5,
        "share_before": 0.333,
        "difference": 0.167,
    }
    assert (changes["opened"], changes["mended"]) == (1, 1)
    assert [g["relation_id"] for g in changes["first_opened"] + changes["first_mended"]] == ["R4", "R2"]
    assert told["gaps"]["count"] == 2
    assert told["gaps"]["by_automation"] == [
        {
            "template": "id-card",
            "schedule": "renewal",
            "reason": "missing_field",
            "count": 2,
            "since_on": str(TUESDAY - 2 * WEEK),
        }
    ]
    assert [(g["relation_id"], g["since_on"]) for g in told["gaps"]["first"]] == [
        ("R1", str(TUESDAY - 2 * WEEK)),
        ("R4", str(TUESDAY)),
    ]
    assert [p["share"] for p in told["trend"] if p["criterion"] == "id_card.present"] == [0.333, 0.5]
    assert NAME not in json.dumps(told, ensure_ascii=False)
    assert NAME in read(firm.settings.reports / OF_A_DAY[2])


def test_owners_are_told_worst_first_with_their_weakest_criterion(firm):
    firm.night()
    owners = json.loads(read(firm.settings.reports / OF_A_DAY[1]))["owners"]
    assert [(o["owner_id"], o["relations"], o["not_met"]) for o in owners] == [("", 1, 2), ("U1", 2, 2)]
    assert owners[1]["weakest"] == "id_card.present"
    assert owners[1]["criteria"]["owner.known"] == 1
    page = read(firm.settings.reports / OF_A_DAY[0])
    assert page.index("sans responsable") < page.index("<td>U1</td>")


def test_the_first_page_compares_with_nothing_and_the_next_says_since_when(firm):
    firm.night(TUESDAY - 2 * WEEK)
    first = read(firm.settings.reports / f"report-{TUESDAY - 2 * WEEK}.html")
    assert "Premier passage noté" in first
    assert "un seul passage" in first
    bring(firm, mended="2030-01-01")
    firm.night()
    page = read(firm.settings.reports / OF_A_DAY[0])
    assert "Depuis le rapport du 10 nov. 2026 : <b>0</b> nouveaux points à corriger, <b>1</b> points corrigés" in page
    assert "▲ +33,3 pt" in page
    assert page.count("<polyline") == 6


def test_the_verb_prints_the_figures_for_a_program(firm, monkeypatch):
    monkeypatch.delenv("RELANCE_DATABASE_URL", raising=False)
    words = ["report", "--json", "--as-of", str(TUESDAY), "--home", str(firm.settings.home)]
    result = CliRunner().invoke(relance, words, catch_exceptions=False)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == json.loads(read(firm.settings.reports / OF_A_DAY[1]))
    assert json.loads(result.stdout)["run"] is None
    assert str(firm.settings.reports / OF_A_DAY[0]) in result.stderr


def test_old_reports_go_by_the_day_they_are_for_and_nothing_else_goes(firm):
    firm.edit("firm.yaml", "keep_days: 400", "keep_days: 30")
    long_ago = TUESDAY.replace(year=2020)
    firm.night(long_ago)
    firm.night(long_ago.replace(month=10))
    reports = firm.settings.reports
    (reports / f"runs/{long_ago}-run-1" / "notes.txt").write_text("mine")
    for name in ("letter.pdf", "report-2019.html", "report-2020-11-24.html.bak", "to-mend-2020-13-99.csv"):
        (reports / name).write_text("mine")
    (reports / "runs" / "2019-01-01-run-x").mkdir()
    figures = firm.night()
    own = f"runs/{TUESDAY}-run-{figures.run_id}"
    expected = [*OF_A_DAY, *(f"{own}/{name}" for name in [*OF_A_DAY, "data-docs/index.html"])]
    expected += [f"runs/{long_ago}-run-1/notes.txt", "letter.pdf", "report-2019.html", "report-2020-11-24.html.bak"]
    assert names(reports) == sorted([*expected, "to-mend-2020-13-99.csv"])
    assert sorted(p.name for p in (reports / "runs").iterdir()) == sorted(
        [f"{long_ago}-run-1", "2019-01-01-run-x", own.removeprefix("runs/")]
    )


def test_pruning_follows_no_link_out_of_the_folder(tmp_path):
    reports, elsewhere = tmp_path / "reports", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (reports / "runs").mkdir(parents=True)
    (elsewhere / "report-2020-01-01.html").write_text("mine")
    (reports / "runs" / "2020-01-01-run-1").symlink_to(elsewhere)
    prune_reports(reports, TUESDAY)
    assert (elsewhere / "report-2020-01-01.html").is_file()


def test_an_old_report_that_cannot_be_removed_is_told(tmp_path):
    with pytest.raises(ReportError, match="cannot be removed"):
        prune_reports(tmp_path / "nowhere", TUESDAY)


def test_the_last_day_kept_is_kept(tmp_path):
    for day in (TUESDAY, TUESDAY - timedelta(days=1)):
        (tmp_path / f"report-{day}.html").write_text("x")
    prune_reports(tmp_path, TUESDAY)
    assert names(tmp_path) == [f"report-{TUESDAY}.html"]


def test_the_three_languages_say_the_same_things():
    def keys(words, path=()):
        if not isinstance(words, dict) or path == ("problems",):
            return {path}
        return {key for name, value in words.items() for key in keys(value, (*path, name))}

    said = [keys(yaml.safe_load(read(TRANSLATIONS / f"{language}.yaml"))) for language in ("fr", "nl", "en")]
    assert said[0] == said[1] == said[2] | {("problems",)}
