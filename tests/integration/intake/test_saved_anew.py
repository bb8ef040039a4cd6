"""Files of quarantined rows that a spreadsheet saved anew: the same profile reads them, and says what it read otherwise."""

import csv

import pytest

from factories import TUESDAY, relation
from flows.jobs.imports import run_import
from tasks.domain.definitions.kinds import ShapeError
from tasks.domain.errors import RelanceError
from tasks.intake.quarantine_files import write_quarantine

PROFILE = """
mapping: crm
kind: relations
encoding: {encoding}
separator: "{separator}"
columns:
  relation_id: N°
  type: {{constant: person}}
  status: {{constant: client}}
  name: {{from: [Prénom, Nom]}}
  email: Mail
  solde: Solde
"""
SAVED = [("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t"), ("utf-8", ","), ("cp850", ";")]


def value(office, sql):
    with office.store.begin(only_reads=True) as connection:
        return connection.exec_driver_sql(sql).scalar()


def export(office, encoding, separator):
    office.settings.home.joinpath("mappings", "crm.yaml").write_text(
        PROFILE.format(encoding=encoding, separator=separator), encoding="utf-8"
    )
    office.reload()
    path = office.settings.home / "tiers.csv"
    lines = [["N°", "Prénom", "Nom", "Mail", "Solde"]]
    lines += [[f"C{n}", "Ève", "Noël", f"m{n}@x.example", "12,50"] for n in range(20)]
    lines += [["", "Zoé", "Petit", "z@x.example", "1 234,50"]]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(lines)
    return run_import(office.settings, office.store, "relations", path, "crm", TUESDAY)


@pytest.mark.parametrize("written", SAVED)
@pytest.mark.parametrize("stated", [("utf-8", ","), ("cp1252", ";")])
def test_a_mended_file_is_read_however_a_spreadsheet_saved_it(sqlite_office, stated, written):
    office = sqlite_office
    assert export(office, *stated).admission.quarantined == 1
    (one,) = write_quarantine(office.store, office.settings.mappings, office.settings.home / "mend")
    with one.path.open(encoding=stated[0], newline="") as file:
        lines = list(csv.reader(file, delimiter=stated[1]))
    lines[1][0] = "C99"
    with one.path.open("w", encoding=written[0], newline="") as file:
        csv.writer(file, delimiter=written[1]).writerows(lines)
    done = run_import(office.settings, office.store, "relations", one.path, "crm", TUESDAY)
    assert (done.admission.new, done.admission.quarantined) == (1, 0)
    found = value(office, "SELECT name FROM relations WHERE relation_id = 'C99'")
    solde = value(office, "SELECT value FROM relation_fields WHERE relation_id = 'C99' AND field = 'solde'")
    assert (found, solde) == ("Zoé Petit", "1 234,50")
    assert any("divided by" in d for d in done.details["doubts"]) == (written[1] != stated[1])
    assert office.store.read("open_quarantine").empty


@pytest.mark.parametrize("written", [("cp1252", ";"), ("utf-16", "\t"), ("utf-8-sig", ";")])
def test_q4_a_mended_file_in_relances_own_shape_may_be_saved_anew_as_well(sqlite_office, written):
    office = sqlite_office
    good = [relation(f"R{n}", "2026-12-01", name="Zoé Noël") for n in range(20)]
    assert office.bring(*good, relation("", "2026-12-01", name="Ève Zoé")).admission.quarantined == 1
    (one,) = write_quarantine(office.store, office.settings.mappings, office.settings.home / "mend")
    with one.path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    lines[1][lines[0].index("relation_id")] = "R99"
    with one.path.open("w", encoding=written[0], newline="") as file:
        csv.writer(file, delimiter=written[1]).writerows(lines)
    done = run_import(office.settings, office.store, "relations", one.path, None, TUESDAY)
    assert (done.admission.new, done.admission.quarantined) == (1, 0)
    assert value(office, "SELECT name FROM relations WHERE relation_id = 'R99'") == "Ève Zoé"
    assert len(done.details["doubts"]) == 1 + (written[0] != "utf-8-sig")
    assert office.store.read("open_quarantine").empty


@pytest.mark.parametrize(("encoding", "separator"), [("cp1252", ","), ("utf-8", ";"), ("utf-16", ",")])
def test_q3_another_file_in_relances_own_shape_is_only_read_as_it_must_be(sqlite_office, encoding, separator):
    office = sqlite_office
    path = office.settings.home / "clients.csv"
    row = relation("R1", "2026-12-01", name="Zoé Noël")
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows([list(row), list(row.values())])
    with pytest.raises(RelanceError):
        run_import(office.settings, office.store, "relations", path, None, TUESDAY)


def test_a_file_that_is_not_the_profiles_is_refused_by_the_title_it_lacks(sqlite_office):
    office = sqlite_office
    export(office, "utf-8", ",")
    path = office.settings.home / "other.csv"
    path.write_text("N°;Prénom;Nom\n1;A;B\n", encoding="utf-8")
    with pytest.raises(
        ShapeError, match=r"'Mail', 'Solde' of mapping crm is missing.*The file has: 'N°', 'Prénom', 'Nom'"
    ):
        run_import(office.settings, office.store, "relations", path, "crm", TUESDAY)
