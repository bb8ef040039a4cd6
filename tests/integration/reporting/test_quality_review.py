"""The quality review: read from both databases, told by the verb, shown in the report."""

import csv
import io
import json
import re
from datetime import timedelta
from importlib import import_module

import pytest
import yaml
from click.testing import CliRunner

from factories import TUESDAY, relation
from flows.cli import relance
from tasks.domain.quality.criteria import OF_EVERYONE, OF_FIELDS, rows_of, summarise
from tasks.reporting.quality import review
from tasks.translations import TRANSLATIONS

LAST_DAY, A_DAY_EARLIER = TUESDAY.isoformat(), (TUESDAY - timedelta(days=1)).isoformat()
USER = {"user_id": "U1", "email": "u1@firm.example"}
ROWS = [
    relation("R1", LAST_DAY, owner_id="U1"),
    relation("R2", A_DAY_EARLIER, owner_id="U9", email=""),
    relation("R3", "", email="not an address"),
    relation("R4", "2999-12-31", owner_id="U1"),
    relation("R5", "", id_card="B-1", owner_id="U1"),
    relation("R6", "", type="company"),
    relation("R7", LAST_DAY, status="former"),
]


def bring(office):
    office.take("users", USER)
    # Not in the order of their ids, in which the review gives them.
    office.bring(*reversed(ROWS))


def results(office, **whose):
    rows = rows_of(review(office.store, office.settings.templates.values(), TUESDAY, **whose))
    found = {}
    for row in rows.to_dict("records"):
        found.setdefault(row["relation_id"], []).append(
            {"met": "+", "not_met": "-", "not_applicable": "."}[row["result"]]
        )
    return {relation_id: "".join(marks) for relation_id, marks in found.items()}


def test_every_relation_is_judged_by_the_starters_own_criteria(office):
    bring(office)
    # The card present, its expiry known, not expired; an address, a valid one; an owner who is a user.
    expected = {
        "R1": "++++++",
        "R2": "++--.-",
        "R3": "-..+--",
        "R4": "+-.+++",
        "R5": "+-.+++",
        "R6": "...++-",
        "R7": "......",
    }
    assert results(office) == expected
    assert list(results(office)) == sorted(expected)


def test_a_relation_and_an_owner_narrow_the_review(office):
    bring(office)
    whole = results(office)
    assert results(office, relation_id="R2") == {"R2": whole["R2"]}
    assert results(office, owner_id="U1") == {r: whole[r] for r in ("R1", "R4", "R5")}
    assert results(office, relation_id="R2", owner_id="U1") == {}


def test_an_empty_firm_has_every_criterion_and_no_row(office):
    lines = summarise(review(office.store, office.settings.templates.values(), TUESDAY))
    assert lines["criterion"].tolist() == [*(f"id_card.{what}" for what in OF_FIELDS), *OF_EVERYONE]
    assert results(office) == {}


def test_a_template_that_goes_by_no_field_brings_no_criterion(office):
    office.define("vat", statuses=["former"], applies_to=["person"])
    bring(office)
    assert results(office)["R7"] == "...++-", "it serves former persons, so their address matters"


@pytest.fixture
def firm(sqlite_office, monkeypatch):
    monkeypatch.delenv("RELANCE_DATABASE_URL", raising=False)
    monkeypatch.setenv("RELANCE_HOME", str(sqlite_office.settings.home))
    bring(sqlite_office)
    return sqlite_office


def call(*words, expect=0):
    result = CliRunner().invoke(relance, ["quality", *words], catch_exceptions=False)
    assert result.exit_code == expect, result.output
    return result


def told(*words):
    result = call("--as-of", LAST_DAY, *words)
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    return [line.split() for line in result.stdout.splitlines() if line.strip()], result.stderr


def test_without_a_filter_the_verb_counts(firm):
    lines, said = told()
    assert lines == [
        ["Criterion", "Met", "Not", "met", "Not", "applicable", "Share", "met"],
        ["id_card.present", "4", "1", "2", "80.0%"],
        ["id_card.expiry_known", "2", "2", "3", "50.0%"],
        ["id_card.not_expired", "1", "1", "5", "50.0%"],
        ["email.present", "5", "1", "1", "83.3%"],
        ["email.valid", "4", "1", "2", "80.0%"],
        ["owner.known", "3", "3", "1", "50.0%"],
    ]
    assert said == "7 relations, as of 2026-11-24.\n"


def test_with_a_filter_it_lists_what_is_not_met_or_what_is_asked_for(firm):
    lines, _ = told("--relation", "R2")
    assert lines[-3:] == [["R2", c, "not_met"] for c in ("id_card.not_expired", "email.present", "owner.known")]
    lines, _ = told("--criterion", "owner.known", "--result", "met")
    assert lines[1:] == [
        ["owner.known", "3", "3", "1", "50.0%"],
        ["Relation", "Criterion", "Result"],
        *([r, "owner.known", "met"] for r in ("R1", "R4", "R5")),
    ]
    _, said = told("--owner", "U1", "--criterion", "email.valid")
    assert said == "Nothing here is not met.\n3 relations, as of 2026-11-24.\n"


def test_the_day_asked_decides_what_has_expired(firm):
    card_of_r1 = ("--relation", "R1", "--criterion", "id_card.not_expired", "--json")
    assert json.loads(call(*card_of_r1, "--as-of", LAST_DAY).stdout)[0]["result"] == "met"
    assert json.loads(call(*card_of_r1, "--as-of", "2026-11-25").stdout)[0]["result"] == "not_met"


def test_a_long_list_says_how_much_more_there_is(firm, monkeypatch):
    monkeypatch.setattr(import_module("flows.cli.quality"), "ROWS_SHOWN", 2)
    lines, said = told("--result", "not_met")
    assert [line[0] for line in lines[-2:]] == ["R2", "R2"]
    assert "And 7 more: `--result not_met --csv` or `--json` gives them all." in said


def test_json_and_csv_give_every_row_that_the_filters_leave(firm, monkeypatch):
    monkeypatch.setattr(import_module("flows.cli.quality"), "ROWS_A_CHUNK", 4)
    rows = json.loads(call("--json", "--as-of", LAST_DAY).stdout)
    assert len(rows) == 7 * 6
    assert rows[0] == {"relation_id": "R1", "owner_id": "U1", "criterion": "id_card.present", "result": "met"}
    text = call("--csv", "--as-of", LAST_DAY).stdout
    assert list(csv.DictReader(io.StringIO(text))) == [r | {"owner_id": r["owner_id"] or ""} for r in rows]
    narrowed = json.loads(call("--json", "--result", "not_met", "--owner", "U1", "--as-of", LAST_DAY).stdout)
    assert narrowed == [r for r in rows if r["owner_id"] == "U1" and r["result"] == "not_met"]
    assert json.loads(call("--json", "--owner", "U7").stdout) == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--relation", "X9"], 1, "There is no relation X9. `relance import relations`"),
        (["--relation", "R2", "--owner", "U1"], 1, "There is no relation R2 of the owner U1."),
        (
            ["--criterion", "passport.present"],
            2,
            "There is no criterion 'passport.present'; there are id_card.present, ",
        ),
        (["--result", "good"], 2, "'good' is not one of"),
    ],
)
def test_a_slip_is_answered_in_words(firm, words, code, says):
    assert says in call(*words, expect=code).stderr


def test_the_report_counts_each_criterion_in_the_firms_words(firm):
    firm.night()
    html = (firm.settings.reports / f"report-{TUESDAY}.html").read_text(encoding="utf-8")
    section = html.partition("<h2>Revue qualité</h2>")[2].partition("</section>")[0].replace("\xa0", " ")
    lines = [re.findall(r"<td[^>]*>([^<]*)", row) for row in re.findall(r"<tr><td>.*?</tr>", section)]
    assert [line[:5] for line in lines] == [
        ["Carte d&#39;identité : présent", "4", "1", "2", "80 %"],
        ["Carte d&#39;identité : date d&#39;expiration connue", "2", "2", "3", "50 %"],
        ["Carte d&#39;identité : non expiré", "1", "1", "5", "50 %"],
        ["E-mail : adresse présente", "5", "1", "1", "83,3 %"],
        ["E-mail : adresse valable", "4", "1", "2", "80 %"],
        ["Responsable : connu du cabinet", "3", "3", "1", "50 %"],
    ]
    assert re.findall(r'class="bar" style="width: ([\d.]+)%', section) == [
        "80.0",
        "50.0",
        "50.0",
        "83.3",
        "80.0",
        "50.0",
    ]


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_every_criterion_has_its_words(language):
    words = yaml.safe_load((TRANSLATIONS / f"{language}.yaml").read_text(encoding="utf-8"))["quality"]
    assert set(words["of_fields"]) == set(OF_FIELDS)
    assert set(words["of_everyone"]) == set(OF_EVERYONE)
    assert all("FIELD" in text for text in words["of_fields"].values())
