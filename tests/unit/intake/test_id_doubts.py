"""Ids that a spreadsheet or a program has rewritten: told with their rows, never changed."""

import pandas as pd
import pytest
from openpyxl import Workbook

from tasks.domain import frames
from tasks.domain.intake.id_doubts import doubt_ids
from tasks.intake.readers.read_file import read_file


def told(cells, name="relation_id"):
    ids = pd.Series(cells, dtype=frames.TEXT)
    return doubt_ids(ids, name, pd.Series(range(2, len(cells) + 2)))


@pytest.mark.parametrize("cells", [["1,23457E+15", "7"], ["1.23457E+15", "7"], ["1E+15", "7"], ["1.2e+9", "7"]])
def test_scientific_notation_is_told_with_its_rows(cells):
    assert told(cells) == [
        (
            "relation_id: 1 ids are numbers in scientific notation (rows 2), whose last digits are lost; several ids may be "
            "one here. Export the column as text."
        )
    ]


@pytest.mark.parametrize("cells", [["42.0", "43.0", None], ["42,0", "43,00"]])
def test_decimals_are_told_and_stay(cells):
    assert told(cells) == [
        (
            "relation_id: 2 ids have decimals (rows 2, 3), as programs write whole numbers that passed through a table; "
            "they stay as they are."
        )
    ]


def test_zeros_that_were_taken_off_are_told():
    assert told(["00042", "00043", "44", "123456"]) == [
        (
            "relation_id: 2 ids begin with zeros, and 1 have fewer digits and none (rows 4): a spreadsheet may have taken "
            "their zeros off."
        )
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ["00042", "00043"], ["42", "7", "123"], ["C1", "1E5", "12E4", "3E2A"], ["0", "1", "2"], ["A.0", "1.2.0"],
        [None, None], [], ["0470123456", "0470123457"], ["10.50", "7.25"], ["1.0.0"], ["00042", "0044", "12345"],
    ],
)  # fmt: skip
def test_ordinary_ids_are_not_doubted(cells):
    assert told(cells) == []


def test_only_columns_of_ids_are_looked_at():
    assert told(["1,23457E+15"], "name") == []
    assert told(["1,23457E+15"], "owner_id") != []


def workbook(tmp_path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "f.xlsx")
    return read_file(tmp_path / "f.xlsx")


def test_ids_of_a_workbook_stay_as_they_are_stored(tmp_path):
    raw = workbook(tmp_path, ["Id", "N"], ["00042", "A"], ["42.0", "B"], [42.0, "C"], ["1.23E+15", "D"], ["'7", "E"])
    assert raw.rows["Id"].tolist() == ["00042", "42.0", "42", "1.23E+15", "'7"]


def test_numbers_beside_text_with_zeros_are_told(tmp_path):
    raw = workbook(tmp_path, ["Id", "N"], ["00042", "A"], ["00043", "B"], [44, "C"], [45, "D"])
    assert raw.doubts == (
        (
            "column 'Id': 2 cells are text that begins with zeros, and 2 are numbers (rows 4, 5), whose zeros a spreadsheet "
            "takes off. Format the column as text."
        ),
    )


@pytest.mark.parametrize("number", [1234567890123456, 1.23456789012346e15, 12345678901234567890])
def test_numbers_of_more_digits_than_a_spreadsheet_keeps_are_told(tmp_path, number):
    raw = workbook(tmp_path, ["Id", "N"], [number, "A"], [7, "B"])
    assert raw.doubts == (
        (
            "column 'Id': 1 numbers have more than 15 digits (rows 2), of which a spreadsheet keeps 15: the others may "
            "be zeros now. Export the column as text."
        ),
    )


def test_ordinary_columns_of_a_workbook_are_not_doubted(tmp_path):
    raw = workbook(
        tmp_path,
        ["Id", "Tel", "Sum"],
        ["C1", "0470", 12.5],
        ["C2", "0471", 123456789012345],
        [3, None, 0.1],
        ["", "", 1e-9],
    )
    assert raw.doubts == ()
