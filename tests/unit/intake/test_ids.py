"""Ids that a person reads as one: the fold, and which id of a file is a second spelling of another."""

import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import fold_one, key_of_one
from tasks.domain import frames
from tasks.domain.intake.ids import LONGEST, find_twins, fold_ids, id_keys

FULL_WIDTH = "\uff25\uff38\uff12\uff10\uff12\uff16"


def text(*values):
    return pd.Series(values, dtype=frames.TEXT)


def twins(ids, known=()):
    found = find_twins(text(*ids), text(*known))
    return [name for name in found.columns for value in found[name] if value], found


@pytest.mark.parametrize(
    "other",
    [
        "ex2026-É1", "EX2026 -É1", "EX2026\u00a0-É1", "EX2026\u202f-É1", "EX2026-\u2009É1", "EX2026-É1\u200b",
        "\u200eEX2026-É1", "\ufeffEX2026-É1", "EX\u00ad2026-É1", "EX2026-E\u03011", FULL_WIDTH + "-É1", "EX2026-E\u200b\u03011",
        "EX2026\u2060-É1", "EX2026-É\ufe0f1", "EX2026\u3000-É1", "\u202aEX2026-É1\u202c",
    ],
)  # fmt: skip
def test_q6_what_a_person_cannot_see_makes_no_second_id(other):
    assert len(set(fold_ids(text("EX2026-É1", other)))) == 1
    found = find_twins(text("EX2026-É1", other), text())
    assert found["is_lookalike"].tolist() == [False, True]
    assert not found["is_same_number"].any()


@pytest.mark.parametrize("other", ["EX2026-E1", "EX2026É1", "EX2026-É2", "EX2026-É1-"])
def test_ids_that_a_person_tells_apart_stay_two(other):
    assert not find_twins(text("EX2026-É1", other), text()).any(axis=None)


@pytest.mark.parametrize("other", ["42", "42.0", "0042", "00042", "42,00", "\uff14\uff12", " 042 "])
def test_q6_one_number_written_twice_is_reported_on_both_rows_and_the_second_set_aside(other):
    found = find_twins(text("A", "042", other, "43", None), text())
    assert found["is_same_number"].tolist() == [False, False, other.strip() != "042", False, False]
    assert found["is_lookalike"].tolist() == [False, False, other == " 042 ", False, False]
    assert found["is_shared_number"].tolist() == [False, True, True, False, False] or other == " 042 "


def test_zero_is_a_number_and_a_decimal_is_not_a_spelling_of_a_whole_one():
    assert id_keys(text("000", "0", "0.0", "4.2", "42.10", "4200")).tolist() == ["0", "0", "0", "4.2", "42.10", "4200"]


def test_what_is_known_is_never_set_aside_and_what_is_new_is():
    found = find_twins(text("c1", "C1", "C 1", "D1"), text("C1", "c1"))
    assert found["is_lookalike"].tolist() == [False, False, True, False]


def test_every_blank_and_format_character_of_unicode_is_folded_away():
    gone = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in ("Zs", "Zl", "Zp", "Cc", "Cf")]
    assert fold_ids(text(*(f"a{c}b" for c in gone))).unique().tolist() == ["ab"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=8))
def test_the_fold_of_a_column_is_the_fold_of_each_cell(cells):
    assert fold_ids(text(*cells)).tolist() == [fold_one(cell) for cell in cells]
    assert id_keys(text(*cells)).tolist() == [key_of_one(cell) for cell in cells]


def test_of_a_cell_that_holds_a_book_only_the_beginning_is_folded():
    long = pd.Series(["É" * LONGEST + "a" * 10_000_000, "É" * LONGEST], dtype=frames.TEXT)
    assert list(fold_ids(long).str.len()) == [LONGEST, LONGEST]
