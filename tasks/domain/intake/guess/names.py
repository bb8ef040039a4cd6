"""Proposes the name of a relation: a person's, a firm's, or what the file shows where both are mixed.

Never a contact's name in place of the firm's; where a file has both, a person is told which one is taken.
May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

from collections.abc import Sequence

import pandas as pd

from tasks.domain.intake.guess.columns import CELLS_LOOKED_AT, DATE, LAST_FIRST, LEGAL_FORM, NUMBER, PHONE, Column
from tasks.domain.intake.guess.proposal import Proposal, joined

PERSONS, FIRMS, BOTH = "persons", "firms", "both"
MOST = 0.8
HALF = 0.5
FEW = 0.1
SHARE_OF_CAPITALS = 0.6
BESIDE = frozenset({"client", "contact", "record", "main", "lead", "name"})
OF_CONTACT, OF_ACCOUNT = frozenset({"contact"}), frozenset({"account"})


def propose_name(proposal: Proposal) -> None:
    """Propose the column `name`, and note what the rows are."""
    first, last = _of_person(proposal.free, "first_name"), _of_person(proposal.free, "last_name")
    shown = _best(proposal.free, proposal.known.titles["relations"]["name"])
    firm = _best(proposal.free, proposal.known.firms)
    if firm and shown and firm.title == shown.title:
        firm = None
    if first and not shown and not last:
        last = _beside(proposal.free, first)
    if first and shown:
        _propose_beside_first(proposal, first, last, shown, firm)
    elif first and last:
        _propose_person_or_firm(proposal, first, last, firm)
    elif shown and firm and shown.reading.ideas >= OF_CONTACT and firm.share_filled >= MOST:
        _take(proposal, [firm], FIRMS)
        proposal.doubt(f"name: {firm.title!r} is taken; {shown.title!r} may be the name of the firm's contact.")
    elif shown or firm:
        is_of_contact = shown is not None and shown.reading.ideas >= OF_CONTACT
        _propose_one(proposal, [c for c in ((firm, shown) if is_of_contact else (shown, firm)) if c])
    else:
        _propose_by_cells(proposal, last)


def _propose_beside_first(
    proposal: Proposal, first: Column, last: Column | None, shown: Column, firm: Column | None
) -> None:
    both = first.cells.notna() & shown.cells.notna()
    pairs = pd.DataFrame({"first": first.cells[both], "shown": shown.cells[both]})
    sample = pairs.iloc[:: max(len(pairs) // CELLS_LOOKED_AT, 1)]
    within = [f.casefold() in s.casefold() for f, s in zip(sample["first"], sample["shown"], strict=True)]
    is_within = sum(within) >= MOST * max(len(within), 1) and bool(within)
    if is_within:
        is_mixed = shown.share_filled > first.share_filled
        _take(proposal, [shown], BOTH if is_mixed else PERSONS)
    elif last is None or last.is_empty:
        is_mixed = shown.share_filled > first.share_filled + FEW
        _take(proposal, [first, shown], BOTH if is_mixed else PERSONS)
        if shown.share(LEGAL_FORM) > 0 and not is_mixed:
            proposal.doubt(f"name: {shown.title!r} seems to hold names of firms, and {first.title!r} of persons.")
    elif shown.share_filled >= first.share_filled:
        _take(proposal, [shown], FIRMS)
        proposal.doubt(
            f"name: {shown.title!r} is taken; {first.title!r} and {last.title!r} are other names, perhaps of a contact."
        )
    else:
        _propose_person_or_firm(proposal, first, last, firm)


def _propose_one(proposal: Proposal, columns: list[Column]) -> None:
    """Propose what is shown for a relation, or else a firm's name; where it is often empty, the other one fills it."""
    chosen, *others = sorted(columns, key=lambda column: column.share_filled < HALF)
    are = FIRMS if chosen.title in _titles_of_firms(proposal) or chosen.share(LEGAL_FORM) >= HALF else ""
    if others and chosen.share_filled < MOST:
        _take(proposal, [chosen, *others], "", take="first")
        proposal.doubt(f"name: {chosen.title!r} is taken, and {others[0].title!r} where it is empty.")
        return
    _take(proposal, [chosen], are)
    if others:
        proposal.doubt(f"name: {chosen.title!r} is taken; {others[0].title!r} may be it as well.")


def _titles_of_firms(proposal: Proposal) -> set[str]:
    firms = [frozenset(title.split()) for title in proposal.known.firms]
    return {column.title for column in proposal.columns if column.reading.ideas in firms}


def _propose_person_or_firm(proposal: Proposal, first: Column, last: Column, firm: Column | None) -> None:
    # An account is what a CRM calls the firm for which a contact works.
    is_employer = firm is None or firm.reading.ideas >= OF_ACCOUNT or _lists_contacts(proposal.columns)
    is_before = firm is not None and firm.position < first.position and firm.share_filled >= HALF and not is_employer
    of_contact = first.reading.ideas >= OF_CONTACT and firm is not None
    if firm is not None and (is_before or of_contact):
        _take(proposal, [firm], FIRMS)
        proposal.doubt(
            f"name: {firm.title!r} is taken, and each row for a firm; if the rows are persons, write "
            f"[{first.title!r}, {last.title!r}]."
        )
        return
    _take(proposal, [first, last], PERSONS)
    if first.share_filled < MOST and firm is not None:
        proposal.doubt(
            f"name: some rows have no {first.title!r} or {last.title!r}; they may be firms, whose name is in "
            f"{firm.title!r}."
        )
    elif firm is not None and firm.filled.is_unique and not firm.is_empty:
        proposal.doubt(f"name: each row is taken for a person; if the rows are firms, write {firm.title!r}.")


def _propose_by_cells(proposal: Proposal, last: Column | None) -> None:
    """Propose the last name alone, or the first column of an unknown title that may hold names."""
    if last is not None:
        _take(proposal, [last], PERSONS)
        proposal.doubt(f"name: {last.title!r} alone is taken; no column of first names was found.")
        return
    if unknown := _unknown(proposal.free):
        _take(proposal, unknown[:1], "")
        proposal.doubt(f"name: {unknown[0].title!r} is taken by its cells alone; is it the right column?")


def _unknown(columns: Sequence[Column]) -> list[Column]:
    """Columns whose titles are not known, and whose cells may be names."""
    return [c for c in columns if c.reading.unknown and not c.reading.ideas - BESIDE and _holds_names(c)]


def _beside(columns: Sequence[Column], first: Column) -> Column | None:
    """The column of an unknown title just behind first names, or before them."""
    near = [c for c in _unknown(columns) if abs(c.position - first.position) == 1]
    return near[-1] if near else None


def _holds_names(column: Column) -> bool:
    is_text = not any(column.share(pattern) >= FEW for pattern in (NUMBER, DATE, PHONE))
    is_other = column.share_mail >= FEW or column.share(r"\S*\d\S*") >= HALF
    return is_text and not is_other and column.filled.nunique() > HALF * len(column.cells)


def _lists_contacts(columns: Sequence[Column]) -> bool:
    """Whether a title speaks of the contact's own id or owner."""
    return any("contact" in c.reading.ideas and c.reading.ideas & {"id", "owner", "number"} for c in columns)


def _of_person(columns: Sequence[Column], idea: str) -> Column | None:
    found = [c for c in columns if idea in c.reading.ideas and not c.reading.ideas - BESIDE - {idea} and not c.is_empty]
    found.sort(key=lambda column: (len(column.reading.unknown), len(column.reading.ideas)))
    return found[0] if found else None


def _best(columns: Sequence[Column], titles: list[str]) -> Column | None:
    entries = [frozenset(title.split()) for title in titles]
    found = [c for c in columns if c.reading.ideas in entries and not c.is_empty and _is_text(c)]
    found.sort(
        key=lambda c: (c.share_filled < HALF, len(c.reading.unknown), entries.index(c.reading.ideas), c.position)
    )
    return found[0] if found else None


def _is_text(column: Column) -> bool:
    return column.share(NUMBER) < HALF and column.share_mail < HALF and column.share(DATE) < HALF


def _take(proposal: Proposal, columns: list[Column], are: str, **options: str) -> None:
    proposal.are = are
    is_turned = len(columns) == 1 and columns[0].share(LAST_FIRST) >= HALF and not columns[0].share(LEGAL_FORM) >= HALF
    if is_turned:
        options["names"] = "last_first"
        proposal.are = PERSONS if columns[0].share(LAST_FIRST) >= MOST else BOTH
        proposal.doubt(f"name: {columns[0].title!r} holds `Last, First`, which becomes `First Last`.")
    cells = [value for column in columns for value in column.sample]
    if cells and len(columns) > 1 and not options and sum(map(str.isupper, cells)) > SHARE_OF_CAPITALS * len(cells):
        options["case"] = "name"
    proposal.take("name", columns, joined(columns, **options) if options or len(columns) > 1 else None)
    for column in columns:
        if column.reading.unknown:
            proposal.doubt(f"name: {column.title!r} is taken, but not every word of its title is known.")
    is_known = len(columns) > 1 and not any(column.reading.unknown for column in columns)
    if (others := _unknown(proposal.free)) and not is_known:
        proposal.doubt(f"name: {columns[0].title!r} is taken; what {others[0].title!r} means is not known here.")
