"""Imports: every row accounted for, the same file twice changes nothing, a mended row leaves quarantine."""

import json
from datetime import date

import pytest
from sqlalchemy import text

from factories import TUESDAY, relation, write_csv
from flows.jobs.imports import run_import
from tasks.domain.definitions.kinds import ShapeError
from tasks.domain.intake.gate import GateStopped
from tasks.intake.gate_and_write import ImportOptions
from tasks.intake.readers.raw_file import UnreadableFile


def counts(imported):
    a = imported.admission
    return {"read": a.read, "new": a.new, "changed": a.changed, "unchanged": a.unchanged, "quarantined": a.quarantined}


def rows(store, sql):
    with store.begin() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_q1_every_row_is_in_or_in_quarantine(office):
    good = [relation(f"R{n}", "2026-12-01") for n in range(20)]
    bad = [relation("B1", type="persone"), relation("B2", "2026-02-31"), relation("", "2026-12-01")]
    imported = office.bring(*good, *bad, relation("R3", "2027-01-01"))
    assert counts(imported) == {"read": 24, "new": 20, "changed": 0, "unchanged": 0, "quarantined": 4}
    kept_out = rows(office.store, "SELECT source_row, row_id, reason, column_name FROM quarantine ORDER BY source_row")
    assert kept_out == [
        (22, "B1", "invalid_field", "type"),
        (23, "B2", "invalid_field", "id_card.expires_on"),
        (24, None, "missing_field", "relation_id"),
        (25, "R3", "duplicate_id", "relation_id"),
    ]
    assert rows(office.store, "SELECT CAST(expires_on AS text) FROM relation_fields WHERE relation_id = 'R3'") == [
        ("2026-12-01",)
    ]


def test_the_raw_text_of_a_bad_row_is_kept(office):
    office.bring(relation("R1", "2026-12-01"), relation("B1", "31/02/2026", name="Ève"))
    raw = json.loads(rows(office.store, "SELECT raw FROM quarantine")[0][0])
    assert (raw["name"], raw["id_card.expires_on"]) == ("Ève", "31/02/2026")


def test_the_same_file_twice_changes_nothing(office):
    batch = [relation("R1", "2026-12-01"), relation("R2", ""), relation("B1", type="x")]
    office.bring(*batch)
    tables = "relations", "relation_fields", "quarantine"
    before = [rows(office.store, f"SELECT * FROM {t} ORDER BY 1, 2") for t in tables]
    again = office.bring(*batch, on=TUESDAY)
    assert counts(again) == {"read": 3, "new": 0, "changed": 0, "unchanged": 2, "quarantined": 1}
    assert [rows(office.store, f"SELECT * FROM {t} ORDER BY 1, 2") for t in tables] == before


def test_only_what_changed_is_changed(office):
    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-12-01"), relation("R3", "2026-12-01"))
    again = office.bring(
        relation("R1", "2026-12-01", name="Other"), relation("R2", "2027-12-01"), relation("R3", "2026-12-01")
    )
    assert counts(again) == {"read": 3, "new": 0, "changed": 2, "unchanged": 1, "quarantined": 0}


def test_a_second_file_adds_fields_and_leaves_the_other_columns_alone(office):
    office.bring(relation("R1", language="nl", owner_id="u1"))
    path = office.settings.home / "cards.csv"
    path.write_text(
        "relation_id,type,status,name,id_card,id_card.expires_on\nR1,person,client,Jeanne Martin,591-0,2027-03-01\n",
        encoding="utf-8",
    )
    run_import(office.settings, office.store, "relations", path, None, TUESDAY)
    assert rows(office.store, "SELECT email, language, owner_id FROM relations") == [
        ("jeanne@martin.example", "nl", "u1")
    ]
    assert rows(office.store, "SELECT field, value, CAST(expires_on AS text), source FROM relation_fields") == [
        ("id_card", "591-0", "2027-03-01", "cards.csv")
    ]


def test_an_emptied_cell_empties_the_field(office):
    office.bring(relation("R1", "2026-12-01"))
    office.bring(relation("R1", ""))
    assert rows(office.store, "SELECT expires_on FROM relation_fields") == [(None,)]


def test_q4_a_row_mended_at_the_source_leaves_quarantine_by_itself(office):
    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-13-01"))
    office.put_on("R1")
    again = office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-12-01"))
    assert counts(again)["new"] == 1
    assert rows(office.store, "SELECT * FROM quarantine") == []


def test_q4_a_row_mended_in_another_file_leaves_quarantine_too(office):
    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-13-01"))
    office.bring(relation("R2", "2026-12-01"), file="mended.csv")
    assert rows(office.store, "SELECT * FROM quarantine") == []


def test_a_relation_whose_newest_row_is_in_quarantine_waits_and_its_mails_too(office):
    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-12-01"))
    office.put_on("R1", "R2", since=date(2026, 11, 1))
    office.night(date(2026, 11, 12))
    office.bring(relation("R1", "2026-12-01", status="klant"), relation("R2", "2026-12-01"))
    figures = office.night(date(2026, 11, 26))
    assert figures.dropped == {"quarantined": 1}
    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-12-01"))
    assert office.night(date(2026, 11, 27)).delivered.sent == 1


def test_a_duplicate_row_does_not_hold_its_relation(office):
    office.bring(relation("R1", "2026-12-01"), relation("R1", "2026-12-01", owner_id="u2"))
    office.put_on("R1")
    assert office.night().created == 1


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ("", UnreadableFile, "r.csv: it is empty"),
        ("relation_id,type,status,name\n", GateStopped, "r.csv: it holds no rows"),
        ("relation_id,type,name\nR1,person,A\n", ShapeError, "r.csv: column status is missing"),
        ("relation_id;type;status;name\nR1;person;client;A\n", ShapeError, "r.csv: column relation_id"),
    ],
)
def test_q3_a_file_that_is_none_is_refused_whole_and_named(office, content, error, says):
    path = office.settings.home / "r.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(error) as caught:
        run_import(office.settings, office.store, "relations", path, None, TUESDAY)
    assert str(caught.value).startswith(says)
    assert rows(office.store, "SELECT * FROM imports") == []


def test_q3_half_the_rows_gone_stops_the_import_and_writes_nothing(office):
    office.bring(*(relation(f"R{n}", "2026-12-01") for n in range(40)))
    with pytest.raises(GateStopped, match="19 rows, where the last good read had 40"):
        office.bring(*(relation(f"R{n}", "2027-12-01") for n in range(19)))
    assert rows(office.store, "SELECT COUNT(*) FROM relation_fields WHERE expires_on > '2027-01-01'") == [(0,)]


def test_q3_a_file_full_of_bad_rows_is_stopped(office):
    bad = [relation(f"R{n}", type="x" if n < 6 else "person") for n in range(20)]
    with pytest.raises(GateStopped, match="6 of 20 rows are bad"):
        office.bring(*bad)


def test_years_at_both_ends_of_time_go_in_and_block_only_their_automation(office):
    office.bring(relation("R1", "0001-01-01"), relation("R2", "9999-12-31"), relation("R3", "2026-12-01"))
    office.put_on("R1", "R2", "R3")
    figures = office.night()
    assert (figures.created, figures.blocked, figures.skipped) == (1, 2, {"invalid_field": 2})


def test_a_ten_megabyte_name_and_a_line_break_stay_out_and_the_rest_goes_in(office):
    office.bring(
        *(relation(f"R{n}", "2026-12-01") for n in range(12)),
        relation("B1", name="x" * 10_000_000),
        relation("B2", name="A\r\nBcc: b"),
    )
    assert rows(office.store, "SELECT row_id, column_name FROM quarantine ORDER BY 1") == [
        ("B1", "name"),
        ("B2", "name"),
    ]


def test_users_go_in_by_the_same_door(office):
    path = write_csv(
        office.settings.home / "users.csv",
        [
            {"user_id": "u1", "first_name": "Luc", "email": "luc@cabinet.example", "remind_minutes": "30"},
            {"user_id": "u2", "first_name": "Zoé", "email": "zoe@cabinet.example", "remind_minutes": ""},
            {"user_id": "u3", "first_name": "X", "email": "none", "remind_minutes": ""},
        ],
    )
    first = run_import(office.settings, office.store, "users", path, None, TUESDAY)
    again = run_import(office.settings, office.store, "users", path, None, TUESDAY)
    assert (counts(first)["new"], counts(first)["quarantined"], counts(again)["unchanged"]) == (2, 1, 2)
    assert rows(office.store, "SELECT user_id, remind_minutes FROM users ORDER BY 1") == [("u1", 30), ("u2", None)]


def test_q2_a_row_that_stays_out_is_told_once(office):
    good = [relation(f"R{n}", "2026-12-01") for n in range(20)]
    odd = relation("R20", "1800-01-01", type="persons", name="NULL", email="nobody")
    told = office.bring(*good, odd).details["findings"]
    assert [(f["effect"], f["column"], f["first_rows"]) for f in told] == [("quarantine", "type", [22])]


def test_q7_an_error_cell_never_becomes_a_client_and_a_person_called_null_is_one(office):
    good = [relation(f"R{n}", "2026-12-01") for n in range(20)]
    odd = ("NULL", "nan", "Na", "None")
    names = [relation(f"N{n}", "2026-12-01", name=name) for n, name in enumerate(odd)]
    done = office.bring(*good, *names, relation("#REF!"), relation("E1", name="########"), relation("E2", "#DIV/0!"))
    kept_out = rows(office.store, "SELECT row_id, reason, column_name FROM quarantine ORDER BY source_row")
    assert kept_out == [(None, "missing_field", "relation_id"), ("E1", "missing_field", "name")]
    stored = rows(office.store, "SELECT name FROM relations WHERE relation_id LIKE 'N%' ORDER BY relation_id")
    assert [name for (name,) in stored] == list(odd)
    warned = [f for f in done.details["findings"] if f["column"] == "name" and f["effect"] == "warn"]
    assert [(f["rows"], f["first_rows"]) for f in warned] == [(4, [22, 23, 24, 25])]
    repairs = {(r["column"], r["repair"], r["cells"]) for r in done.details["repairs"]}
    assert repairs == {(c, "error_cell", 1) for c in ("relation_id", "name", "id_card.expires_on")}


def test_t6_an_instant_with_its_offset_by_a_profile_goes_in_as_utc(office):
    (office.settings.home / "mappings" / "tz.yaml").write_text(
        "mapping: tz\nkind: activities\ncolumns:\n  activity_id: Name\n  kind: {constant: other}\n  subject: Name\n"
        '  starts_at: {from: Date, date_format: "%m/%d/%Y %H:%M:%S%z"}\n',
        encoding="utf-8",
    )
    office.reload()
    path = write_csv(office.settings.home / "tz.csv", [{"Name": "A", "Date": "07/15/2009 02:14:45+0200"}])
    shown = run_import(office.settings, office.store, "activities", path, "tz", TUESDAY, ImportOptions(is_preview=True))
    assert shown.rows["starts_at"].tolist() == ["2009-07-15T00:14:45Z"]
    run_import(office.settings, office.store, "activities", path, "tz", TUESDAY)
    (starts_at,) = rows(office.store, "SELECT CAST(starts_at AS text) FROM activities")[0]
    assert starts_at.startswith("2009-07-15 00:14:45")


def test_a_line_of_totals_and_repeated_titles_never_become_clients(office):
    profile = (
        "mapping: sums\nkind: relations\nseparator: ';'\ncolumns: {relation_id: Code client, name: Nom, email: E-mail, "
    )
    (office.settings.home / "mappings" / "sums.yaml").write_text(
        profile + "type: {constant: person}, status: {constant: client}}\n", encoding="utf-8"
    )
    office.reload()
    lines = [f"C{n};Nom {n};s{n}@x.example;1" for n in range(20)]
    head = "Code client;Nom;E-mail;Solde"
    path = office.settings.home / "sums.csv"
    path.write_text("\n".join([head, *lines, head, "TOTAL;20 clients;;24 690,00", head, ""]), encoding="utf-8")
    done = run_import(office.settings, office.store, "relations", path, "sums", TUESDAY)
    assert counts(done) == {"read": 23, "new": 20, "changed": 0, "unchanged": 0, "quarantined": 3}
    problems = rows(office.store, "SELECT source_row, problem FROM quarantine ORDER BY source_row")
    assert [(row, problem[:30]) for row, problem in problems] == [
        (22, "this row says the titles again"),
        (23, "this row looks like a line of "),
        (24, "this row says the titles again"),
    ]


def test_totals_stay_out_of_a_file_in_relances_own_shape(office):
    good = [relation(f"R{n}", "2026-12-01") for n in range(20)]
    done = office.bring(*good, relation("Totaux", name="20 clients", email=""))
    assert (done.admission.new, done.admission.quarantined) == (20, 1)


def test_a_relation_is_never_kept_out_for_its_language_or_its_address(office):
    odd = ["'jean@x.example", "j..k@x.example", ".j@x.example", "j.@x.example", "jean@été.example", "j@-x.example"]
    people = [relation(f"A{n}", "2026-12-01", email=address) for n, address in enumerate(odd)]
    said = {"L1": "French / Français", "L2": "nl_BE", "L3": "klingon, please, if you can", "L4": "o'Brien"}
    speakers = [relation(row_id, "2026-12-01", language=name) for row_id, name in said.items()]
    done = office.bring(*people, *speakers, relation("OK", "2026-12-01", email="o'brien+x@sub.x-y.example"))
    assert done.admission.quarantined == 0
    languages = rows(office.store, "SELECT language FROM relations WHERE relation_id LIKE 'L%' ORDER BY relation_id")
    assert [language for (language,) in languages] == ["fr", "nl", None, None]
    told = {f["column"]: f["first_rows"] for f in done.details["findings"] if f["reason"] == "invalid_field"}
    assert told == {"language": [10, 11], "email": [2, 3, 4, 5, 6]}
    assert [f["rows"] for f in done.details["findings"] if f["column"] == "email"] == [6]
    office.put_on(*(f"A{n}" for n in range(len(odd))), "OK", "L3")
    office.night(TUESDAY.replace(day=26))
    assert {m["reason"] for m in office.messages(status="dropped")} == {"invalid_field"}
    assert sorted(m["relation_id"] for m in office.messages(status="sent")) == ["L3", "OK"]


def test_q1_relations_are_counted_once_however_many_rows_and_fields_they_have(office):
    dated = {"id_card": "A1", "passport": "B1", "passport.expires_on": "2028-01-01", "phone": "020"}
    first = relation("R1", "2027-01-01", **dated)
    others = [relation(f"R{n}", "2027-01-01", **dated) for n in range(2, 12)]
    broken = relation("R99", "2026-02-31", **dated | {"passport.expires_on": "2026-02-31"})
    done = office.bring(first, first, first, *others, broken)
    assert counts(done) == {"read": 14, "new": 11, "changed": 0, "unchanged": 2, "quarantined": 1}
    assert done.details["relations"] == 11
    told = [(f["column"], f["rows"]) for f in done.details["findings"] if f["effect"] == "quarantine"]
    assert told == [("id_card.expires_on", 1), ("passport.expires_on", 1)]
    again = office.bring(relation("R1", "2027-02-01", **dated | {"phone": "021"}), *others)
    assert counts(again) == {"read": 11, "new": 0, "changed": 1, "unchanged": 10, "quarantined": 0}
    path = write_csv(
        office.settings.home / "m.csv",
        [{"mission_id": f"M{n}", "relation_id": f"R{n % 3 + 1}", "status": "signed"} for n in range(7)],
    )
    missions = run_import(office.settings, office.store, "missions", path, None, TUESDAY)
    assert (missions.admission.new, missions.details["relations"]) == (7, 3)
