"""Rules and notifications at an import: nobody is mailed by a first one, and a repeated tick is no new tick (V1, V2)."""

import pytest
from diary import NOW, Diary
from sqlalchemy import text

from factories import TUESDAY, relation, write_csv
from flows.jobs.imports import run_import, run_undo
from tasks.intake.gate_and_write import ImportOptions

AHEAD, PAST = "2030-12-01T14:30", "2020-01-01T09:00"


@pytest.fixture
def diary(office):
    return Diary(office)


def activity(activity_id, starts_at=AHEAD, **changes):
    row = {"activity_id": activity_id, "kind": "meeting", "subject": "Bilan", "starts_at": starts_at, "owner_id": "U1"}
    row |= {"contact_id": "C1", "location": "Gent", "invitees": "", "send_notification": "", "notify_contact": ""}
    return row | changes


def take(diary, *rows, terms=None, file="agenda.csv"):
    path = write_csv(diary.office.settings.home / file, rows)
    office = diary.office
    return run_import(office.settings, office.store, "activities", path, None, TUESDAY, terms or ImportOptions())


def begun(diary):
    """After a first import, so that the next one is not."""
    take(diary, activity("A0", PAST))
    return diary


def mails(imported):
    return imported.admission.to_json()["mails"]


def later(diary):
    """What a dispatch sends well after the import."""
    from datetime import UTC, datetime, timedelta

    diary.dispatch(datetime.now(UTC) + timedelta(minutes=5))
    return diary.sent()


def box(diary, activity_id="A1"):
    return [bool(row["is_contact_notified"]) for row in diary.rows("activities") if row["activity_id"] == activity_id]


def test_v2_a_first_import_mails_nobody_and_says_how_many_were_left_out(diary):
    rows = [
        activity("A1", notify_contact="oui"),
        activity("A2", send_notification="oui"),
        activity("A3", invitees="U2 U3"),
        activity("A4", PAST, send_notification="oui", notify_contact="oui", invitees="U2"),
    ]
    imported = take(diary, *rows)
    assert mails(imported) == {"queued": 0, "people": 0, "dropped": {"imported": 5}}
    assert later(diary) == []
    assert box(diary) == [True]


def test_v2_with_notify_a_first_import_tells_of_what_is_ahead(diary):
    rows = [
        activity("A1", notify_contact="oui"),
        activity("A2", send_notification="oui"),
        activity("A3", invitees="U2"),
    ]
    imported = take(diary, *rows, activity("A4", PAST, send_notification="oui"), terms=ImportOptions(notifies=True))
    assert mails(imported) == {"queued": 2, "people": 2, "dropped": {"imported": 0}}
    assert sorted(to for to, _ in later(diary)) == ["ana@x.example", "bo@x.example", "jeanne@c.example"]


def test_v2_after_a_first_import_a_move_tells_those_who_were_told_elsewhere(diary):
    take(diary, activity("A1", invitees="U2"))
    take(diary, activity("A1", invitees="U2", subject="Autre"))
    assert later(diary) == []
    take(diary, activity("A1", "2030-12-02T14:30", invitees="U2"))
    assert [to for to, _ in later(diary)] == ["bo@x.example"]


def test_v1_a_tick_that_an_import_merely_repeats_is_no_new_tick(diary):
    begun(diary)
    take(diary, activity("A1", notify_contact="oui"))
    assert box(diary) == [False]
    assert [to for to, _ in later(diary)] == ["jeanne@c.example"]
    assert take(diary, activity("A1", notify_contact="oui"), file="next.csv").admission.changed == 0
    take(diary, activity("A1", notify_contact="oui", location="Brugge"))
    assert box(diary) == [False]
    assert len([to for to, subject in later(diary) if subject.startswith("Rendez-vous")]) == 1
    take(diary, activity("A1", notify_contact="non", location="Brugge"))
    take(diary, activity("A1", notify_contact="oui", location="Brugge"), file="again.csv")
    assert len([to for to, subject in later(diary) if subject.startswith("Rendez-vous")]) == 2


def test_v1_an_import_of_a_row_that_differs_is_a_save(diary):
    begun(diary)
    take(diary, activity("A1", send_notification="oui"))
    take(diary, activity("A1", send_notification="oui"), file="same.csv")
    take(diary, activity("A1", send_notification="oui", subject="Autre"), file="other.csv")
    assert sorted(subject for _, subject in later(diary)) == ["Modifié : Autre"]
    (row,) = [row for row in diary.rows("activities") if row["activity_id"] == "A1"]
    assert (row["saves"], row["sequence"]) == (2, 0)


def test_a_preview_says_how_many_people_would_be_mailed_and_mails_nobody(diary):
    begun(diary)
    shown = take(diary, activity("A1", notify_contact="oui"), terms=ImportOptions(is_preview=True))
    assert mails(shown)["people"] == 1
    assert later(diary) == []
    assert diary.rows("rule_acts") == []


def test_a_rule_on_relations_acts_at_an_import_and_a_file_that_repeats_itself_does_not_undo_it(diary):
    words = "rule: french\non: relations\nwhen: {language: {empty: true}}\ndo: [{set: {language: fr, source: crm}}]\n"
    (diary.office.settings.home / "rules" / "french.yaml").write_text(words, encoding="utf-8")
    diary.office.reload()
    rows = [relation(f"R{n}", language="") for n in range(3)]
    diary.office.bring(*rows)
    diary.office.bring(*rows, file="same.csv")
    languages = {row["relation_id"]: row["language"] for row in diary.rows("relations")}
    assert languages == {"C1": "fr", "R0": "fr", "R1": "fr", "R2": "fr"}
    fields = [
        (row["relation_id"], row["value"], row["source"])
        for row in diary.rows("relation_fields")
        if row["field"] == "source"
    ]
    assert sorted(fields) == [("R0", "crm", "rule"), ("R1", "crm", "rule"), ("R2", "crm", "rule")]
    diary.office.bring(relation("R0", language="nl"), *rows[1:], file="changed.csv")
    assert {row["relation_id"]: row["language"] for row in diary.rows("relations")}["R0"] == "nl"


def test_undoing_an_import_withdraws_what_waits_to_be_sent(diary):
    begun(diary)
    imported = take(diary, activity("A1", notify_contact="oui", send_notification="oui", invitees="U2"))
    run_undo(diary.office.settings, diary.office.store, imported.admission.import_id)
    assert later(diary) == []
    assert [row["activity_id"] for row in diary.rows("activities")] == ["A0"]
    assert NOW


def test_an_unknown_status_is_warned_of_and_nothing_is_sent_for_it(diary):
    begun(diary)
    imported = take(diary, activity("A1", status="Terminé", send_notification="oui", invitees="U2"))
    assert [line["problem"] for line in imported.details["findings"]] == [
        "the status is none of planned, held, not_held, cancelled: nothing is sent for this activity"
    ]
    assert later(diary) == []
    with diary.office.store.begin() as connection:
        assert connection.execute(text("SELECT status FROM activities WHERE activity_id = 'A1'")).scalar() == "Terminé"
