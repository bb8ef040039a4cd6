"""Forms at an import: what a form requires is asked of each row as it will be saved, by Great Expectations (W1)."""

import random
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import text

from factories import relation
from tasks.domain.definitions.form import Form
from tasks.domain.definitions.kinds import ACTIVITIES
from tasks.domain.intake.typed_rows import type_fields, type_rows
from tasks.domain.rules.judge import missing_fields
from tasks.domain.rules.records import record_of
from tasks.intake.form_findings import form_findings

PARIS = ZoneInfo("Europe/Paris")
NOTICE = """\
form: appointment-notice
on: activities
order: 10
when: {notify_contact: true}
fields: {location: required, contact_id: required}
"""
VIP = """\
form: vip
on: relations
when: {status: client, id_card: {empty: false}}
fields: {email: required, id_card.expires_on: required}
"""


def with_form(office, name, words):
    (office.settings.home / "forms").mkdir(exist_ok=True)
    (office.settings.home / "forms" / f"{name}.yaml").write_text(words, encoding="utf-8")
    office.reload()


def activity(activity_id="A1", **changes):
    row = {"activity_id": activity_id, "kind": "meeting", "subject": "Bilan", "starts_at": "2026-12-01T09:00"}
    return row | {"location": "", "contact_id": "", "notify_contact": "oui"} | changes


def kept_out(office):
    with office.store.begin() as connection:
        found = connection.execute(text("SELECT row_id, column_name, problem FROM quarantine ORDER BY 1, 2"))
        return [tuple(row) for row in found]


def test_w1_a_row_that_lacks_two_required_fields_is_told_both(office):
    with_form(office, "appointment-notice", NOTICE)
    office.bring(relation("C1"))
    full = activity("A2", location="Gent", contact_id="C1")
    office.take("activities", activity(), full, activity("A3", notify_contact="non"))
    assert kept_out(office) == [
        ("A1", "location, contact_id", "empty, and required by the form appointment-notice"),
    ]


def test_w1_a_column_that_the_file_lacks_is_judged_as_it_is_stored(office):
    with_form(office, "appointment-notice", NOTICE)
    office.bring(relation("C1"))
    office.take("activities", activity("A1", location="Gent", contact_id="C1", notify_contact="non"))
    bare = {name: activity()[name] for name in ("activity_id", "kind", "subject", "starts_at", "notify_contact")}
    taken = office.take("activities", bare, bare | {"activity_id": "A9"})
    assert (taken.admission.changed, taken.admission.quarantined) == (1, 1)
    assert {row[0] for row in kept_out(office)} == {"A9"}


def test_w1_data_fields_of_relations_are_asked_for_too(office):
    with_form(office, "vip", VIP)
    taken = office.bring(
        *(relation(f"R{number}", "2027-01-01", id_card="591-0") for number in range(10, 20)),
        relation("R1", "2027-01-01", id_card="591-0"),
        relation("R2", "", id_card="591-1"),
        relation("R3", "", id_card=""),
        relation("R4", "2027-01-01", id_card="591-2", email=""),
    )
    assert taken.admission.quarantined == 2
    assert {(row[0], column) for row in kept_out(office) for column in row[1].split(", ")} == {
        ("R2", "id_card.expires_on"),
        ("R4", "email"),
    }


def test_a_changed_form_judges_the_same_file_again(office):
    with_form(office, "appointment-notice", NOTICE.replace("notify_contact: true", "kind: call"))
    assert office.take("activities", activity()).admission.quarantined == 0
    with_form(office, "appointment-notice", NOTICE)
    assert office.take("activities", activity()).admission.quarantined == 1


def test_w1_import_and_save_ask_the_same_of_twenty_thousand_random_rows(sqlite_office):
    chance = random.Random(20261201)
    forms = [
        Form.model_validate({"form": "a", "on": "activities", "order": 1} | rest)
        for rest in (
            {"when": {"notify_contact": True}, "fields": {"location": "required", "contact_id": "required"}},
            {
                "form": "b",
                "order": 2,
                "when": {"any": [{"kind": {"in": ["call", "visit"]}}, {"remind_minutes": {"above": 30}}]},
                "fields": {"location": "hidden", "owner_id": "required", "invitees": "required"},
            },
            {
                "form": "c",
                "order": 3,
                "when": {"starts_at": {"below": "2026-12-05"}, "location": {"not": "Gent"}},
                "fields": {"description": "required", "contact_id": "read_only"},
            },
        )
    ]
    rows = [
        {
            "activity_id": f"A{number}",
            "kind": chance.choice(["call", "meeting", "visit"]),
            "subject": "Bilan",
            "starts_at": f"2026-12-0{chance.randint(1, 9)}T09:00",
            "owner_id": chance.choice(["", "U1"]),
            "contact_id": chance.choice(["", "C1"]),
            "location": chance.choice(["", "Gent", "Paris"]),
            "description": chance.choice(["", "x"]),
            "remind_minutes": chance.choice(["", "15", "60"]),
            "invitees": chance.choice(["", "U1 U2"]),
            "notify_contact": chance.choice(["", "oui", "non"]),
        }
        for number in range(20_000)
    ]
    raw = pd.DataFrame(rows).assign(source_row=range(2, len(rows) + 2))
    typed = type_rows(raw, ACTIVITIES, PARIS)
    said = form_findings(sqlite_office.store, forms, ACTIVITIES, typed, type_fields(raw, ACTIVITIES), PARIS)
    names = [name for name in rows[0] if name != "activity_id"]
    expected = {
        (row["activity_id"], one.field)
        for row in typed.to_dict("records")
        for one in missing_fields(
            forms, "activities", record_of({name: row[name] for name in names}, "activities", PARIS)
        )
    }
    assert len(expected) > 10_000
    named = zip(said["row_id"], said["column_name"], strict=True)
    assert {(row, name) for row, names in named for name in names.split(", ")} == expected
