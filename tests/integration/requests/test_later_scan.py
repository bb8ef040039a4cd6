"""D5: what came while ClamAV was away is scanned when it is back, and one with a virus is locked and asked for anew."""

import json
import shutil

import pytest
from click.testing import CliRunner
from page_client import Moment, Pages, ask, link_in, mails, pdf
from sqlalchemy import select, text

from factories import TUESDAY
from flows.cli import relance
from flows.jobs.dispatch import run_dispatch
from sql import schema
from tasks.requests import later_scan
from tasks.requests.antivirus import ScanResult
from tasks.requests.documents import list_documents
from tasks.requests.page import uploads
from tests.harness.sent_files import pdf_by_library

AWAY = ScanResult("unscannable", "no answer from ClamAV", is_away=True)
CLEAN, VIRUS = ScanResult("clean"), ScanResult("infected", "Test.Text")


@pytest.fixture
def moment(monkeypatch):
    clock = Moment()
    for module in ("home.outgoing", "jobs.links", "jobs.later_scan"):
        monkeypatch.setattr(f"flows.{module}.now", clock)
    return clock


@pytest.fixture
def visited(office, moment, monkeypatch):
    """A page whose ClamAV is away."""
    ask(office, web="  clamd: unix:///nowhere\n")
    monkeypatch.setattr(uploads, "scan_file", lambda *_: AWAY)
    monkeypatch.setattr(later_scan, "scan_file", lambda *_: AWAY)
    pages = Pages(office, moment)
    pages.open(link_in(mails(office)[0]))
    return pages


def scans(pages):
    return [row["scan"] for row in list_documents(pages.office.store, "R1", pages.office.settings.documents)]


def events(pages, kind):
    e = schema.request_events.c
    with pages.office.store.begin(only_reads=True) as connection:
        return [json.loads(detail) for detail in connection.execute(select(e.detail).where(e.kind == kind)).scalars()]


def dispatch(pages):
    return run_dispatch(pages.office.settings, pages.office.store, TUESDAY)


def send_two(pages):
    for n in (1, 2):
        assert pages.upload("bank", f"{n}.txt", f"relevé {n}".encode()).status_code == 200


def test_what_came_while_clamav_was_away_waits_until_it_is_back(visited, monkeypatch):
    send_two(visited)
    dispatch(visited)
    assert (scans(visited), events(visited, "file_scanned")) == (["unscannable"] * 2, [])
    monkeypatch.setattr(later_scan, "scan_file", lambda *_: CLEAN)
    dispatch(visited)
    assert scans(visited) == ["clean"] * 2
    assert [event["scan"] for event in events(visited, "file_scanned")] == ["clean"] * 2
    assert visited.states()["bank"] == "received"


def test_a_night_scans_what_came_before_clamav_was_set_up(visited, monkeypatch):
    send_two(visited)
    with visited.office.store.begin() as connection:
        connection.execute(text("UPDATE documents SET scan = 'unscanned'"))
    monkeypatch.setattr(later_scan, "scan_file", lambda *_: CLEAN)
    visited.office.night(TUESDAY)
    assert scans(visited) == ["clean"] * 2


def test_d5_a_virus_found_later_locks_the_file_and_returns_its_item_with_the_reason(visited, monkeypatch, tmp_path):
    send_two(visited)
    monkeypatch.setattr(later_scan, "scan_file", lambda _, path: VIRUS if b"1" in path.read_bytes() else CLEAN)
    sent = len(mails(visited.office))
    dispatch(visited)
    assert scans(visited) == ["infected", "clean"]
    assert [event["scan"] for event in events(visited, "file_scanned")] == ["infected", "clean"]
    assert "1.txt" in events(visited, "item_returned")[0]["reason"]
    assert visited.states()["bank"] == "returned"
    page = visited.get("/d").text
    assert "L&#39;antivirus a trouvé un virus dans le fichier « 1.txt »" in page
    assert page.count("2.txt (") == 1
    assert "1.txt (" not in page
    assert "infected" in [task["schedule"] for task in visited.office.tasks()]
    assert len(mails(visited.office)) == sent + 1
    run = CliRunner().invoke(
        relance,
        ["documents", "R1", "--save", str(tmp_path / "out"), "--home", str(visited.office.settings.home)],
        env={"RELANCE_DATABASE_URL": visited.office.settings.database_url.get_secret_value()},
    )
    assert run.exit_code == 1
    assert "1 files are locked, as ClamAV found a virus in them (task 1, documents, bank)" in run.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1-documents-bank-2.txt"]


def test_the_same_infected_file_is_not_taken_again(visited, monkeypatch):
    send_two(visited)
    monkeypatch.setattr(later_scan, "scan_file", lambda *_: VIRUS)
    dispatch(visited)
    assert visited.upload("bank", "again.txt", "relevé 1".encode()).status_code == 422
    assert visited.states()["bank"] == "returned"


def test_a_file_with_a_password_is_never_clean_and_is_asked_about_once(visited, monkeypatch):
    visited.upload("bank", "a.pdf", pdf_by_library(lambda _: None, user_password="secret"))
    visited.upload("bank", "b.pdf", pdf())
    asked = []
    monkeypatch.setattr(later_scan, "scan_file", lambda _, path: asked.append(path) or CLEAN)
    dispatch(visited)
    dispatch(visited)
    assert (scans(visited), len(asked)) == (["unscannable", "clean"], 2)


def test_a_file_whose_bytes_are_missing_stops_no_other(visited, monkeypatch):
    send_two(visited)
    path = list_documents(visited.office.store, "R1", visited.office.settings.documents)[0]["path"]
    shutil.move(path, f"{path}.gone")
    monkeypatch.setattr(later_scan, "scan_file", lambda *_: CLEAN)
    dispatch(visited)
    assert scans(visited) == ["unscannable", "clean"]
