"""Which profiles read a file: those whose titles are all in it.

May touch: nothing. Tests: tests/integration/intake/test_guess_bytes.py.
"""

from collections.abc import Collection, Iterable

from tasks.domain.definitions.profile import Profile

FEWEST_TITLES = 2  # one title alone, such as Name, is in too many files


def find_fitting(
    titles: Collection[str], header: int, profiles: Iterable[Profile], kind: str | None = None
) -> list[Profile]:
    """The profiles that read a file, the one with the most titles first.

    Args:
        titles: of the file.
        header: the record that holds them.
        profiles: those that there are; of two with the same name the first one counts.
        kind: of the file's rows; None if it is not known.
    """
    there, named = set(titles), dict[str, Profile]()
    for profile in profiles:
        if profile.kind in (kind or profile.kind, None):
            named.setdefault(profile.mapping, profile)
    possible = [p for p in named.values() if p.kind and p.header == header and len(p.titles) >= FEWEST_TITLES]
    fitting = [p for p in possible if p.titles <= there]
    return sorted(fitting, key=lambda profile: -len(profile.titles))
