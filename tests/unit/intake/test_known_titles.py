"""The file of known titles (known_titles.yaml): every entry can be found, and names a column or value that exists."""

import pytest

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.intake.known_titles import plain
from tasks.intake.known_titles import known_titles


def entries(known):
    """Every list of the file, with where it is."""
    for group in ("titles", "spellings"):
        for name, lists in getattr(known, group).items():
            yield from ((f"{group}.{name}.{key}", names) for key, names in lists.items())
    yield from ((name, getattr(known, name)) for name in ("first_names", "last_names", "of_users"))


def test_every_title_and_value_is_text_in_plain_form_and_there_once():
    for where, names in entries(known_titles()):
        assert names, where
        assert all(isinstance(name, str) for name in names), f"{where}: quote what YAML reads as another type"
        # A sign alone, such as ✓, has no plain form and is compared as it is.
        assert [name for name in names if (plain(name) or name) != name] == [], where
        assert len(set(names)) == len(names), where


@pytest.mark.parametrize("kind", list(known_titles().titles))
def test_the_titles_are_of_columns_that_the_kind_has(kind):
    assert kind in KINDS
    columns = {column for column in known_titles().titles[kind] if not column.startswith("id_card")}  # a data field
    assert columns <= {*KINDS[kind].columns, *KINDS[kind].required}
