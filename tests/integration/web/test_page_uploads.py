"""Files: counted as they come, examined before they are kept, on disk before their row, and never given back (D5)."""

import io
import os
from datetime import timedelta

import pytest
from page_client import Pages, ask, link_in, mails, pdf
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select, text

from flows.web.forms import INCOMING, MOST_FILES
from sql import schema
from tasks.requests.documents import list_documents
from tasks.requests.page import uploads
from tasks.requests.page.uploads import sweep


@pytest.fixture
def opened(pages):
    pages.open(link_in(mails(pages.office)[0]))
    return pages


@pytest.fixture
def any_opened(any_pages):
    any_pages.open(link_in(mails(any_pages.office)[0]))
    return any_pages


def picture(kind="JPEG", size=(60, 40), **more):
    written = io.BytesIO()
    Image.new("RGB", size, "navy").save(written, kind, **more)
    return written.getvalue()


def documents(pages):
    return list_documents(pages.office.store, "R1", pages.office.settings.documents)


def on_disk(pages):
    folder = pages.office.settings.documents
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def events(pages, kind):
    e = schema.request_events.c
    with pages.office.store.begin() as connection:
        return list(connection.execute(select(e.detail).where(e.kind == kind)).scalars())


def test_d5_a_file_is_kept_under_a_random_name_for_its_owner_only(any_opened):
    assert any_opened.upload("bank", "relev%C3%A9.pdf", pdf()).json() == {"said": "Reçu"}
    (kept,) = documents(any_opened)
    path = any_opened.office.settings.documents / kept["path"]
    assert (kept["name"], kept["scan"], kept["size"]) == ("relevé.pdf", "unscanned", len(pdf()))
    assert path.read_bytes() == pdf()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "relev" not in path.name
    assert on_disk(any_opened) == [str(path.relative_to(any_opened.office.settings.documents))]
    assert any_opened.states()["bank"] == "open"  # two are asked for
    assert any_opened.upload("bank", "2.pdf", pdf(2)).status_code == 200
    assert any_opened.states()["bank"] == "received"


def test_d3_a_kept_file_is_never_shown_again_only_its_name_size_and_time(opened):
    opened.upload("bank", "secret.txt", b"un contenu que personne ne revoit")
    shown = opened.get("/d").text
    assert "secret.txt (1\u00a0ko), reçu le mardi 24 novembre 2026 à 12 h 00" in shown
    (kept,) = documents(opened)
    name = kept["path"].rpartition("/")[2]
    for path in (f"/documents/{name}", f"/static/{name}", f"/static/../documents/{name}", "/d/1/items/bank/files/1"):
        assert opened.get(path).status_code in (404, 405)


def test_the_same_file_twice_is_one_and_says_so(opened):
    opened.upload("bank", "a.jpg", picture())
    assert "déjà là" in opened.upload("bank", "b.jpg", picture()).json()["said"]
    assert len(documents(opened)) == 1
    assert opened.send("bank", files=[("file", ("c.jpg", picture(), "image/jpeg"))]).status_code == 303
    assert len(documents(opened)) == 1


def test_a_picture_is_kept_upright_and_without_the_place_where_it_was_taken(opened):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "rue de la Paix"
    opened.upload("bank", "photo.jpg", picture(exif=exif))
    (kept,) = documents(opened)
    path = opened.office.settings.documents / kept["path"]
    assert b"rue de la Paix" not in path.read_bytes()
    with Image.open(path) as image:
        assert (image.size, dict(image.getexif())) == ((40, 60), {})


def test_several_photographs_of_one_paper_become_one_document(opened):
    files = [("file", (f"p{n}.jpg", picture(size=(40 + n, 40)), "image/jpeg")) for n in range(3)]
    assert opened.send("bank", files=files, combine="yes").status_code == 303
    (kept,) = documents(opened)
    assert kept["name"] == "p0.pdf"
    assert len(PdfReader(opened.office.settings.documents / kept["path"]).pages) == 3
    assert len(on_disk(opened)) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("facture.pdf", b"MZ" + bytes(100), "programme"),
        ("page.html", b"<html><script>1</script></html>", ""),
        ("vide.pdf", b"", "vide"),
        ("photo.png", pdf(), "contenu"),
    ],
)
def test_d5_a_file_that_is_refused_is_refused_in_words_and_not_kept(opened, name, content, words):
    answer = opened.upload("bank", name, content)
    assert answer.status_code == 422
    assert words in answer.json()["problem"]
    assert (documents(opened), on_disk(opened)) == ([], [])
    assert len(events(opened, "file_refused")) == 1
    by_form = opened.send("bank", files=[("file", (name, content, "application/pdf"))])
    assert by_form.status_code == 422
    assert 'id="problem-bank"' in by_form.text


def test_one_refused_file_does_not_stop_the_others(opened):
    files = [("file", (f"{n}.txt", f"relevé {n}".encode(), "text/plain")) for n in (1, 2)]
    answer = opened.send("bank", files=[files[0], ("file", ("x.exe", b"MZ" + bytes(9), "x")), files[1]])
    assert answer.status_code == 422
    assert len(documents(opened)) == 2
    assert opened.states()["bank"] == "received"


def test_d5_what_is_larger_than_said_is_cut_off_and_nothing_is_left(sqlite_office, moment):
    ask(sqlite_office, web="  max_file_mb: 1\n")
    pages = Pages(sqlite_office, moment)
    pages.open(link_in(mails(sqlite_office)[0]))
    large = bytes(2 * 1024 * 1024)

    async def lying():
        for _ in range(8):
            yield large[: 256 * 1024]

    assert pages.upload("bank", "a.txt", large).status_code == 413
    assert pages.upload("bank", "a.txt", lying()).status_code == 413
    by_form = pages.send("bank", files=[("file", ("a.txt", large, "text/plain"))])
    assert by_form.status_code == 413
    assert "trop grand" in by_form.text
    assert (documents(pages), on_disk(pages)) == ([], [])


def test_a_form_with_too_many_files_is_refused_and_leaves_nothing(opened):
    files = [("file", (f"{n}.txt", b"x%d" % n, "text/plain")) for n in range(MOST_FILES + 1)]
    assert opened.send("bank", files=files).status_code == 400
    assert on_disk(opened) == []


def test_an_upload_that_breaks_off_leaves_nothing(opened):
    async def broken():
        yield b"x" * 1000
        raise ConnectionError

    action, fields = opened.form("/items/bank")
    broken_off = opened.ask("POST", f"{action}/files", content=broken(), headers={"x-form": fields["form"]})
    assert broken_off.status_code == 500
    assert on_disk(opened) == []


def test_a_full_disk_is_said_in_words(opened, monkeypatch):
    monkeypatch.setattr(uploads, "LEAST_FREE", 2**60)
    assert opened.upload("bank", "a.txt", b"x").status_code == 507
    assert "en ce moment" in opened.upload("bank", "a.txt", b"x").json()["problem"]
    assert opened.send("bank", files=[("file", ("a.txt", b"x", "text/plain"))]).status_code == 507
    assert on_disk(opened) == []


def test_a_document_whose_expiry_date_is_asked_waits_for_it_with_its_file(any_opened):
    assert any_opened.upload("card", "carte.pdf", pdf()).status_code == 200
    assert any_opened.states()["card"] == "open"
    assert any_opened.send("card").status_code == 422
    assert any_opened.send("card", expires_on="31/12/2030").status_code == 303
    assert any_opened.states()["card"] == "received"


def test_d5_a_file_and_the_answer_that_it_makes_are_one_transaction(any_opened, monkeypatch):
    """A server that dies after the file's row leaves no file beside an item that is still asked for."""
    monkeypatch.setattr(uploads, "save_item", lambda *_: 1 / 0)
    for n in (1, 2):
        assert any_opened.upload("bank", f"{n}.txt", f"relevé {n}".encode()).status_code == 500
    assert (documents(any_opened), on_disk(any_opened)) == ([], [])
    assert any_opened.states()["bank"] == "open"


def test_a_form_whose_file_completes_the_request_is_taken(sqlite_office, moment):
    ask(sqlite_office, items=[{"key": "only", "label": "Pièce", "type": "document"}])
    pages = Pages(sqlite_office, moment)
    pages.open(link_in(mails(sqlite_office)[0]))
    assert pages.send("only", files=[("file", ("a.txt", b"x", "text/plain"))]).status_code == 303
    assert pages.states() == {"only": "received"}
    assert len(documents(pages)) == 1


def test_a_wrong_file_is_taken_back_and_the_item_is_open_again(any_opened):
    for name in ("1", "2"):
        any_opened.upload("bank", f"{name}.txt", name.encode())
    assert any_opened.states()["bank"] == "received"
    action, fields = any_opened.form("/remove")
    assert any_opened.post(action, fields).status_code == 303
    assert any_opened.states()["bank"] == "open"
    assert (len(documents(any_opened)), len(on_disk(any_opened))) == (1, 1)
    assert any_opened.post(action, fields).status_code == 303  # twice is once


def test_a_request_closed_while_a_file_comes_keeps_the_file(opened):
    async def slow():
        yield b"relev"
        with opened.office.store.begin() as connection:
            connection.execute(text("UPDATE follow_up_tasks SET status = 'done', closed_on = '2026-11-24'"))
        yield "é".encode()

    assert opened.upload("bank", "a.txt", slow()).status_code == 200
    assert len(documents(opened)) == 1


def test_what_a_dead_upload_left_is_removed_after_a_day_and_what_has_a_row_never(opened):
    opened.upload("bank", "a.txt", b"x")
    folder = opened.office.settings.documents
    old, young = folder / INCOMING / "old.part", folder / INCOMING / "young.part"
    for file in (old, young):
        file.write_bytes(b"x")
    two_days_ago = (opened.clock() - timedelta(days=2)).timestamp()
    for file in folder.rglob("*"):
        if file.is_file() and file != young:
            os.utime(file, (two_days_ago, two_days_ago))
    os.utime(young, (opened.clock().timestamp(),) * 2)
    assert sweep(opened.office.store, folder, opened.clock()) == 1
    assert (old.exists(), young.exists(), len(documents(opened))) == (False, True, 1)
    assert len(on_disk(opened)) == 2


def test_an_infected_file_is_destroyed_and_the_owner_has_a_task(opened, monkeypatch):
    from tasks.requests.antivirus import ScanResult

    object.__setattr__(opened.web.settings.firm.web, "clamd", "unix:///nowhere")
    monkeypatch.setattr(uploads, "scan_file", lambda *_: ScanResult("infected", "Test"))
    assert opened.upload("bank", "a.txt", b"x").status_code == 422
    assert (documents(opened), on_disk(opened)) == ([], [])
    assert "infected" in [task["schedule"] for task in opened.office.tasks()]


def test_a_scanner_that_is_away_never_makes_a_file_clean(opened):
    object.__setattr__(opened.web.settings.firm.web, "clamd", "unix:///nowhere")
    assert opened.upload("bank", "a.txt", b"x").status_code == 200
    assert [row["scan"] for row in documents(opened)] == ["unscannable"]
