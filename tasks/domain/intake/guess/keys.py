"""Proposes the column by which a row is known again, and what it refers to.

May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.intake.guess.candidates import Match, find_matches
from tasks.domain.intake.guess.columns import DATE, LEGAL_FORM, PHONE, Column
from tasks.domain.intake.guess.names import FIRMS, PERSONS
from tasks.domain.intake.guess.proposal import Proposal, joined

DISTINCT = 0.95  # the share of rows that a key tells apart at least, to be as good as any other
MOST = 0.9
HALF = 0.5
LOOKS_LIKE_ID = r"(?=\S*\d)(?!.*\.\d\d$)[\w./-]+"
OF_FIRMS = frozenset({"company", "account", "firm_name"})
OF_ROW = frozenset({"id", "number", "record", "client", "contact", "account", "company", "lead"})
IDS = frozenset({"id", "record", "login", "user", "initials"})
NAMES_IN = r"(?=.*[a-zà-ÿ]).*[^\W\d_]+[ ,'-]+[^\W\d_]+.*"
HAS_DIGIT = r".*\d.*"
# By kind, the canonical columns that together are a key where a file has no id.
KEYS = {
    "relations": (("email",), ("name", "birth"), ("name",)),
    "users": (("email",),),
    "missions": (("relation_id", "name"),),
    "activities": (("subject", "starts_at"),),
    "mission_services": (),
    "answers": (),
}


def propose_key(proposal: Proposal) -> None:
    """Propose the key's column: by its title, if its values tell the rows apart; else other columns, in doubt."""
    key = KINDS[proposal.kind].keys[0]
    found = [m for m in find_matches(proposal.known, proposal.kind, key, proposal.free) if _may_be_key(proposal, m)]
    found.sort(key=lambda match: (_confusion(match.column), match.distance, match.column.position))
    if found:
        column = found[0].column
        proposal.take(key, [column])
        doubt_key(proposal, column)
        if not found[0].is_sure:
            proposal.doubt(f"{key}: {column.title!r} is taken, but not every word of its title is known.")
        others = [match.column for match in found[1:]] + [c for c in proposal.free if _looks_like_key(c)]
        rivals = [other.title for other in others if other.is_unique and column.is_unique]
        if rivals:
            proposal.doubt(f"{key}: {column.title!r} is taken; {rivals[0]!r} tells the rows apart as well.")
        return
    unknown = [c for c in proposal.free if _looks_like_key(c)]
    if unknown:
        proposal.take(key, unknown[:1])
        proposal.doubt(f"{key}: {unknown[0].title!r} is taken because each row has its own value there. Is it the id?")


def propose_other_key(proposal: Proposal) -> None:
    """Where the file has no id, propose what else tells its rows apart, and say what that means."""
    key = KINDS[proposal.kind].keys[0]
    if key in proposal.rules:
        return
    by_title = {column.title: column for column in proposal.columns}
    for names in KEYS[proposal.kind]:
        columns = [by_title[t] for name in names for t in _titles(proposal, name)]
        if len(columns) >= len(names) and _tells_apart(columns):
            proposal.sources[key] = [column.title for column in columns]
            several = joined(columns, take="every") if len(columns) > 1 else None
            rule = several or proposal.rules.get(names[0], "") or joined(columns)
            proposal.rules[key] = rule if several or len(_titles(proposal, names[0])) == 1 else joined(columns)
            said = " and ".join(repr(column.title) for column in columns)
            proposal.doubt(
                f"{key}: no column of the file seems to say it, so the rows are told apart by {said}; where "
                "that changes, an import sees a new row. Export the id as well, if the product has one."
            )
            return


def doubt_key(proposal: Proposal, column: Column) -> None:
    """Say which rows the key does not tell apart."""
    missing, twice = int(column.cells.isna().sum()), int(column.filled.duplicated().sum())
    if missing:
        proposal.doubt(f"{column.title!r} as the id: {missing:,} rows have none.")
    if twice and proposal.kind != "mission_services":
        proposal.doubt(f"{column.title!r} as the id: {twice:,} rows have that of an earlier row.")


def propose_reference(proposal: Proposal, name: str, of: str) -> None:
    """Propose a column that refers to another kind, by its ids or, in doubt, by its names.

    Args:
        proposal: the profile.
        name: the canonical column.
        of: what it refers to, for a person.
    """
    found = find_matches(proposal.known, proposal.kind, name, proposal.free)
    found = [m for m in found if m.is_sure or name == "owner_id"]
    # One person may own every client of a firm; one company employs them all only where its id says so.
    found = [m for m in found if name == "owner_id" or not m.column.is_constant or m.column.reading.ideas & IDS]
    if name == "company_id" and proposal.are == FIRMS:
        found = [match for match in found if "parent" in match.ideas]
    if not found:
        return
    match = found[0]
    proposal.take(name, [match.column])
    if not match.is_sure:
        proposal.doubt(f"{name}: {match.column.title!r} is taken, but not every word of its title is known.")
    if match.column.is_constant:
        proposal.doubt(f"{name}: {match.column.title!r} is the same in every row; is it the right column?")
    _doubt_names(proposal, name, match.column, of)
    if name == "company_id":
        _doubt_other_list(proposal, match.column)


def _doubt_other_list(proposal: Proposal, column: Column) -> None:
    """Say where ids of companies are also ids of the persons in the rows: products number each list from 1."""
    keys = proposal.sources.get("relation_id", [])
    own = {value for other in proposal.columns if other.title in keys[:1] for value in other.filled}
    shared = len(own & set(column.filled.unique()))
    if proposal.are == PERSONS and shared:
        proposal.doubt(
            f"company_id: {shared:,} values of {column.title!r} are also ids of persons in this file; if companies are "
            "numbered apart, give them a `prefix`, here and where they are imported, or a person becomes the company."
        )


def _doubt_names(proposal: Proposal, name: str, column: Column, of: str) -> None:
    """Say where a reference holds names, or where neither its title nor its cells say that it holds ids."""
    holds_names = column.share(NAMES_IN) >= HALF or column.share(LEGAL_FORM) >= HALF
    if not holds_names and (
        column.is_empty or column.reading.ideas & {*IDS, "number"} or column.share(HAS_DIGIT) >= HALF
    ):
        return
    what = "A name that only one of them has is found; the others stay unknown."
    if name in ("relation_id", "mission_id"):
        what = "A row goes in only where a name is an id as well: export the id."
    holds = "holds names, not" if holds_names else "may hold names, not"
    proposal.doubt(f"{name}: {column.title!r} {holds} ids of {of}. {what}")


def _may_be_key(proposal: Proposal, match: Match) -> bool:
    column = match.column
    is_other = column.is_constant or column.share_mail >= HALF or column.share(DATE) >= HALF
    if column.is_empty or column.share_filled < HALF or is_other:
        return False
    # Where the rows are persons, an id of a company is that of their employer.
    return not (proposal.kind == "relations" and proposal.are == PERSONS and match.ideas & OF_FIRMS)


def _confusion(column: Column) -> float:
    """The share of rows that a column does not tell apart; 0 if there are only few."""
    distinct = column.filled.nunique() / max(len(column.cells), 1)
    return 0.0 if distinct >= DISTINCT else 1 - distinct


def _looks_like_key(column: Column) -> bool:
    is_id = column.is_unique and len(column.cells) > 1 and column.share(LOOKS_LIKE_ID) == 1
    is_phone = column.share(PHONE) >= HALF and column.share(r"[+0].*") >= HALF
    return is_id and not is_phone and bool(column.reading.unknown) and not column.reading.ideas - OF_ROW


def _titles(proposal: Proposal, name: str) -> list[str]:
    if name == "birth":
        return [c.title for c in proposal.columns if c.reading.ideas == frozenset({"birth"})][:1]
    return proposal.sources.get(name, [])[: None if name == "name" else 1]


def _tells_apart(columns: list[Column]) -> bool:
    joined_cells = columns[0].cells
    for column in columns[1:]:
        joined_cells = joined_cells + " " + column.cells
    filled = joined_cells.dropna()
    return len(filled) >= MOST * len(joined_cells) and filled.is_unique
