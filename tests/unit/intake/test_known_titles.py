"""The file of known titles (known_titles.yaml): every entry can be found, and names a column or value that exists."""

from collections import Counter

import pytest

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.intake.guess.known_titles import plain
from tasks.intake.known_titles import known_titles


def entries(known):
    """Every list of words and values, with where it is."""
    yield from ((f"words.{idea}", names) for idea, names in known.words.items())
    for name, lists in known.spellings.items():
        yield from ((f"spellings.{name}.{key}", names) for key, names in lists.items())


def test_every_word_and_value_is_text_in_plain_form_and_there_once():
    for where, names in entries(known_titles()):
        assert names, where
        assert all(isinstance(name, str) for name in names), f"{where}: quote what YAML reads as another type"
        # A sign alone, such as ✓, has no plain form and is compared as it is.
        assert [name for name in names if (plain(name) or name) != name] == [], where
        assert len(set(names)) == len(names), where


def test_a_word_stands_for_one_idea():
    counted = Counter(word for words in known_titles().words.values() for word in words)
    assert [word for word, times in counted.items() if times > 1] == []


def test_titles_and_kinds_are_made_of_ideas_that_have_words():
    known = known_titles()
    titles = [title for columns in known.titles.values() for titles in columns.values() for title in titles]
    titles += [title for weights in known.kinds.values() for title in weights] + known.firms + known.of_users
    titles += [idea for ideas in known.beside.values() for idea in ideas]
    assert {idea for title in titles for idea in title.split()} - set(known.words) == set()


@pytest.mark.parametrize("kind", list(known_titles().titles))
def test_the_titles_are_of_columns_that_the_kind_has(kind):
    data_fields = {"phone", "id_card", "id_card.expires_on"}
    assert set(known_titles().titles[kind]) - data_fields <= set(KINDS[kind].columns)


@pytest.mark.parametrize(
    ("title", "ideas"),
    [
        ("Kundennummer", "client number"),
        ("N° client", "client number"),
        ("Name* (s.nom)", "name"),
        ("POAddressLine1", "mailing street"),
        ("E-mail 2 - Value", "mail second value"),
        ("emailAddressIsOptedOut", "opt_out"),
        ("Straße", "street"),
        ("Date d’expiration CNI", "expires id_card"),
    ],
)
def test_a_title_is_read_as_ideas_in_any_language(title, ideas):
    read = known_titles().read(title)
    assert (read.ideas, read.unknown) == (frozenset(ideas.split()), ())


def test_a_word_that_is_not_known_is_kept_apart():
    assert known_titles().read("Zorgmail adres").unknown == ("zorgmail",)
