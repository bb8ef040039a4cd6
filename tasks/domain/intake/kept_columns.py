"""The columns that a profile with `keep: all` takes as data fields beside those it names.

May touch: nothing. Tests: tests/unit/intake/test_kept_columns.py.
"""

from collections.abc import Collection, Iterable

from tasks.domain.definitions.kinds import FIELD_NAME, UNTITLED
from tasks.domain.intake.guess.known_titles import plain_title

LONGEST = 60  # characters, so that a number behind the name still fits
BEFORE_FIGURE = "field_"


def name_fields(titles: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """A tidy name for each title, by name: lower-case letters, figures and `_`; a name that is taken gets a number.

    Args:
        titles: of the source's columns that no rule takes; one without a title is left out.
        taken: the names of other columns.
    """
    named = dict[str, str]()
    for title in titles:
        bare = plain_title(title).replace(" ", "_")[:LONGEST].strip("_")
        bare = bare if FIELD_NAME.fullmatch(bare) or not bare else BEFORE_FIGURE + bare
        if UNTITLED.fullmatch(title) or not bare:
            continue
        name, number = bare, 2
        while name in taken or name in named:
            name, number = f"{bare}_{number}", number + 1
        named[name] = title
    return named
