"""Proposes the e-mail address, the telephone number and the postal address of a relation.

May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

from collections.abc import Sequence

from tasks.domain.intake.guess.candidates import find_matches
from tasks.domain.intake.guess.columns import Column
from tasks.domain.intake.guess.proposal import Proposal, joined, quoted

ADDRESS_CELLS = 0.5
OF_PLACE = frozenset(
    {
        "work",
        "main",
        "home",
        "second",
        "client",
        "contact",
        "company",
        "record",
        "billing",
        "mailing",
        "value",
        "account",
        "lead",
    }
)
# Kinds of postal addresses, the most likely first; a delivery address is none to write to.
ADDRESSES = [
    frozenset(kind.split())
    for kind in ("", "main", "billing", "mailing", "client", "work", "home", "contact", "company")
]
PARTS = ("street", "zip", "city", "country")
NOT_OF_AN_ADDRESS = frozenset({"line", "address", "record"})


def propose_mail(proposal: Proposal) -> None:
    """Propose `email`: the most likely address, and the others where it is empty; by its cells if no title says it."""
    found = [c for c in proposal.free if _is_mail(c) and (c.is_empty or c.share_mail >= ADDRESS_CELLS)]
    found.sort(key=lambda c: (c.is_empty, len(c.reading.unknown), _distance(c), c.position))
    if found:
        first = found[0]
        # Empty ones as well: the next export may fill them.
        others = [
            c for c in found[1:] if not c.reading.unknown and "contact" not in c.reading.ideas - first.reading.ideas
        ]
        columns = [first, *others]
        proposal.take("email", columns, _first_of(columns))
        if first.is_empty:
            proposal.doubt(f"email: {first.title!r} is taken, and is empty in every row; no mail can be sent to them.")
        elif first.reading.unknown:
            proposal.doubt(f"email: {first.title!r} is taken, but not every word of its title is known.")
        return
    by_cells = [c for c in proposal.free if c.share_mail >= ADDRESS_CELLS and not c.reading.ideas & {"owner", "user"}]
    if by_cells:
        by_cells.sort(key=lambda c: ("mail" not in c.reading.ideas, -c.share_filled))
        proposal.take("email", by_cells[:1])
        proposal.doubt(
            f"email: {by_cells[0].title!r} is taken because its cells are addresses; its title does not say whose. "
            "Is it the right column?"
        )


def propose_phone(proposal: Proposal) -> None:
    """Propose the data field `phone`: a number of the office or the house, a mobile one where there is none."""
    phones = [
        match
        for match in find_matches(proposal.known, "relations", "phone", map(_without_place, proposal.free))
        if match.is_sure or not match.column.is_empty
    ]
    by_title = {column.title: column for column in proposal.free}
    columns = [by_title[match.column.title] for match in phones]
    columns.sort(key=lambda c: (c.is_empty, len(c.reading.unknown), "mobile" in c.reading.ideas, _distance(c)))
    if columns:
        filled = [columns[0], *(c for c in columns[1:] if not c.is_empty and not c.reading.unknown)]
        proposal.take("phone", filled, _first_of(filled))
        if columns[0].reading.unknown:
            proposal.doubt(f"phone: {columns[0].title!r} is taken, but not every word of its title is known.")


def propose_address(proposal: Proposal) -> None:
    """Propose the data field `address` from the parts of one postal address."""
    groups = dict[frozenset[str], list[Column]]()
    for column in proposal.free:
        ideas = column.reading.ideas - NOT_OF_AN_ADDRESS
        is_part = len(ideas & set(PARTS)) == 1 or (ideas <= OF_PLACE and "address" in column.reading.ideas)
        if is_part and not column.reading.unknown and not column.is_empty:
            groups.setdefault(ideas - set(PARTS), []).append(column)
    usable = {kind: columns for kind, columns in groups.items() if kind in ADDRESSES and _has_street(columns)}
    if not usable:
        return
    kind = min(usable, key=lambda group: (-min(len(usable[group]), 2), ADDRESSES.index(group)))
    there = {_part(column) for column in usable[kind]}
    # "Adresse de facturation", then "Code postal" and "Ville", which do not say again of which address they are.
    others = [column for column in groups.get(ADDRESSES[0], []) if _part(column) not in there]
    columns = sorted([*usable[kind], *others], key=lambda column: (_part(column), column.position))
    proposal.take("address", columns, joined(columns, join=quoted(", ")) if len(columns) > 1 else None)
    found = {_part(column) for column in columns}
    lost = [PARTS[at] for at in (1, 2) if at not in found]
    if lost and len(proposal.columns) > len(columns):
        proposal.doubt(f"address: no column of its {' or '.join(lost)} was found.")
    if len(usable) > 1:
        more = ", ".join(repr(c.title) for group in usable if group != kind for c in usable[group][:1])
        proposal.doubt(f"address: {columns[0].title!r} is taken; the file has another one in {more}.")


def _is_mail(column: Column) -> bool:
    ideas = column.reading.ideas
    return "mail" in ideas and ideas - {"mail"} <= OF_PLACE


def _distance(column: Column) -> int:
    """How far a title is from the plain one: of several addresses the first is taken first."""
    ideas = column.reading.ideas
    return len(ideas) + 4 * ("second" in ideas) + 2 * ("home" in ideas)


def _without_place(column: Column) -> Column:
    """The column as if its title did not say of which place, or the how manyeth."""
    reading = column.reading
    kept = reading.ideas - OF_PLACE
    return Column(column.title, type(reading)(kept, reading.unknown), column.cells, column.position)


def _first_of(columns: Sequence[Column]) -> str | None:
    return joined(columns, take="first") if len(columns) > 1 else None


def _has_street(columns: Sequence[Column]) -> bool:
    return any(_part(column) == 0 for column in columns)


def _part(column: Column) -> int:
    found = column.reading.ideas & set(PARTS)
    return PARTS.index(next(iter(found))) if found else 0
