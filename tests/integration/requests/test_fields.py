"""Data fields with their dates: shown, set by hand, imported; never for a field that is empty (seed 004, U3)."""

import json
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from groups import LAST_YEAR, NEW_YEAR, asked, define_group

from factories import Office, relation
from flows.cli import relance
from tasks.intake.undo import undo_import
from tasks.requests.fields import FieldChange, FieldError, list_fields, set_field


@pytest.fixture
def known(office: Office) -> Office:
    define_group(office)
    office.bring(relation("R1", proof_of_address="bail.pdf", turnover="10", birth_place=""), on=LAST_YEAR)
    return office


def change(office: Office, field: str, as_of: date = NEW_YEAR, **values: object) -> None:
    set_field(
        office.store, office.settings.groups.values(), "R1", field, FieldChange(frozenset(values), **values), as_of
    )


def field_of(office: Office, name: str) -> dict[str, object]:
    return next(row for row in list_fields(office.store, office.settings.groups.values(), "R1") if row["field"] == name)


def test_each_field_is_shown_with_its_dates_and_its_group(known: Office):
    change(known, "turnover", next_update_on=date(2026, 2, 10), frequency="yearly")
    assert field_of(known, "turnover") == {
        "field": "turnover",
        "value": "10",
        "expires_on": None,
        "next_update_on": "2026-02-10",
        "frequency": "yearly",
        "group": "papers",
        "source": "r.csv",
        "updated_on": "2025-06-01",
    }
    assert field_of(known, "id_card")["group"] is None


@pytest.mark.parametrize(
    ("field", "values", "says"),
    [
        ("birth_place", {"expires_on": date(2027, 1, 1)}, "Field birth_place of R1 is empty"),
        ("hobby", {"expires_on": date(2027, 1, 1)}, "Field hobby of R1 is empty"),
        ("turnover", {"value": None}, "Field turnover of R1 is empty"),
        ("turnover", {"next_update_on": date(2025, 12, 31)}, "lies before 2026-01-01; give a later day"),
        ("turnover", {"frequency": "now and then"}, "turnover: 'now and then' is no frequency"),
        ("id_card", {"frequency": "yearly"}, "No update group asks for id_card"),
        ("Id Card", {"value": "x"}, "'Id Card' is no name of a data field"),
    ],
)
def test_what_cannot_be_set_is_refused_in_words(known: Office, field: str, values: dict[str, object], says: str):
    with pytest.raises(FieldError, match=says):
        change(known, field, **values)


def test_an_unknown_relation_has_no_fields(known: Office):
    with pytest.raises(FieldError, match="There is no relation 'R7'"):
        list_fields(known.store, [], "R7")


def test_d6_an_import_that_repeats_what_was_known_before_undoes_nothing(known: Office):
    change(known, "turnover", value="12")
    change(known, "proof_of_address", expires_on=date(2026, 3, 1))
    known.bring(relation("R1", proof_of_address="bail.pdf", turnover="10"), on=date(2026, 1, 2))
    assert field_of(known, "turnover")["value"] == "12"
    assert field_of(known, "proof_of_address")["expires_on"] == "2026-03-01"
    known.bring(relation("R1", proof_of_address="bail.pdf", turnover="14"), on=date(2026, 1, 3))
    assert field_of(known, "turnover")["value"] == "14"


def test_an_expiry_date_by_hand_that_has_passed_is_asked_now(known: Office):
    known.night(NEW_YEAR)
    change(known, "turnover", date(2026, 2, 10), expires_on=date(2026, 2, 1))
    known.night(date(2026, 2, 10))
    known.night(date(2026, 2, 11))
    assert asked(known)[1:] == [("R1", "2026-02-01", "turnover")]


def test_dates_come_in_a_file_and_go_with_its_undo(known: Office):
    rows = [{"relation_id": "R1", "field": "turnover", "expires_on": "2026-05-01", "frequency": "yearly"}]
    rows += [{"relation_id": "R1", "field": "proof_of_address", "next_update_on": "2026-06-01"} for _ in range(1)]
    first = known.take("field_dates", *rows, on=NEW_YEAR).admission
    assert (first.changed, first.quarantined) == (2, 0)
    assert known.take("field_dates", *rows, on=NEW_YEAR).admission.changed == 0
    assert field_of(known, "turnover")["expires_on"] == "2026-05-01"
    assert field_of(known, "turnover")["value"] == "10"
    assert undo_import(known.store, first.import_id, datetime(2026, 1, 1, tzinfo=UTC)).restored == 1  # a relation
    assert field_of(known, "turnover")["expires_on"] is None


def test_rows_about_what_is_not_known_are_quarantined_in_words(known: Office):
    known.edit("firm.yaml", "max_bad_share: 0.2", "max_bad_share: 1.0")
    rows = [
        {"relation_id": "R9", "field": "turnover", "frequency": "yearly"},
        {"relation_id": "R1", "field": "birth_place", "expires_on": "2026-05-01"},
        {"relation_id": "R1", "field": "turnover", "expires_on": "soon"},
        {"relation_id": "R1", "field": "proof_of_address", "frequency": "often"},
    ]
    found = known.take("field_dates", *rows, on=NEW_YEAR)
    assert found.admission.quarantined == 4
    said = " ".join(line["problem"] for line in found.details["findings"])
    for words in ("there is no such relation", "this field of the relation is empty", "not a day", "frequency is none"):
        assert words in said


def test_the_commands_show_and_set_fields(known: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RELANCE_HOME", str(known.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", known.settings.database_url.get_secret_value())
    words = [
        "field",
        "R1",
        "turnover",
        "--value",
        "15",
        "--next-update",
        "2027-01-01",
        "--as-of",
        "2026-01-02",
        "--json",
    ]
    told = CliRunner().invoke(relance, words)
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)[0]["next_update_on"] == "2027-01-01"
    assert CliRunner().invoke(relance, ["field", "R1", "turnover", "--next-update", ""]).exit_code == 0
    listed = json.loads(CliRunner().invoke(relance, ["fields", "R1", "--json"]).stdout)
    assert {row["field"]: (row["value"], row["next_update_on"]) for row in listed}["turnover"] == ("15", None)
    refused = CliRunner().invoke(relance, ["field", "R1", "birth_place", "--expires", "2027-01-01"])
    assert refused.exit_code == 1
    assert "is empty" in refused.stderr
    assert CliRunner().invoke(relance, ["field", "R1", "turnover"]).exit_code == 2
