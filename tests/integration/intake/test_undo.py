"""Undoing an import: as if it had never come, save where something newer stands on it."""

from datetime import UTC, date, datetime

import pytest
from databases import count_rows
from sqlalchemy import Column, ForeignKey, MetaData, String, Table, text

from factories import TUESDAY, relation
from sql import schema
from tasks.desk.acts import latest_acts, note_act
from tasks.desk.sign_in import find_desk_session, make_link, open_session
from tasks.intake.ledger import list_imports, show_import
from tasks.intake.undo import BROUGHT_IN, GOES_WITH, OUTLIVES, UndoError, undo_import
from tasks.planning.missions import MissionFilter, sign_missions

NOW = datetime(2026, 11, 24, 10)
TABLES = {
    "relations": "relation_id, type, status, name, email, language, owner_id, company_id, is_opted_out",
    "relation_fields": "relation_id, field, value, expires_on, source, updated_on",
    "missions": "mission_id, relation_id, name, status, start_on, end_on",
    "mission_services": "mission_id, template, frequency, first_due_on, quantity, is_backfill",
    "users": "user_id, first_name, email, remind_minutes",
    "activities": "activity_id, kind, subject, starts_at, is_notified, remind_minutes",
    "quarantine": "kind, source_file, source_row, row_id, reason, problem, raw, is_holding, since_on",
    "assignments": "relation_id, template, schedule, start_on",
}


def everything(store):
    """All that imports write, by table."""
    with store.begin() as connection:
        return {
            name: sorted(tuple(map(str, row)) for row in connection.execute(text(f"SELECT {columns} FROM {name}")))
            for name, columns in TABLES.items()
        }


def undo(office, imported):
    return undo_import(office.store, imported.admission.import_id, NOW)


def test_an_import_undone_leaves_nothing_of_its_own(office):
    before = everything(office.store)
    imported = office.bring(relation("R1", "2026-12-01", id_card="591"), relation("R2"), relation("B1", type="x"))
    undone = undo(office, imported)
    assert (undone.removed, undone.restored, undone.kept, undone.put_to_rest) == (2, 0, 0, 0)
    assert everything(office.store) == before


def test_what_an_import_changed_is_again_as_it_was(office):
    office.bring(relation("R1", "2026-12-01", owner_id="u1"), relation("R2", ""), relation("B1", type="x"))
    before = everything(office.store)
    wrong = office.bring(
        relation("R1", "2029-12-01", name="Wrong", owner_id=""),
        relation("R2", "2027-01-01", status="former"),
        relation("B1"),
        relation("R3"),
        on=TUESDAY,
    )
    assert (wrong.admission.new, wrong.admission.changed) == (2, 2)
    assert everything(office.store) != before
    undone = undo(office, wrong)
    assert (undone.kind, undone.removed, undone.restored, undone.kept) == ("relations", 2, 2, 0)
    assert everything(office.store) == before


def test_every_kind_of_row_can_be_undone(office):
    office.define("vat")
    office.bring(relation("R1", type="company"))
    first = [
        office.take("users", {"user_id": "u1", "email": "u1@cabinet.example", "remind_minutes": "30"}),
        office.take(
            "missions", {"mission_id": "M1", "relation_id": "R1", "status": "signed", "start_on": "2026-01-01"}
        ),
        office.take(
            "mission_services", {"mission_id": "M1", "template": "vat", "frequency": "monthly", "backfill": "yes"}
        ),
        office.take(
            "activities",
            {
                "activity_id": "A1",
                "kind": "meeting",
                "subject": "S",
                "starts_at": "2026-12-01T09:30",
                "send_notification": "yes",
            },
        ),
    ]
    before = everything(office.store)
    later = [
        office.take("users", {"user_id": "u1", "email": "u1@cabinet.example", "remind_minutes": "45"}),
        office.take("missions", {"mission_id": "M1", "relation_id": "R1", "status": "ended", "start_on": "2026-02-01"}),
        office.take("mission_services", {"mission_id": "M1", "template": "vat", "frequency": "yearly", "backfill": ""}),
        office.take(
            "activities",
            {"activity_id": "A1", "kind": "call", "subject": "T", "starts_at": "2026-12-02", "send_notification": ""},
        ),
    ]
    assert [i.admission.changed for i in later] == [1, 1, 1, 1]
    for imported in reversed(later):
        undo(office, imported)
    assert everything(office.store) == before
    for imported in reversed(first):
        assert undo(office, imported).removed == 1


def test_a_row_changed_by_a_later_import_is_left_alone_and_told(office):
    office.bring(relation("R1"), relation("R2"))
    wrong = office.bring(relation("R1", name="Wrong"), relation("R2", name="Wrong"), relation("R3", name="Wrong"))
    office.bring(relation("R1", name="Right"), relation("R2", name="Wrong"), relation("R3", name="Right"))
    undone = undo(office, wrong)
    assert (undone.restored, undone.kept, sorted(undone.kept_ids)) == (1, 2, ["R1", "R3"])
    with office.store.begin() as connection:
        names = connection.execute(text("SELECT relation_id, name FROM relations ORDER BY 1")).all()
    assert [tuple(row) for row in names] == [("R1", "Right"), ("R2", "Jeanne Martin"), ("R3", "Right")]


def test_a_relation_that_has_a_task_stays_as_a_former_one_and_its_mails_stop(office):
    wrong = office.bring(relation("R1", "2026-12-01"), relation("R2", "2027-12-01"))
    office.put_on("R1", "R2")
    office.night(TUESDAY)
    undone = undo(office, wrong)
    assert (undone.removed, undone.put_to_rest, undone.kept_ids) == (1, 1, ("R1",))
    with office.store.begin() as connection:
        left = connection.execute(text("SELECT relation_id, status FROM relations")).all()
        on = connection.execute(text("SELECT relation_id FROM assignments")).all()
    assert [tuple(row) for row in left] == [("R1", "former")]
    assert [tuple(row) for row in on] == [("R1",)]
    figures = office.night(date(2026, 11, 26))
    assert (figures.created, figures.delivered.sent) == (0, 0)


def test_a_mission_of_a_relation_keeps_it_until_it_is_undone_too(office):
    clients = office.bring(relation("R1"))
    missions = office.take("missions", {"mission_id": "M1", "relation_id": "R1", "status": "signed"})
    assert undo(office, missions).removed == 1
    assert undo(office, clients).removed == 1


def test_an_import_whose_gaps_a_night_recorded_can_be_undone(office):
    before = everything(office.store)
    imported = office.bring(relation("R1"), relation("R2"))
    office.put_on("R1", "R2")
    assert office.night().blocked == 2
    undone = undo(office, imported)
    assert (undone.removed, undone.kept, undone.put_to_rest) == (2, 0, 0)
    assert everything(office.store) == before
    assert count_rows(office.store, schema.gaps) == 0


def test_a_data_field_that_an_import_added_counts_as_its_relation_restored(office):
    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-12-01"))
    added = office.bring(relation("R1", "2026-12-01", passport="77"), relation("R2", "2026-12-01", passport="78"))
    undone = undo(office, added)
    assert (undone.removed, undone.restored) == (0, 2)


def test_p4_a_signature_that_is_undone_was_never_seen(office):
    office.define("vat")
    office.bring(relation("R1", type="company"))
    service = {"mission_id": "M1", "template": "vat", "frequency": "monthly", "first_due_on": "2026-06-30"}
    office.take("missions", {"mission_id": "M1", "relation_id": "R1", "status": "draft"})
    office.take("mission_services", service)
    signed = office.take("missions", {"mission_id": "M1", "relation_id": "R1", "status": "signed"}, on=date(2026, 7, 1))
    undo(office, signed)
    sign_missions(office.store, MissionFilter(ids=["M1"]), TUESDAY)
    office.night(TUESDAY)
    assert [t["due_on"] for t in office.tasks()] == ["2026-11-30"]


def test_a_user_whose_import_is_undone_is_signed_out_and_what_he_did_stays(office):
    imported = office.take("users", {"user_id": "U1", "email": "u1@cabinet.example"})
    now = datetime(2026, 11, 24, 11, tzinfo=UTC)
    with office.store.begin() as connection:
        _, token = make_link(connection, "U1", b"k" * 32, now)
        session = open_session(connection, token, "secret", now)
        note_act(connection, "run", user_id="U1", session_id=session.session_id, now=now)
    assert undo(office, imported).removed == 1
    with office.store.begin() as connection:
        assert find_desk_session(connection, "secret", now) is None
        assert [row["user_id"] for row in latest_acts(connection)] == ["U1"]
    assert count_rows(office.store, schema.desk_sessions) == count_rows(office.store, schema.desk_links) == 0


def not_considered(metadata):
    """Columns that refer to what imports bring in, by a foreign key or by their name, and that an undo forgets."""
    key_of = {keys[0]: table.name for table, keys, _ in BROUGHT_IN if len(keys) == 1}
    considered = {(table.name, other.name) for table, _, leaners in BROUGHT_IN for other, _ in leaners}
    considered |= {(name, other.name) for name, others in GOES_WITH.items() for other, _ in others}
    considered |= {(name, other.name) for name, others in OUTLIVES.items() for other in others}
    for table in metadata.tables.values():
        for column in table.columns:
            targets = {key.column.table.name for key in column.foreign_keys} | {key_of.get(column.name)}
            for target in targets & set(key_of.values()) - {table.name}:
                if (target, table.name) not in considered:
                    yield f"{table.name}.{column.name}"


def test_every_table_that_refers_to_what_imports_bring_in_is_considered():
    assert list(not_considered(schema.metadata)) == []
    grown = MetaData()
    for table in schema.metadata.tables.values():
        table.to_metadata(grown)
    Table("notes", grown, Column("about", String(64), ForeignKey("relations.relation_id")))
    Table("calls", grown, Column("activity_id", String(64)))
    assert sorted(not_considered(grown)) == ["calls.activity_id", "notes.about"]


def test_quarantine_is_as_it_was_unless_the_feed_was_read_again(office):
    office.bring(relation("R1"), relation("B1", type="x"))
    before = everything(office.store)
    second = office.bring(relation("R1"), relation("B2", type="y"))
    third = office.bring(relation("R1"), relation("R2"), relation("B3", type="z"))
    undo(office, second)
    assert [row[3] for row in everything(office.store)["quarantine"]] == ["B3"]
    undo(office, third)
    assert [row[3] for row in everything(office.store)["quarantine"]] == ["B2"]
    assert everything(office.store)["relations"] == before["relations"]


def test_an_undone_import_is_no_measure_for_the_gate(office):
    office.bring(*(relation(f"R{n}", "2026-12-01") for n in range(12)))
    twice = office.bring(*(relation(f"R{n}", "2026-12-01") for n in range(40)))
    undo(office, twice)
    assert office.bring(*(relation(f"R{n}", "2026-12-01") for n in range(12))).admission.unchanged == 12


def test_an_import_is_undone_once_and_an_unknown_one_never(office):
    imported = office.bring(relation("R1"))
    undo(office, imported)
    with pytest.raises(UndoError, match="Import 1 was undone already, on 2026-11-24"):
        undo(office, imported)
    with pytest.raises(UndoError, match="There is no import 99; `relance imports` lists them"):
        undo_import(office.store, 99, NOW)


def test_when_an_import_was_undone_is_shown_in_the_firms_time_zone(office):
    imported = office.bring(relation("R1"))
    late, zone = datetime(2026, 11, 24, 23, 30), office.settings.firm.zone
    undo_import(office.store, imported.admission.import_id, late)
    (line,) = list_imports(office.store, 5, zone)
    assert line["undone_at"] == "2026-11-25T00:30:00+01:00"
    assert show_import(office.store, imported.admission.import_id, zone)["undone_at"] == line["undone_at"]
    with pytest.raises(UndoError, match="was undone already, on 2026-11-25"):
        undo_import(office.store, imported.admission.import_id, late, zone)
