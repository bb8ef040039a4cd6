"""Lines of totals and repeated titles are no records; a client whose code or name is such a word is one."""

import pandas as pd
import pytest

from tasks.domain import frames
from tasks.domain.intake.stray_rows import is_total, repeats_titles


def text(*cells):
    return pd.Series(cells, dtype=frames.TEXT)


@pytest.mark.parametrize(
    "word",
    [
        "TOTAL",
        "Totaux",
        "Somme",
        "Total général",
        "TOTAL :",
        "Total (20)",
        "Sous-total",
        "Totaal",
        "Grand Total",
        "Sum",
        "Total: 20",
    ],
)
def test_a_word_for_a_sum_in_the_place_of_the_id_is_no_client(word):
    assert is_total(text(word), text(None)).tolist() == [True]
    assert is_total(text(word), None).tolist() == [True]


@pytest.mark.parametrize("word", ["TOTAL-01", "Totalgaz", "Sumatra", "C1", "Sommer", None])
def test_an_id_that_only_begins_so_is_an_id(word):
    assert is_total(text(word), text(None)).tolist() == [False]


def test_a_client_with_an_address_may_have_such_a_code():
    assert is_total(text("TOTAL", "TOTAL"), text("info@total.example", None)).tolist() == [False, True]


def test_a_row_that_says_the_titles_again_is_found_whatever_its_capitals_and_form():
    raw = pd.DataFrame(
        {
            "Numéro": text("Numéro", "NUME\u0301RO ", "1", "Numéro", None, None),
            "Nom": text("Nom", "nom", "Nom", "Zoé", "Nom", None),
            "Nom#2": text("Nom", None, None, None, None, None),
            "source_row": range(2, 8),
        }
    )
    assert repeats_titles(raw).tolist() == [True, True, False, False, False, False]
