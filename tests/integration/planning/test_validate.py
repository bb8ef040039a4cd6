"""Great Expectations is the only judge: its masks, its counts, its effects (Q1, Q2, P3)."""

import json
import logging
import tempfile
from datetime import date

import numpy as np
import pandas as pd
import pytest
import yaml

from factories import TUESDAY, relation
from tasks import validation as validate_room
from tasks.domain import frames
from tasks.planning.blocks import block_reasons
from tasks.planning.explain import explain
from tasks.translations import TRANSLATIONS
from tasks.validation import SUITES, ValidationError, _mask, judge_days, validate


def relations(**columns):
    frame = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    return frame.assign(source_row=range(2, len(frame) + 2), appearance=1)


def found(findings):
    return [(int(r["source_row"]), r["effect"], r["column_name"], r["reason"]) for r in findings.to_dict("records")]


@pytest.mark.parametrize(
    ("column", "bad", "effect", "reason"),
    [
        ("relation_id", None, "quarantine", "missing_field"),
        ("relation_id", "x" * 65, "quarantine", "invalid_field"),
        ("relation_id", "a\x00b", "quarantine", "invalid_field"),
        ("type", "persone", "quarantine", "invalid_field"),
        ("type", None, "quarantine", "missing_field"),
        ("status", "klant", "quarantine", "invalid_field"),
        ("name", None, "quarantine", "missing_field"),
        ("name", "A\r\nBcc: x", "quarantine", "invalid_field"),
        ("name", "A\n", "quarantine", "invalid_field"),
        ("name", "x" * 201, "quarantine", "invalid_field"),
        ("email", "a@b.example\r\nBcc: x@y.example", "quarantine", "invalid_field"),
        ("email", "nobody", "warn", "invalid_field"),
        ("email", None, "warn", "no_email"),
        ("language", "FR", "warn", "invalid_field"),
        ("language", "en français, merci", "warn", "invalid_field"),
        ("owner_id", "a\tb", "quarantine", "invalid_field"),
    ],
)
def test_q2_each_expectation_finds_its_row_and_no_other(column, bad, effect, reason):
    good = {
        "relation_id": ["R1", "R2"],
        "type": ["person", "company"],
        "status": ["client", "former"],
        "name": ["Ève", "A & B"],
        "email": ["a@b.example", "c+d@e-f.example"],
        "language": ["fr", None],
        "owner_id": ["u1", None],
        "company_id": [None, None],
    }
    findings = found(validate(relations(**good), "relations", "relation_id"))
    assert findings == []
    good[column][1] = bad
    findings = found(validate(relations(**good), "relations", "relation_id"))
    assert (3, effect, column, reason) in findings
    assert {row for row, *_ in findings} == {3}


def test_expectations_on_absent_columns_are_left_out():
    assert found(validate(relations(relation_id=["R1"], name=["A"]), "relations", "relation_id")) == []


def test_an_empty_frame_has_no_findings():
    assert validate(frames.empty(("relation_id", "source_row")), "relations", "relation_id").empty


def test_p3_a_missing_or_implausible_date_blocks_and_a_sound_one_does_not():
    dates = pd.Series(["2026-12-01", None, "1899-12-31", "2201-01-01", "0001-01-01", "9999-12-31"], dtype=frames.DATE)
    candidates = pd.DataFrame({"relation_id": [f"R{n}" for n in range(6)], "expires_on": dates})
    candidates.index = pd.Index([9, 8, 7, 6, 5, 4])
    blocks = block_reasons(candidates)
    assert blocks.index.tolist() == [9, 8, 7, 6, 5, 4]
    assert [None if pd.isna(b) else b for b in blocks] == [
        None,
        "missing_field",
        "invalid_field",
        "invalid_field",
        "invalid_field",
        "invalid_field",
    ]


FIELDS = [f"paper_{n}" for n in range(6)]


@pytest.fixture
def passes(monkeypatch):
    """How often each suite was judged, and on how many rows."""
    asked, judge = [], validate_room._judge

    def counted(frame, name, expectations):
        asked.append((name, len(frame)))
        return judge(frame, name, expectations)

    monkeypatch.setattr(validate_room, "_judge", counted)
    return asked


def test_all_field_schedules_of_a_night_share_one_pass(office, passes):
    papers = [{"key": field.replace("_", "-"), "anchor": f"field:{field}"} for field in FIELDS]
    office.define("papers", schedules=papers)
    dates = {f"{field}.expires_on": f"2026-12-{10 + n}" for n, field in enumerate(FIELDS)}
    office.bring(*(relation(f"R{n}", **dates) for n in range(30)), relation("R31", "9999-12-31"))
    for schedule in papers:
        office.assign(f"papers/{schedule['key']}", *(f"R{n}" for n in range(32)), since=TUESDAY)
    passes.clear()
    office.night(TUESDAY, reports=True)
    plan_and_review = [rows for name, rows in passes if name == "expiry"]
    assert len(plan_and_review) == 2
    assert max(plan_and_review) <= len(FIELDS) + 2
    passes.clear()
    figures = office.night(date(2026, 12, 12), reports=True)
    assert figures.created == 90
    assert len([name for name, _ in passes if name == "expiry"]) == 2


def test_explain_judges_the_one_relation_once_whatever_the_number_of_templates(sqlite_office, passes):
    for n in range(8):
        sqlite_office.define(f"paper-{n}", schedules=[{"key": "one", "anchor": "field:id_card"}])
    sqlite_office.bring(*(relation(f"R{n}", f"2026-12-{n + 1:02}") for n in range(20)))
    passes.clear()
    verdicts = explain(sqlite_office.settings, sqlite_office.store, "R3", TUESDAY)
    assert {v["due_on"] for v in verdicts if v["template"].startswith("paper-")} == {"2026-12-04"}
    assert passes == [("relations", 1), ("expiry", 2)]


def test_a_date_that_was_not_among_the_judged_ones_is_judged_all_the_same():
    judged = judge_days(pd.Series(["2026-12-01"], dtype=frames.DATE))
    later = pd.DataFrame({"expires_on": pd.Series(["2026-12-01", "1800-01-01", None], dtype=frames.DATE)})
    assert block_reasons(later, judged).fillna("").tolist() == ["", "invalid_field", "missing_field"]


def test_masks_agree_with_counts_whatever_share_is_bad():
    chance = np.random.default_rng(7)
    for share in (0.01, 0.5, 0.99):
        bad = chance.random(2000) < share
        frame = relations(relation_id=[f"R{n}" for n in range(2000)], type=np.where(bad, "x", "person").tolist())
        findings = validate(frame, "relations", "relation_id")
        assert (findings["source_row"].to_numpy() - 2).tolist() == np.flatnonzero(bad).tolist()


def test_q5_an_expectation_that_cannot_judge_quotes_no_value(caplog, tmp_path, monkeypatch):
    broken = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "name", "min_value": 1, "max_value": 2},
    }
    meta = {"meta": {"effect": "warn", "reason": "invalid_field", "says": "x"}}
    (tmp_path / "broken.json").write_text(json.dumps({"expectations": [broken | meta]}), encoding="utf-8")
    monkeypatch.setattr("tasks.validation.SUITES", tmp_path)
    with pytest.raises(ValidationError, match="cannot judge by") as caught:
        validate(relations(relation_id=["R1"], name=["Canary"]), "broken", "relation_id")
    assert "Canary" not in caplog.text + str(caught.value)


def test_a_mask_that_disagrees_with_its_count_stops_the_run():
    class Expectation:
        map_metric, column, expectation_type, success_keys = "column_values.nonnull", "name", "not_null", ()
        row_condition = None

    class Metrics:
        def get_metric(self, _metric):
            return (pd.Series([True, False]),)

    frame = relations(name=[None, "A"])
    assert _mask(Metrics(), Expectation(), 1, frame).tolist() == [True, False]
    with pytest.raises(ValidationError, match="Great Expectations counts 2 rows, its mask 1"):
        _mask(Metrics(), Expectation(), 2, frame)


def test_validating_leaves_no_folder_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    validate(relations(relation_id=["R1"], name=["A"]), "relations", "relation_id")
    assert list(tmp_path.iterdir()) == []


def test_every_expectation_names_its_effect_its_reason_and_its_words():
    for path in SUITES.glob("*.json"):
        for expectation in json.loads(path.read_text(encoding="utf-8"))["expectations"]:
            meta = expectation["meta"]
            assert meta["effect"] in ("quarantine", "block", "warn")
            assert {"reason", "says"} <= set(meta)


def test_every_finding_has_its_words_in_french_and_dutch():
    for language in ("fr", "nl"):
        words = yaml.safe_load((TRANSLATIONS / f"{language}.yaml").read_text(encoding="utf-8"))
        for path in SUITES.glob("*.json"):
            for expectation in json.loads(path.read_text(encoding="utf-8"))["expectations"]:
                assert expectation["meta"]["says"] in words["problems"]


def test_q5_no_value_of_a_bad_row_reaches_a_log(caplog):
    caplog.set_level(logging.DEBUG)
    validate(
        relations(relation_id=["R1"], name=["Canary\nJeanne"], email=["canary-address"]), "relations", "relation_id"
    )
    assert "anary" not in caplog.text
