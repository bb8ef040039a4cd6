"""Great Expectations' own page: every expectation and its counts, no value, nothing from elsewhere (Q5)."""

import re

import pandas as pd
import pytest

from factories import TUESDAY, relation
from tasks.reporting import data_docs
from tasks.reporting.data_docs import render_data_docs
from tasks.validation import validate

CANARIES = ["Canari\tZéphyrin", "canari.zephyrin@cage example", "canari-type", "592-7712999-12"]


@pytest.fixture
def caged(sqlite_office):
    """A firm whose bad rows hold what must never be read in a page of Great Expectations.

    An import keeps rows with such a name out; here one stands in the database.
    """
    sqlite_office.bring(
        relation("R1", "2026-11-20", name="Canari Zéphyrin", email=CANARIES[1], id_card=CANARIES[3]),
        relation("R2", "", email=""),
    )
    return sqlite_office


def judged(frame):
    kept = []
    validate(frame, "relations", "relation_id", kept.append)
    return kept


def bad_rows():
    frame = pd.DataFrame(
        {
            "relation_id": ["R1", "R2"],
            "type": ["person", CANARIES[2]],
            "status": ["client", CANARIES[3]],
            "name": [CANARIES[0], "A"],
            "email": [CANARIES[1], None],
        }
    ).astype("str")
    return frame.assign(source_row=[2, 3], appearance=1)


def test_q5_no_value_of_a_bad_row_is_in_the_page():
    page = render_data_docs(judged(bad_rows()))
    assert page.count("1 unexpected values found. 50% of 2 total rows.") >= 4
    found = [word for canary in CANARIES for word in (canary, canary.split()[0]) if word.lower() in page.lower()]
    assert found == []
    assert "anari" not in page
    for rendered in ("Sampled Unexpected Values", "unexpected_list", "unexpected_index", "Unexpected Value"):
        assert rendered not in page


def test_q5_no_file_of_a_nights_data_docs_holds_a_canary(caged):
    caged.night()
    files = [p for p in (caged.settings.reports / "runs").rglob("data-docs/*") if p.is_file()]
    assert [path.name for path in files] == ["index.html"]
    text = files[0].read_text(encoding="utf-8")
    assert "values must match this regular expression" in text
    assert "anari" not in text
    assert "592-77" not in text
    assert "cage" not in text


def test_the_page_loads_and_leads_nowhere():
    page = render_data_docs(judged(bad_rows()))
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', page) == []
    assert not re.search(r"<script|<link|<img|onclick|@import|url\(", page)


def test_every_expectation_judged_is_on_the_page():
    kept = judged(bad_rows())
    page = render_data_docs(kept)
    rows = re.findall(r'<i [^>]*class="[^"]*(?:text-success|text-danger)[^"]*"', page)
    assert len(rows) >= len(kept[0].results)


def test_two_validations_share_a_page_and_none_makes_none():
    kept = judged(bad_rows()) + judged(bad_rows().assign(name="A"))
    assert render_data_docs(kept).count("Expectation Suite:") == 2
    assert render_data_docs([]) is None


def test_a_page_that_cannot_be_made_fails_no_night_and_says_so_without_a_value(caged, monkeypatch, caplog):
    def broken(_result):
        raise ValueError(CANARIES[1])

    monkeypatch.setattr(data_docs, "_page", broken)
    figures = caged.night()
    assert figures.status == "done"
    assert "The Data Docs could not be made: ValueError." in caplog.text
    assert "anari" not in caplog.text
    page = (caged.settings.reports / f"report-{TUESDAY}.html").read_text(encoding="utf-8")
    assert "La page de Great Expectations n&#39;a pas pu être faite" in page
    assert "data-docs" not in page


def test_a_firm_can_do_without(caged):
    caged.edit("firm.yaml", "data_docs: true", "data_docs: false")
    caged.night()
    assert not list(caged.settings.reports.rglob("data-docs"))
    assert "Great Expectations" not in (caged.settings.reports / f"report-{TUESDAY}.html").read_text(encoding="utf-8")
