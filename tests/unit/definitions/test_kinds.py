"""Raw text to typed rows: nothing guessed, nothing dropped."""

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tasks.domain.dates.parse_dates import parse_days
from tasks.domain.definitions.kinds import RELATIONS, ShapeError, check_columns, field_names
from tasks.domain.intake.typed_rows import type_fields, type_rows

PARIS = ZoneInfo("Europe/Paris")


def text(*values):
    return pd.Series(values, dtype="str")


def raw(**columns):
    frame = pd.DataFrame({name.replace("__", "."): text(*values) for name, values in columns.items()})
    return frame.assign(source_row=range(2, len(frame) + 2))


def test_only_an_iso_day_is_a_date():
    days = parse_days(text("2026-02-28", "2026-02-31", "28/02/2026", "2026-2-8", "0001-01-01", "9999-12-31", None))
    assert [None if pd.isna(d) else str(d.date()) for d in days] == [
        "2026-02-28",
        None,
        None,
        None,
        "0001-01-01",
        "9999-12-31",
        None,
    ]


def test_blanks_around_a_cell_are_no_part_of_it():
    typed = type_rows(raw(relation_id=[" R1 ", "R2"], name=["\u00a0Jeanne ", "  "]), RELATIONS, PARIS)
    assert typed["relation_id"].tolist() == ["R1", "R2"]
    assert typed["name"].isna().tolist() == [False, True]


def test_rows_of_one_id_are_counted_in_file_order():
    typed = type_rows(raw(relation_id=["R1", "R2", "R1", None, None]), RELATIONS, PARIS)
    assert typed["appearance"].tolist() == [1, 1, 2, 1, 1]


def test_fields_are_one_row_each_and_know_what_the_file_has():
    fields = type_fields(
        raw(relation_id=["R1", "R2"], id_card=["12", None], id_card__expires_on=["2026-13-01", ""], kms=["9", "8"]),
        RELATIONS,
    )
    cards = fields.loc[fields["field"] == "id_card"]
    assert cards["is_unreadable"].tolist() == [True, False]
    assert fields.groupby("field")[["has_value", "has_expiry"]].first().to_dict("index") == {
        "id_card": {"has_value": True, "has_expiry": True},
        "kms": {"has_value": True, "has_expiry": False},
    }


def test_a_missing_or_renamed_column_is_named():
    with pytest.raises(ShapeError, match="column status is missing"):
        check_columns(RELATIONS, ["relation_id", "type", "name"])


def test_q5_a_file_without_a_header_is_refused_without_quoting_its_first_row():
    with pytest.raises(ShapeError, match="see that the first record holds titles") as caught:
        check_columns(RELATIONS, ["Jeanne Martin", "jeanne@martin.example"])
    assert "Jeanne" not in str(caught.value)


@pytest.mark.parametrize("column", ["E-mail", "id card", "email.expires", "Id_card.expires_on", "1st"])
def test_a_column_that_is_neither_known_nor_a_field_is_named(column):
    with pytest.raises(ShapeError, match="neither a column of this kind nor a data field"):
        check_columns(RELATIONS, ["relation_id", "type", "status", "name", column])


def test_field_names_stand_once_whatever_their_columns():
    assert field_names(["relation_id", "id_card", "id_card.expires_on", "kms"], RELATIONS) == ["id_card", "kms"]


@pytest.mark.parametrize("titles", [[""], ["", "#2"]])
def test_a_column_without_a_title_is_named_by_its_place(titles):
    places = "5" if len(titles) == 1 else "5, 6"
    with pytest.raises(ShapeError, match=f"column {places} \\(counted from the left\\) has no title"):
        check_columns(RELATIONS, ["relation_id", "type", "status", "name", *titles])
