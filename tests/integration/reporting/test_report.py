"""The report: self-contained, in the firm's language, with the night's own figures, safe to open."""

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import yaml

from factories import TUESDAY, relation
from tasks.domain.reasons import Reason
from tasks.reporting.report import coming_up, due_by_week
from tasks.translations import TRANSLATIONS


@pytest.fixture
def page(office):
    office.bring(
        relation("R1", "2026-11-20", name="<script>alert(1)</script>"),
        relation("R2", "2026-12-10"),
        relation("R3", "", name="=HYPERLINK(1)"),
        relation("R4", "2026-11-20", email=""),
        relation("R5", "2026-11-20", type="x"),
    )
    office.put_on("R1", "R2", "R3", "R4")
    return lambda: (office.night(), (office.settings.reports / f"report-{TUESDAY}.html").read_text(encoding="utf-8"))


def test_a_report_needs_nothing_from_elsewhere(page):
    _, html = page()
    assert not re.findall(r'(?:src|href)="(?!to-mend-|runs/|data-docs/|#)[^"]*"', html)
    assert "@import" not in html
    assert "<script" not in html


def test_a_report_is_well_formed(page):
    _, html = page()
    void = {"meta", "br", "rect", "line", "link", "polyline", "circle"}
    stack = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, _attrs):
            if tag not in void:
                stack.append(tag)

        def handle_endtag(self, tag):
            if tag not in void:
                assert stack.pop() == tag

    Tags().feed(html)
    assert stack == []


def test_a_printed_table_repeats_its_head_and_cuts_no_row(page):
    _, html = page()
    assert "@page { size: A4;" in html
    assert re.search(
        r"@media print.*tr, p \{ break-inside: avoid; \}.*thead \{ display: table-header-group; \}", html, re.DOTALL
    )
    tables = re.findall(r"<table>(.*?)</table>", html, re.DOTALL)
    assert tables
    assert all(table.strip().startswith("<thead>") for table in tables if "<th" in table)
    assert html.count("<tbody>") == html.count("</tbody>") == html.count("<thead>")


def test_each_links_text_is_its_address_so_that_paper_shows_it(page):
    _, html = page()
    links = re.findall(r'<a href="([^"]*)">([^<]*)</a>', html)
    assert len(links) == 2
    assert all(address == text for address, text in links)


def test_the_page_says_what_each_kind_of_gap_blocks_and_since_when(page):
    _, html = page()
    blocked = html.partition("Ce que ces manques bloquent")[2].partition("</table>")[0]
    cells = re.findall(r"<td[^>]*>([^<]*)", blocked)
    assert cells[:4] == [
        "Suivi des cartes d&#39;identité (Mise à jour des informations ID)",
        "donnée manquante",
        "1",
        "24 nov. 2026",
    ]


def test_the_figures_of_the_page_are_the_nights(page):
    figures, html = page()
    tiles = re.findall(r'<div class="tile[^"]*"><b>([^<]+)</b>', html)
    expected = [4, figures.created, figures.closed, figures.delivered.sent, 1, 3, 1, 1]
    assert tiles == [str(n) for n in expected]


def test_the_page_names_what_to_mend_and_what_to_do(page):
    _, html = page()
    assert "Compléter la date d&#39;expiration" in html
    assert "le type n&#39;est ni person" in html
    assert "pas d&#39;adresse e-mail" in html


@pytest.mark.parametrize(
    ("language", "title"),
    [("fr", "Rapport des suivis"), ("nl", "Opvolgingsverslag"), ("en", "Follow-up report"), ("de", "Follow-up report")],
)
def test_the_page_is_in_the_firms_language(office, language, title):
    office.edit("firm.yaml", "language: fr", f"language: {language}")
    office.bring(relation("R1", "2026-11-20"))
    office.night()
    assert title in (office.settings.reports / f"report-{TUESDAY}.html").read_text(encoding="utf-8")


def test_the_list_to_mend_is_a_csv_that_no_spreadsheet_computes(page, office):
    page()
    with (office.settings.reports / f"to-mend-{TUESDAY}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(r["relation_id"], r["name"], r["reason"]) for r in rows] == [("R3", "'=HYPERLINK(1)", "missing_field")]


def test_open_tasks_fall_into_one_bar_each():
    due = pd.Series(["2026-11-23", "2026-11-24", "2026-11-30", "2026-12-01", "2027-01-18", "2027-01-19", "2030-01-01"])
    bars = due_by_week(due.astype("datetime64[s]"), TUESDAY)
    assert [b["tasks"] for b in bars] == [1, 2, 1, 0, 0, 0, 0, 0, 1, 2]
    assert sum(b["tasks"] for b in bars) == len(due)


def test_what_the_next_nights_will_make_is_told_by_schedule():
    planned = pd.DataFrame(
        {
            "template": ["vat", "vat", "vat", "id-card"],
            "schedule": ["returns", "returns", "returns", "renewal"],
            "planned_on": pd.to_datetime(["2026-12-20", "2026-12-25", "2026-11-20", "2026-12-01"]),
            "due_on": pd.to_datetime(["2026-12-30", "2027-01-04", "2026-11-30", "2026-12-21"]),
            "reason": ["not_yet", "not_yet", None, "not_yet"],
        }
    )
    told = coming_up(planned, TUESDAY)
    assert [tuple(map(str, row)) for row in told.astype({"next_on": "str", "next_due_on": "str"}).to_numpy()] == [
        ("id-card", "renewal", "2026-12-01", "2026-12-21", "1"),
        ("vat", "returns", "2026-12-20", "2026-12-30", "1"),
    ]


def test_a_night_that_made_this_months_task_tells_next_months(office):
    office.define("vat")
    office.bring(relation("R1"))
    office.take("missions", {"mission_id": "M1", "relation_id": "R1", "status": "signed"})
    service = {"mission_id": "M1", "template": "vat", "frequency": "monthly", "first_due_on": "2026-11-30"}
    office.take("mission_services", service)
    figures = office.night()
    assert figures.created == 1
    page = Path(figures.report).read_text(encoding="utf-8")
    assert "20 déc. 2026" in page
    assert "30 déc. 2026" in page


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_every_reason_says_its_name_and_what_to_do_and_nothing_else(language):
    words = yaml.safe_load((TRANSLATIONS / f"{language}.yaml").read_text(encoding="utf-8"))
    assert set(words["reason"]) == {reason.value for reason in Reason}
    assert all(set(said) == {"name", "do"} and all(said.values()) for said in words["reason"].values())
