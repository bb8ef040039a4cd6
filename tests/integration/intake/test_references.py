"""Q6: references are compared as a person reads them, and stored as the id they mean is spelled, at every way in."""

import pytest
from sqlalchemy import text

from factories import TUESDAY, relation, write_csv
from flows.jobs.assign import run_assign
from flows.jobs.imports import run_import
from tasks.planning.assignments import RelationFilter

SPELLINGS = ["c1", " C1 ", "C1\u200b", "\uff231"]


def stored(office, column, table="relations", where="relation_id = 'R1'"):
    with office.store.begin() as connection:
        return connection.execute(text(f"SELECT {column} FROM {table} WHERE {where}")).scalar_one()


@pytest.mark.parametrize("written", SPELLINGS)
def test_q6_the_owner_and_the_company_of_a_relation_are_the_ones_that_a_person_reads(office, written):
    office.take("users", {"user_id": "C1", "email": "ana@firm.example", "first_name": "Ana"})
    office.bring(relation("C1", type="company"))
    report = office.bring(relation("R1", owner_id=written, company_id=written), file="more.csv")
    assert (stored(office, "owner_id"), stored(office, "company_id")) == ("C1", "C1")
    repairs = {(r["column"], r["repair"]) for r in report.details["repairs"]}
    assert {("owner_id", "respelled_id"), ("company_id", "respelled_id")} <= repairs or written == " C1 "


def test_q6_a_company_in_the_same_file_is_found_too(office):
    office.bring(relation("R1", company_id="c1"), relation("C1", type="company"))
    assert stored(office, "company_id") == "C1"


@pytest.mark.parametrize("written", SPELLINGS)
def test_q6_a_mission_and_its_services_belong_to_the_relation_that_a_person_reads(office, written):
    office.define("vat")
    office.bring(relation("C1"))
    mission = {"mission_id": "M1", "relation_id": written, "status": "signed", "start_on": "2027-01-01"}
    assert office.take("missions", mission).admission.quarantined == 0
    assert stored(office, "relation_id", "missions", "mission_id = 'M1'") == "C1"
    service = {"mission_id": written.replace("C", "M").replace("c", "m").replace("\uff23", "\uff2d"), "template": "vat"}
    assert office.take("mission_services", service).admission.quarantined == 0
    assert stored(office, "mission_id", "mission_services", "template = 'vat'") == "M1"


def test_q6_a_number_with_lost_zeros_means_the_client_it_was(office):
    office.bring(relation("0042"))
    mission = {"mission_id": "M1", "relation_id": "42", "status": "signed"}
    assert office.take("missions", mission).admission.quarantined == 0
    assert stored(office, "relation_id", "missions", "mission_id = 'M1'") == "0042"


def test_q6_a_reference_that_could_mean_two_ids_is_not_guessed(office):
    office.bring(relation("C1"))
    with office.store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO relations (relation_id, type, status, name, first_seen_on, folded_id) "
                "VALUES ('c1 ', 'company', 'client', 'Twin', '2026-01-01', 'c1')"
            )
        )
    mission = {"mission_id": "M1", "relation_id": "C\u200b1", "status": "signed"}
    assert office.take("missions", mission).admission.quarantined == 1


def test_q6_ids_that_a_profile_calls_exact_are_left_as_they_are(office):
    office.bring(relation("C1"))
    (office.settings.home / "mappings" / "plain.yaml").write_text(
        "mapping: plain\nkind: missions\nids: exact\ncolumns: {mission_id: id, relation_id: client, status: state}\n",
        encoding="utf-8",
    )
    office.reload()
    path = write_csv(office.settings.home / "m.csv", [{"id": "M1", "client": "c1", "state": "signed"}])
    assert run_import(office.settings, office.store, "missions", path, "plain", TUESDAY).admission.quarantined == 1


def test_q6_the_relations_named_to_assign_are_read_as_a_person_does(office):
    office.bring(relation("C1", "2026-12-01"), relation("0042", "2026-12-01"))
    named = RelationFilter(relations=("c1", "42", "nobody"))
    done = run_assign(office.settings, office.store, "id-card/renewal", named, None, False, TUESDAY)
    assert (done.changed, done.unknown) == (2, ["nobody"])
    off = run_assign(office.settings, office.store, "id-card/renewal", named, None, True, TUESDAY)
    assert off.changed == 2


@pytest.mark.parametrize("written", ["Ana Holm", "Holm Ana", "ana@firm.example"])
def test_an_owner_is_found_by_name_or_address_where_only_one_has_it(office, written):
    office.take("users", {"user_id": "U1", "email": "ana@firm.example", "first_name": "Ana", "last_name": "Holm"})
    report = office.bring(relation("R1", owner_id=written))
    assert stored(office, "owner_id") == "U1"
    assert [(r["repair"], r["cells"]) for r in report.details["repairs"] if r["column"] == "owner_id"] == [
        ("name_of_id", 1)
    ]


def test_a_company_is_found_by_its_name_in_the_database_and_in_the_same_file(office):
    office.bring(relation("C1", type="company", name="Hinge SA"))
    office.bring(
        relation("R1", company_id="Hinge SA"),
        relation("R2", company_id="Bolt BV"),
        relation("C2", name="Bolt BV"),
        file="more.csv",
    )
    assert stored(office, "company_id") == "C1"
    assert stored(office, "company_id", where="relation_id = 'R2'") == "C2"


def test_a_name_that_two_have_or_that_is_an_id_finds_nobody(office):
    office.bring(
        relation("C1", name="Hinge"),
        relation("C2", name="Hinge"),
        relation("Bolt", name="X"),
        relation("C3", name="Bolt"),
    )
    office.bring(relation("R1", company_id="Hinge"), relation("R2", company_id="Bolt"), file="more.csv")
    assert stored(office, "company_id") == "Hinge"
    assert stored(office, "company_id", where="relation_id = 'R2'") == "Bolt"


def test_the_relation_of_a_mission_is_never_found_by_its_name(office):
    office.bring(relation("C1", name="Hinge"))
    assert (
        office.take("missions", {"mission_id": "M1", "relation_id": "Hinge", "status": "signed"}).admission.quarantined
        == 1
    )


def test_what_nobody_knows_is_told_and_goes_in(office):
    office.take("users", {"user_id": "U1", "email": "ana@firm.example"})
    done = office.bring(
        relation("R1", owner_id="U1", company_id="C1"),
        relation("C1", owner_id="zz", type="company", company_id=""),
        relation("R2", owner_id="yy", company_id="Nowhere"),
        relation("", owner_id="xx"),
    )
    assert done.admission.new == 3
    assert done.details["doubts"] == [
        (
            "owner_id: 2 rows name none of the known users (rows 3, 4): nobody of the firm answers for these until `relance "
            "import users` brings them."
        ),
        "company_id: 1 rows name none of the known relations (rows 4): these belong to no company until a file brings it.",
    ]
    again = office.bring(relation("R1", owner_id="u1", company_id="c1"), file="other.csv")
    assert again.details["doubts"] == []


def test_a_company_that_is_a_person_of_the_file_is_told(office):
    done = office.bring(
        relation("1", company_id="2"), relation("2"), relation("3", company_id="4"), relation("4", type="company")
    )
    assert done.details["doubts"] == [
        (
            "company_id: 1 rows name a person of this file as their company (rows 2): are companies numbered apart? Then "
            "give their ids a `prefix`."
        )
    ]
