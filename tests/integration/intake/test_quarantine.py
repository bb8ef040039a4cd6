"""Quarantined rows go out in their source's own columns, are mended, and come back in."""

import csv
import json

import pytest
from click.testing import CliRunner

from factories import TUESDAY, relation
from flows.cli import relance
from flows.jobs.imports import run_import
from tasks.intake.quarantine_files import write_quarantine

PROFILE = """
mapping: crm
kind: relations
encoding: cp1252
separator: ";"
header: 2
columns:
  relation_id: {from: N°, prefix: c-}
  type: {from: Genre, values: {P: person}}
  status: {constant: client}
  name: {from: [Nom, "Nom#2"]}
  email: Mail
"""
EXPORT = (
    "Export du 24/11/2026\r\n"
    "N°;Genre;Nom;Nom;Mail;Tél\r\n"
    + "".join(f"{n};P;Martin;Ève;m{n}@x.example;+33 1\r\n" for n in range(12))
    + "90;Q;=SOMME(A1);Ève;b@x.example;+33 2\r\n"
    + ";P;Sans;Numéro;c@x.example;-1\r\n"
    + "91;P;Trop;de;d@x.example;1;2\r\n"
)


@pytest.fixture
def crm(office):
    (office.settings.home / "mappings" / "crm.yaml").write_text(PROFILE, encoding="utf-8")
    office.reload()
    path = office.settings.home / "tiers.csv"
    path.write_bytes(EXPORT.encode("cp1252"))
    first = run_import(office.settings, office.store, "relations", path, "crm", TUESDAY).admission
    assert (first.read, first.new, first.quarantined) == (15, 12, 3)
    return office


def out(office):
    return office.store.read("open_quarantine")["source_row"].tolist()


def exported(office):
    (one,) = write_quarantine(office.store, office.settings.mappings, office.settings.home / "mend")
    with one.path.open(encoding="cp1252", newline="") as file:
        return one, list(csv.reader(file, delimiter=";"))


def again(office, path, rows):
    with path.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return run_import(office.settings, office.store, "relations", path, "crm", TUESDAY).admission


def test_rows_go_out_as_their_source_writes_them_with_the_reason_beside(crm):
    one, rows = exported(crm)
    assert one.command == f"relance import relations {one.path} --mapping crm"
    assert rows[1] == ["N°", "Genre", "Nom", "Nom", "Mail", "Tél", "relance_reason", "relance_row", "relance_ref"]
    # A spreadsheet must not take a cell for a formula.
    assert rows[2][:7] == [
        "90",
        "Q",
        "'=SOMME(A1)",
        "Ève",
        "b@x.example",
        "'+33 2",
        "type: the type is none of person, sole_trader, company, other",
    ]
    assert rows[3][:8] == ["", "P", "Sans", "Numéro", "c@x.example", "'-1", "relation_id: the id is empty", "16"]
    assert rows[4][:7] == ["91;P;Trop;de;d@x.example;1;2", "", "", "", "", "", "7 cells where the header has 6"]


def test_q4_what_comes_back_mended_goes_in_and_leaves_quarantine(crm):
    one, rows = exported(crm)
    rows[2][1] = "P"
    rows[3][0] = "95"
    rows[4][:6] = ["91", "P", "Trop", "de", "d@x.example", "1"]
    mended = again(crm, one.path, rows)
    assert (mended.read, mended.new, mended.quarantined) == (3, 3, 0)
    assert out(crm) == []
    names = crm.store.read("relations", relation_id=None).set_index("relation_id")["name"]
    assert names[["c-90", "c-95"]].tolist() == ["=SOMME(A1) Ève", "Sans Numéro"]


def test_what_comes_back_unmended_stays_out_and_is_not_doubled(crm):
    one, rows = exported(crm)
    rows[2][1] = "P"
    still = again(crm, one.path, rows)
    assert (still.new, still.quarantined) == (1, 2)
    assert len(out(crm)) == 2
    # The source itself, still unmended, gives its three rows again; what was mended meanwhile is a known relation.
    run_import(crm.settings, crm.store, "relations", crm.settings.home / "tiers.csv", "crm", TUESDAY)
    assert sorted(set(crm.store.read("open_quarantine")["source_file"])) == ["mend-relations-tiers.csv", "tiers.csv"]


def test_a_row_that_a_person_leaves_out_of_the_file_stays_in_quarantine(crm):
    one, rows = exported(crm)
    rows[2][1] = "P"
    again(crm, one.path, rows[:3])
    assert out(crm) == [16, 17]


def test_canonical_rows_go_out_and_in_by_the_command_line(sqlite_office, monkeypatch):
    home = sqlite_office.settings.home
    monkeypatch.setenv("RELANCE_HOME", str(home))
    sqlite_office.bring(relation("R1", "2026-12-01"), relation("B1", "31/12/2026", name="Zoë"))

    def relance_(*words):
        return CliRunner().invoke(relance, [str(word) for word in words], catch_exceptions=False)

    listed = json.loads(relance_("quarantine", "list", "--json").stdout)
    assert [(row["row_id"], row["reason"], "raw" in row) for row in listed] == [("B1", "invalid_field", False)]
    assert "1 rows are in quarantine" in relance_("quarantine", "list").stderr
    said = relance_("quarantine", "export", home / "to-mend")
    path = home / "to-mend" / "mend-relations-r.csv"
    assert f"{path}: 1 rows. Correct them there, then: relance import relations {path}" in said.stderr
    path.write_text(path.read_text(encoding="utf-8-sig").replace("31/12/2026", "2026-12-31"), encoding="utf-8")
    assert "1 new" in relance_("import", "relations", path).stderr
    assert "0 rows are in quarantine" in relance_("quarantine", "list").stderr
    assert "Nothing is in quarantine." in relance_("quarantine", "export", home / "to-mend").stderr
