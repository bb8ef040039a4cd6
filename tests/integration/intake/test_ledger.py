"""The ledger of imports: full exports, drops let through, previews, several files at once, and what was told shown again."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from factories import TUESDAY, relation, write_csv
from flows.cli import relance
from flows.jobs.imports import read_source, run_import
from tasks.domain.definitions.kinds import RELATIONS
from tasks.domain.intake.gate import GateStopped
from tasks.intake.gate_and_write import ImportOptions
from tasks.intake.ledger import list_imports, show_import
from tasks.intake.quarantine import Feed
from tasks.intake.undo import undo_import

FULL, ACCEPTED, PREVIEW = ImportOptions(is_full=True), ImportOptions(accepts_drop=True), ImportOptions(is_preview=True)


def bring(office, *rows, terms, file="r.csv", on=TUESDAY):
    path = write_csv(office.settings.home / file, rows)
    return run_import(office.settings, office.store, "relations", path, None, on, terms)


def people(*numbers):
    return [relation(f"R{n}", "2026-12-01") for n in numbers]


def statuses(office):
    with office.store.begin() as connection:
        return dict(map(tuple, connection.execute(text("SELECT relation_id, status FROM relations"))))


@pytest.fixture
def verb(sqlite_office, monkeypatch):
    """The command line of a home: words in, what was printed out."""
    monkeypatch.setenv("RELANCE_HOME", str(sqlite_office.settings.home))

    def at_the_desk(*words, expect=0):
        result = CliRunner().invoke(relance, [str(w) for w in words], catch_exceptions=False)
        assert result.exit_code == expect, result.output
        return result

    return at_the_desk


def test_relations_missing_from_a_full_export_become_former_only_when_asked(office):
    bring(office, *people(1, 2, 3), terms=ImportOptions())
    assert set(statuses(bring(office, *people(1, 2), terms=ImportOptions()) and office).values()) == {"client"}
    admission = bring(office, *people(1, 2), terms=FULL).admission
    assert (admission.unchanged, admission.made_former) == (2, 1)
    assert statuses(office) == {"R1": "client", "R2": "client", "R3": "former"}
    assert bring(office, *people(1, 2), terms=FULL).admission.made_former == 0
    assert bring(office, *people(1, 2, 3), terms=FULL).admission.changed == 1
    assert statuses(office)["R3"] == "client"


def test_a_full_export_of_one_profile_leaves_those_of_another_alone(office):
    (office.settings.home / "mappings" / "other.yaml").write_text(
        "mapping: other\nkind: relations\ncolumns: {relation_id: id, type: {constant: person}, "
        "status: {constant: client}, name: id}\n",
        encoding="utf-8",
    )
    office.reload()
    path = write_csv(office.settings.home / "o.csv", [{"id": "O1"}, {"id": "O2"}])
    run_import(office.settings, office.store, "relations", path, "other", TUESDAY)
    bring(office, *people(1), terms=FULL)
    assert statuses(office) == {"O1": "client", "O2": "client", "R1": "client"}


def test_a_full_export_with_rows_that_cannot_be_named_makes_nobody_former(office):
    bring(office, *people(1, 2), terms=ImportOptions())
    with pytest.raises(GateStopped, match="1 rows have no id that can be read"):
        bring(office, *people(1), relation(""), terms=FULL)
    assert set(statuses(office).values()) == {"client"}


def test_q3_a_full_export_that_would_make_most_former_is_stopped_and_may_be_let_through_once(office):
    bring(office, *people(*range(20)), terms=ImportOptions())
    few = people(*range(9))
    with pytest.raises(GateStopped, match="9 rows, where the last good read had 20"):
        bring(office, *few, terms=FULL)
    with pytest.raises(GateStopped, match="11 of the 20 relations known by it are not in it and would become former"):
        bring(office, *few, terms=FULL, file="another.csv")
    assert set(statuses(office).values()) == {"client"}
    admission = bring(office, *few, terms=ImportOptions(is_full=True, accepts_drop=True)).admission
    assert admission.made_former == 11
    assert show_import(office.store, admission.import_id)["is_drop_accepted"]
    # From now on this read is the measure.
    assert not show_import(office.store, bring(office, *few, terms=ACCEPTED).admission.import_id)["is_drop_accepted"]


def test_a_preview_tells_what_the_import_then_does_and_writes_nothing(office):
    rows = [*people(1, 2), relation("B1", type="x"), relation(" R3 ", "2026-12-01")]
    shown = bring(office, *rows, terms=PREVIEW)
    assert (statuses(office), list_imports(office.store, 5)) == ({}, [])
    real = bring(office, *rows, terms=ImportOptions())
    assert replace(shown.admission, import_id=0) == replace(real.admission, import_id=0)
    assert [r["cells"] for r in shown.details["repairs"]] == [1]
    assert shown.rows["relation_id"].tolist() == ["R1", "R2", "R3"]


def test_a_preview_shows_what_is_behind_a_closed_gate(office):
    shown = bring(office, *people(1), *(relation(f"B{n}", type="x") for n in range(9)), terms=PREVIEW)
    assert "9 of 10 rows are bad" in shown.closed
    assert shown.out["row_id"].tolist() == [f"B{n}" for n in range(9)]
    assert statuses(office) == {}


def test_the_ledger_shows_an_import_again_as_it_was_told(office):
    first = bring(
        office,
        *people(1, 2),
        relation("B1", "2026-12-01", type="x"),
        relation("R2", "2026-12-01"),
        terms=ImportOptions(),
    )
    bring(office, *people(1), terms=ImportOptions(), file="other.csv")
    newest, oldest = list_imports(office.store, 5)
    assert (newest["source_file"], oldest["source_file"], oldest["read"]) == ("other.csv", "r.csv", 4)
    again = show_import(office.store, first.admission.import_id)
    assert {k: again[k] for k in ("read", "new", "changed", "unchanged", "quarantined")} == {
        "read": 4,
        "new": 2,
        "changed": 0,
        "unchanged": 1,
        "quarantined": 1,
    }
    assert again["columns"][:2] == ["relation_id", "type"]
    assert [(f["effect"], f["column"], f["first_rows"]) for f in again["findings"]] == [("quarantine", "type", [4])]
    assert [(r["repair"], r["first_rows"]) for r in again["repairs"]] == [("repeated_row", [5])]
    assert len(again["sha256"]) == 64


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("clients.csv", "clients.csv"),
        ("clients-2026-11-24.csv", "clients-DAY.csv"),
        ("clients_20261124_0215.csv.gz", "clients_DAY.csv.gz"),
        ("20261124.xlsx", "DAY.xlsx"),
        ("export_societe_1.csv", "export_societe_1.csv"),
        ("run-123456.csv", "run-123456.csv"),
    ],
)
def test_the_day_in_a_files_name_does_not_make_it_another_feed(name, stream):
    assert Feed(RELATIONS, "canonical", name).stream == stream


def test_q3_a_feed_with_the_day_in_its_name_is_measured_against_the_day_before(office):
    bring(office, *people(*range(40)), relation("B1", type="x"), terms=ImportOptions(), file="clients-2026-11-23.csv")
    with pytest.raises(GateStopped, match="clients-2026-11-24.csv: 5 rows, where the last good read had 41"):
        bring(office, *people(*range(5)), terms=ImportOptions(), file="clients-2026-11-24.csv")
    bring(office, *people(*range(40)), terms=ImportOptions(), file="clients-2026-11-24.csv")
    assert office.store.read("open_quarantine").empty


def test_an_id_that_differs_only_in_capitals_or_blanks_is_set_aside(office):
    office.bring(relation("R1"), relation("ab c"))
    others = people(*range(10, 25))
    again = office.bring(relation("R1"), relation("r1"), relation("ABC"), relation("N2"), relation("n 2"), *others)
    out = office.store.read("open_quarantine")
    assert out["row_id"].tolist() == ["r1", "ABC", "n 2"]
    assert set(out["reason"]) == {"duplicate_id"}
    assert (again.admission.new, again.admission.quarantined) == (16, 3)


def test_a_profile_may_say_that_ids_are_exact(office):
    (office.settings.home / "mappings" / "exact.yaml").write_text(
        "mapping: exact\nkind: relations\nids: exact\ncolumns: {relation_id: id, type: {constant: person}, "
        "status: {constant: client}, name: id}\n",
        encoding="utf-8",
    )
    office.reload()
    path = write_csv(office.settings.home / "e.csv", [{"id": "001A"}, {"id": "001a"}])
    assert run_import(office.settings, office.store, "relations", path, "exact", TUESDAY).admission.new == 2


def test_activities_go_in_as_instants_of_the_firms_zone(office):
    office.take(
        "activities",
        {
            "activity_id": "A1",
            "kind": "meeting",
            "subject": "S",
            "starts_at": "2026-07-01T09:30",
            "location": "Gent",
            "contact_id": "C1",
            "notify_contact": "oui",
        },
        {"activity_id": "A2", "kind": "call", "subject": "S", "starts_at": "2026-12-01 09:30", "notify_contact": ""},
        {
            "activity_id": "A3",
            "kind": "call",
            "subject": "S",
            "starts_at": "2026-12-01T09:30:00+00:00",
            "notify_contact": "non",
        },
        {"activity_id": "A4", "kind": "call", "subject": "S", "starts_at": "tomorrow", "notify_contact": "non"},
        {"activity_id": "A5", "kind": "call", "subject": "S", "starts_at": "2026-12-01", "ends_at": "2026-11-01"},
        *({"activity_id": f"Z{n}", "kind": "call", "subject": "S", "starts_at": "2027-01-01"} for n in range(9)),
    )
    with office.store.begin() as connection:
        found = connection.execute(
            text(
                "SELECT activity_id, starts_at, is_contact_notified FROM activities WHERE activity_id < 'B' ORDER BY 1"
            )
        )
        rows = [(row[0], str(row[1])[:16], None if row[2] is None else bool(row[2])) for row in found]
    assert rows == [
        ("A1", "2026-07-01 07:30", True),
        ("A2", "2026-12-01 08:30", None),
        ("A3", "2026-12-01 09:30", False),
    ]
    assert office.store.read("open_quarantine")["column_name"].tolist() == ["starts_at", "ends_at"]


SEVERAL = """
mapping: crm
files:
  - {file: "companies*.csv", mapping: crm-companies}
  - {file: "contracts.csv", mapping: crm-missions}
  - {file: "contracts.csv", mapping: crm-services}
  - {file: "contacts.csv", mapping: crm-companies, optional: true}
"""
PARTS = {
    "crm-companies": "mapping: crm-companies\nkind: relations\ncolumns: {relation_id: id, name: title, "
    "type: {constant: company}, status: {constant: client}}\n",
    "crm-missions": "mapping: crm-missions\nkind: missions\nleave_out: {state: [template]}\ncolumns: {mission_id: contract, "
    "relation_id: company, status: {constant: signed}}\n",
    "crm-services": "mapping: crm-services\nkind: mission_services\nleave_out: {state: [template]}\n"
    "columns: {mission_id: contract, template: {from: product, values: {VAT: vat}}, frequency: {constant: monthly}}\n",
    "crm": SEVERAL,
}


@pytest.fixture
def crm(sqlite_office):
    for name, profile in PARTS.items():
        (sqlite_office.settings.home / "mappings" / f"{name}.yaml").write_text(profile, encoding="utf-8")
    folder = sqlite_office.settings.home / "export"
    folder.mkdir()
    write_csv(folder / "companies-1.csv", [{"id": "C1", "title": "A"}])
    write_csv(folder / "companies-2.csv", [{"id": "C2", "title": "B"}])
    lines = [
        ("K1", "C1", "VAT", ""),
        ("K1", "C1", "payroll", ""),
        ("K2", "C2", "VAT", ""),
        ("K9", "C2", "VAT", "template"),
    ]
    write_csv(
        folder / "contracts.csv",
        [dict(zip(("contract", "company", "product", "state"), line, strict=True)) for line in lines],
    )
    return folder


def test_several_files_go_in_by_one_profile_and_one_file_as_two_kinds(verb, crm):
    printed = json.loads(verb("import", "all", crm, "--mapping", "crm", "--json").stdout)
    told = [(i["kind"], i["file"], i["read"], i["new"], i["unchanged"], i["left_out"]) for i in printed]
    assert told == [
        ("relations", "companies-1.csv", 1, 1, 0, 0),
        ("relations", "companies-2.csv", 1, 1, 0, 0),
        ("missions", "contracts.csv", 3, 2, 1, 1),
        ("mission_services", "contracts.csv", 3, 3, 0, 1),
    ]
    assert "1 rows left out, as the profile says" in verb("imports", 3).stderr


def test_a_file_that_the_profile_asks_for_and_that_is_not_there_is_named(verb, crm):
    (crm / "contracts.csv").unlink()
    said = verb("import", "all", crm, "--mapping", "crm", expect=1).stderr
    assert "no file is named like 'contracts.csv', which mapping crm asks for" in said
    assert verb("imports").stderr.strip() == "Nothing was imported yet."


def test_one_bad_file_of_several_is_told_and_the_others_go_in(verb, crm):
    (crm / "companies-2.csv").write_text("", encoding="utf-8")
    said = verb("import", "all", crm, "--mapping", "crm", expect=1).stderr
    assert "companies-2.csv: it is empty" in said
    assert "contracts.csv (run 2)" in said


def test_the_preview_shows_rows_and_problems_and_the_undo_takes_the_import_back(verb, sqlite_office):
    home = sqlite_office.settings.home
    write_csv(home / "c.csv", [relation("R1", "2026-12-01"), relation("B1", "31/12/2026")])
    shown = verb("import", "relations", home / "c.csv", "--preview")
    assert "relation_id         R1" in shown.stdout
    assert "email: in 1 of the 1 rows that go in (100%)." in shown.stderr
    assert "id_card.expires_on: 2026: 1." in shown.stderr
    assert "row 3 (B1): id_card.expires_on: the expiry date is not a day written as 2027-01-31." in shown.stderr
    assert "This is a preview: nothing was written." in shown.stderr
    data = json.loads(verb("import", "relations", home / "c.csv", "--preview", "--json", "--rows", 1).stdout)
    assert (data["preview"], data["import_id"], len(data["rows"]), len(data["problems"])) == (True, None, 1, 1)
    assert data["shares"]["years"] == {"id_card.expires_on": {"2026": 1}}
    assert verb("import", "relations", home / "c.csv").stderr.startswith("c.csv (run 1): 2 rows read: 1 new")
    assert "Import 1 (c.csv) is undone: 1 relations removed" in verb("import", "--undo", 1).stderr
    assert "was undone already" in verb("import", "--undo", 1, expect=1).stderr
    assert "It was undone on" in verb("imports", 1).stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["import"], "Write what the rows are, and their file"),
        (["import", "relations"], "Write what the rows are, and their file"),
        (["import", "all", "."], "`all` needs --mapping"),
        (["import", "relations", "x.csv", "--undo", "1"], "--undo takes a run's number"),
    ],
)
def test_bad_usage_is_answered_with_how_to_write_it(verb, words, says):
    assert says in verb(*words, expect=2).stderr


def test_the_same_bytes_again_are_known_without_reading_them_and_told_alike(office, monkeypatch):
    rows = [*people(*range(12)), relation("B1", type="x"), relation(" R99 ", "")]
    first = bring(office, *rows, terms=ImportOptions())
    monkeypatch.setattr("flows.jobs.imports.read_source", None)
    again = run_import(office.settings, office.store, "relations", office.settings.home / "r.csv", None, TUESDAY)
    assert (again.admission.new, again.admission.changed, again.admission.unchanged) == (0, 0, 13)
    assert (again.admission.read, again.admission.quarantined) == (14, 1)
    assert again.details == first.details
    assert [line["import_id"] for line in list_imports(office.store, 5)] == [
        again.admission.import_id,
        first.admission.import_id,
    ]


@pytest.mark.parametrize("change", ["another file", "undone", "a profile", "an expectation's firm", "an earlier day"])
def test_the_same_bytes_are_read_again_where_anything_else_is_not_the_same(office, monkeypatch, change):
    rows = people(*range(12))
    (office.settings.home / "mappings" / "own.yaml").write_text(
        "mapping: own\nkind: relations\ncolumns: {relation_id: relation_id, type: type, status: status, name: name}\n",
        encoding="utf-8",
    )
    office.reload()
    path = write_csv(office.settings.home / "r.csv", rows)

    def again(on=TUESDAY):
        return run_import(office.settings, office.store, "relations", path, "own", on).admission

    first, day = again(), TUESDAY
    if change == "another file":
        bring(office, relation("R1", name="Changed meanwhile"), terms=ImportOptions(), file="other.csv")
    elif change == "undone":
        undo_import(office.store, first.import_id, datetime(2026, 11, 24))
    elif change == "a profile":
        office.edit("mappings/own.yaml", "name: name", "name: email")
    elif change == "an expectation's firm":
        office.edit("firm.yaml", "max_bad_share: 0.2", "max_bad_share: 0.3")
    else:
        day = TUESDAY - timedelta(days=1)
    read = []
    monkeypatch.setattr("flows.jobs.imports.read_source", lambda *asked: read.append(asked) or read_source(*asked))
    found = again(day)
    assert len(read) == 1
    assert (found.new, found.changed) == {"another file": (0, 1), "undone": (12, 0), "a profile": (0, 12)}.get(
        change, (0, 0)
    )


def test_relances_own_columns_go_in_as_a_french_spreadsheet_saves_them(office):
    columns = "relation_id;type;status;name;email;language;owner_id;company_id;id_card;id_card.expires_on"
    rows = ["R1;person;client;Zoé Lefèvre;z@x.example;fr;;;591;31/12/2026", "R2;company;client;Café SARL;;;;;;46387"]
    path = office.settings.home / "clients.csv"
    path.write_bytes("\r\n".join([columns, *rows, ""]).encode("cp1252"))
    admission = run_import(office.settings, office.store, "relations", path, "relations-excel", TUESDAY).admission
    assert (admission.new, admission.quarantined) == (2, 0)
    with office.store.begin() as connection:
        cards = connection.execute(text("SELECT CAST(expires_on AS text) FROM relation_fields ORDER BY 1")).all()
        names = connection.execute(text("SELECT name FROM relations ORDER BY relation_id")).all()
    assert ([row[0] for row in cards], [row[0] for row in names]) == (
        ["2026-12-31", "2026-12-31"],
        ["Zoé Lefèvre", "Café SARL"],
    )
