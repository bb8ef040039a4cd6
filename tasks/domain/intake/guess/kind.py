"""Which kind of rows an unknown file holds: by the ideas in its titles, and by some of its cells.

May touch: nothing. Tests: tests/integration/intake/test_guess.py.
"""

from collections.abc import Sequence

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.intake.guess.candidates import spelling_table
from tasks.domain.intake.guess.columns import Column
from tasks.domain.intake.guess.known_titles import KnownTitles

LEADS, RELATIONS, USERS = "leads", "relations", "users"
ALL = 0.8
HALF = 0.5
NEAR_TIE = 0.7  # of the best score
FEWEST = 3.0
MANY_UNKNOWN = 0.4  # of the titles
LEAD_VALUES, MAIL_CELLS = 4.0, 1.5
NOT_YET_LEADS = 3.5  # leads have what relations have; only more than this makes them leads
CLIENT_VALUES = 3.0
NO_USERS = 4.0
NO_MAIL, NO_MISSION = 1.0, 3.0
EMPTY = 0.25  # what a column without values counts
REQUIRED = 2.0
OF_PEOPLE = ("mail", "phone", "street", "opt_out", "first_name")
OF_OTHERS = 1.5


def score_kinds(columns: Sequence[Column], known: KnownTitles) -> dict[str, float]:
    """How much speaks for each kind, the best first; `leads` are relations that are no clients yet."""
    scores = {kind: _of_titles(columns, known.kinds[kind]) for kind in known.kinds}
    for kind in known.titles:
        scores[kind] += REQUIRED * _share_required(columns, kind, known)
    if any(column.share_mail >= HALF for column in columns) and not _has(columns, "mail"):
        scores[RELATIONS] += MAIL_CELLS
    of_users = [frozenset(entry.split()) for entry in known.of_users]
    if not any(column.reading.ideas in of_users for column in columns):
        scores[USERS] -= NO_USERS
    if not any("mail" in column.reading.ideas or column.share_mail >= HALF for column in columns):
        scores[RELATIONS] -= NO_MAIL
    if not any(column.reading.ideas >= {"mission"} and column.reading.ideas & {"id", "number"} for column in columns):
        scores["mission_services"] -= NO_MISSION
    people = sum(OF_OTHERS for idea in OF_PEOPLE if _has(columns, idea))
    for kind in ("missions", "mission_services"):
        scores[kind] -= people
    scores[LEADS] += scores[RELATIONS] - NOT_YET_LEADS + _of_values(columns, known)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def doubt_kind(scores: dict[str, float], columns: Sequence[Column], known: KnownTitles) -> list[str]:
    """What a person should check: a second kind that fits nearly as well, and lists that may be of users."""
    kind, said = next(iter(scores)), list[str]()
    if kind == USERS:
        said.append(
            "the rows are taken for the firm's own people; if they are clients, guess again with --kind relations."
        )
    elif kind == LEADS:
        said.append(
            "the rows are taken for leads, who are prospects: status is 'prospect' in every row; if they are clients, "
            "guess again with --kind relations."
        )
    elif kind == RELATIONS and _may_be_users(columns, known):
        said.append("the rows are taken for clients; if they are the firm's own people, guess again with --kind users.")
    return said + _doubt_second(scores, sum(bool(c.reading.unknown) for c in columns) >= MANY_UNKNOWN * len(columns))


def _doubt_second(scores: dict[str, float], is_foreign: bool) -> list[str]:
    kind, second = list(scores)[:2]
    is_little = scores[kind] <= FEWEST or is_foreign
    if scores[second] < NEAR_TIE * scores[kind] and not is_little:
        return []
    if (kind, second) == (RELATIONS, LEADS):
        why = "the rows are taken for clients, but they may be leads; if so, write `status: {constant: prospect}`"
        return [f"{why}, and if they are neither, guess again with another --kind." if is_little else f"{why}."]
    if scores[second] <= 0:
        return [f"little in the file shows what its rows are; if they are not {kind}, guess again with another --kind."]
    other = RELATIONS if second == LEADS else second
    why = (
        f"the rows are taken for {kind} ({max(scores[kind], 0):.1f} speaks for it), but they may be {second} "
        f"({scores[second]:.1f}); if so, guess again with --kind {other}."
    )
    return [why]


def _of_titles(columns: Sequence[Column], weights: dict[str, float]) -> float:
    entries = {entry: frozenset(entry.split()) for entry in weights}
    best = dict[str, float]()
    for column in columns:
        found = [entry for entry, ideas in entries.items() if ideas <= column.reading.ideas]
        # The e-mail address or name of an owner is no sign of a client.
        if found and ("owner" not in column.reading.ideas or any("owner" in entry for entry in found)):
            entry = max(found, key=lambda name: weights[name])
            best[entry] = max(best.get(entry, 0), weights[entry] * (EMPTY if column.is_empty else 1))
    return sum(best.values())


def _share_required(columns: Sequence[Column], kind: str, known: KnownTitles) -> float:
    required = KINDS[kind].required
    said = [column.reading.ideas for column in columns]
    titled = [name for name in required if any(frozenset(e.split()) in said for e in known.titles[kind].get(name, []))]
    return len(titled) / len(required)


def _of_values(columns: Sequence[Column], known: KnownTitles) -> float:
    """What the values of states say for leads, and against them."""
    states = [c for c in columns if c.reading.ideas & {"status", "lead_status", "type"} and not c.is_empty]
    leads, clients = spelling_table(known, "lead_status"), spelling_table(known, "status")
    of_clients = {value: becomes for value, becomes in clients.items() if becomes in ("client", "former")}
    is_client = any(c.share_spelled(of_clients) > 0 for c in states if "lead_status" not in c.reading.ideas)
    is_lead = any(column.share_spelled(leads) >= ALL for column in states)
    return LEAD_VALUES * is_lead - CLIENT_VALUES * is_client


def _may_be_users(columns: Sequence[Column], known: KnownTitles) -> bool:
    """Lists of clients and of users have the same titles, except for some."""
    of_clients = [
        frozenset(e.split()) for name in ("type", "status", "company_id") for e in known.titles[RELATIONS][name]
    ]
    is_shown = any(c.reading.ideas in of_clients or c.reading.ideas & {"street", "opt_out", "client"} for c in columns)
    return _has(columns, "mail") and not is_shown


def _has(columns: Sequence[Column], idea: str) -> bool:
    return any(idea in column.reading.ideas and "owner" not in column.reading.ideas for column in columns)
