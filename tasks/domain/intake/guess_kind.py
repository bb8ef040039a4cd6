"""Which kind of rows an unknown file holds, from its titles.

May touch: nothing. Tests: tests/integration/intake/test_guess.py.
"""

import re
from collections.abc import Iterable

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.intake.known_titles import KnownTitles, plain

BESIDE_A_NAME = re.compile(r"\(.*?\)|\*")


def guess_kind(titles: Iterable[str], known: KnownTitles) -> str:
    """The kind whose required columns fit the titles best; relations if none fits."""
    found = _in_plain_form(titles)
    # Contracts have no e-mail address.
    is_of_people = not found.isdisjoint(known.titles["relations"]["email"])
    # Clients and users both have an id, a name and an address: only a login shows that they are users.
    is_of_clients = found.isdisjoint(known.of_users)

    def score(kind: str) -> float:
        columns = {column for column, names in known.titles[kind].items() if not found.isdisjoint(names)}
        if kind == "relations" and not found.isdisjoint(known.first_names):
            columns.add("name")
        required = KINDS[kind].required
        is_of_others = is_of_people if kind in ("missions", "mission_services") else kind == "users" and is_of_clients
        return len(columns & set(required)) / len(required) + len(columns) / 100 - is_of_others

    return max(known.titles, key=score)


def doubt_kind(titles: Iterable[str], kind: str, known: KnownTitles) -> list[str]:
    """What a person should check, since lists of clients and of users have the same titles."""
    of_relations, found = known.titles["relations"], _in_plain_form(titles)
    if kind == "users":
        return ["the rows are taken for the firm's own people; if they are clients, guess again with --kind relations."]
    of_clients = {name for column in ("type", "status", "company_id") for name in of_relations[column]}
    is_either = not found.isdisjoint(of_relations["email"]) and found.isdisjoint(of_clients)
    if kind == "relations" and is_either:
        return ["the rows are taken for clients; if they are the firm's own people, guess again with --kind users."]
    return []


def _in_plain_form(titles: Iterable[str]) -> set[str]:
    return {plain(BESIDE_A_NAME.sub(" ", title)) for title in titles}
