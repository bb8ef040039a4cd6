"""Which language a reader gets, of what a firm wrote once or once per language (M9, K3)."""

import pytest
from pydantic import ValidationError

from factories import template
from tasks.domain.definitions.languages import label_in, stored_label_in, stored_labels

THREE = {"fr": "Pièces du mois", "nl": "Stukken van de maand", "en": "This month's documents"}


@pytest.mark.parametrize(
    ("label", "relation", "firm", "read"),
    [
        ("Pièces", "nl", "fr", "Pièces"),
        (THREE, "nl", "fr", "Stukken van de maand"),
        (THREE, None, "en", "This month's documents"),
        (THREE, "de", "en", "This month's documents"),
        (THREE, "de", "pl", "Pièces du mois"),
        ({"nl": "Stukken"}, "de", "pl", "Stukken"),
    ],
)
def test_a_label_is_read_in_the_relations_language_else_the_firms_else_french_else_as_written(
    label, relation, firm, read
):
    assert label_in(label, relation, firm) == read
    assert stored_label_in(label_in(label, None, firm), stored_labels(label), relation, firm) == read


@pytest.mark.parametrize("label", [{}, {"french": "x"}, {"fr": ""}, {"fr": 3}, {"fr": "two\nlines"}, ["fr"]])
def test_a_label_that_is_neither_a_text_nor_one_per_language_is_refused(label):
    with pytest.raises(ValidationError, match="label"):
        template(label=label)
