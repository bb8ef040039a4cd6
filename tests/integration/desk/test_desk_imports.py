"""Imports at the desk: a file is uploaded, looked at, imported once, and taken back."""

import re

import pytest
from desk_client import BOB, Desk
from sqlalchemy import select

from sql import schema

FILE = (
    "relation_id,type,status,name,email\nN1,person,client,Nina,nina@client.example\n,person,client,Sans,s@x.example\n"
)


@pytest.fixture
def importer(any_desk):
    any_desk.sign_in(role="admin")
    return any_desk


def upload(desk, content=FILE, name="clients.csv", **typed):
    action, form = next(
        (a, f) for a, f in desk.forms(desk.get("/desk/imports")) if a == "/desk/imports" and "form" in f
    )
    return desk.post(action, form | {"kind": "relations"} | typed, files={"file": (name, content.encode(), "text/csv")})


def known(desk):
    r = schema.relations.c
    with desk.office.store.begin(only_reads=True) as connection:
        return connection.execute(select(r.relation_id).order_by(r.relation_id)).scalars().all()


def test_a_file_is_looked_at_first_and_that_changes_nothing(importer):
    answer = upload(importer)
    assert answer.status_code == 303
    page = importer.get(answer.headers["location"]).text
    assert "Nouvelles</dt><dd>1</dd>" in page
    assert "En quarantaine</dt><dd>1</dd>" in page
    assert "nina@client.example" in page
    assert known(importer) == ["R1"]


def test_what_was_looked_at_is_imported_once(importer):
    path = upload(importer).headers["location"]
    action, form = importer.form(path, importer.get(path))
    answer = importer.post(action, form)
    assert answer.status_code == 303
    assert known(importer) == ["N1", "R1"]
    assert "Nouvelles</dt><dd>1</dd>" in importer.get(answer.headers["location"]).text
    assert importer.post(action, form).status_code == 409
    # What the preview held of clients is gone with it.
    assert "nina@client.example" not in importer.get(path).text
    page = importer.get("/desk/imports").text
    assert "clients.csv" in page


def test_an_import_is_taken_back(importer):
    path = upload(importer).headers["location"]
    action, form = importer.form(path, importer.get(path))
    importer.post(action, form)
    (number, *_) = re.findall(r'href="/desk/imports/(\d+)">clients.csv', importer.get("/desk/imports").text)
    action, form = importer.form(f"/desk/imports/{number}", importer.get(f"/desk/imports/{number}"))
    answer = importer.post(action, form)
    assert "retirées</dt><dd>1</dd>" in importer.get(answer.headers["location"]).text
    assert known(importer) == ["R1"]
    assert "annulé" in importer.get("/desk/imports").text
    again = importer.post(action, form)
    assert "was undone" in importer.get(again.headers["location"]).text or again.status_code == 409


def test_only_who_looked_may_import_and_only_that_file(importer):
    desk = importer
    path = upload(desk).headers["location"]
    desk.clock.forward(minutes=2)
    other = Desk(desk.office, desk.clock)
    other.sign_in(BOB["email"], role="admin")
    assert "Importer</button>" not in other.get(path).text
    (_, form) = other.form("/desk/sign-out", other.get(path))
    assert other.post(path, form).status_code == 409
    (file,) = (desk.office.settings.home / "works" / "1").glob("*.csv")
    file.write_text(FILE + "N2,person,client,Autre,a@x.example\n", encoding="utf-8")
    action, form = desk.form(path, desk.get(path))
    page = desk.get(desk.post(action, form).headers["location"]).text
    assert "not the one of the preview" in page
    assert known(desk) == ["R1"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a;b\n1;2\n", "relation_id"),
        ("\x00\x01\x02", ""),
    ],
    ids=["titles", "noise"],
)
def test_a_file_that_cannot_be_read_is_said_in_words(importer, content, says):
    answer = upload(importer, content)
    assert answer.status_code == 303
    page = importer.get(answer.headers["location"]).text
    assert "échoué" in page
    assert str(importer.office.settings.home) not in page
    assert says in page
    assert "Importer</button>" not in page


@pytest.mark.parametrize("name", ["../../evil.csv", "C:\\x\\evil.csv", ".csv", "é <b> %2e.csv", "x" * 300 + ".csv"])
def test_a_files_name_leads_nowhere_else(importer, name):
    answer = upload(importer, name=name)
    assert answer.status_code == 303
    works = importer.office.settings.home / "works"
    (file,) = (works / "1").glob("*.csv")
    assert file.resolve().parent == (works / "1").resolve()
    assert list((works / "incoming").iterdir()) == []


def test_no_file_an_empty_one_and_an_unknown_kind_are_refused(importer):
    assert upload(importer, "").status_code == 422
    assert upload(importer, kind="odd").status_code == 422
    assert upload(importer, mapping="none-such").status_code == 422
    assert not list((importer.office.settings.home / "works").glob("incoming/*"))


def test_only_an_administrator_imports_and_takes_back(any_desk):
    any_desk.sign_in(role="staff")
    page = any_desk.get("/desk/imports")
    assert 'type="file"' not in page.text
    (_, form) = any_desk.form("/desk/sign-out", page)
    assert any_desk.post("/desk/imports", form, files={"file": ("a.csv", b"x", "text/csv")}).status_code == 403
    assert any_desk.post("/desk/imports/1", form).status_code == 403
    assert any_desk.get("/desk/imports/1").status_code == 200
    assert any_desk.get("/desk/imports/999").status_code == 404
