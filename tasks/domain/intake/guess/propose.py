"""Proposes a mapping profile for an unknown file, for a person to correct.

It states what is uncertain, and quotes cells of the file only from columns with few distinct values.
Law: what is proposed is a valid profile.
May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

from collections.abc import Sequence

import pandas as pd

from tasks.domain import frames
from tasks.domain.definitions.kinds import KINDS
from tasks.domain.intake.guess.candidates import find_matches
from tasks.domain.intake.guess.columns import Column
from tasks.domain.intake.guess.contact_details import propose_address, propose_mail, propose_phone
from tasks.domain.intake.guess.keys import propose_key, propose_other_key, propose_reference
from tasks.domain.intake.guess.known_titles import KnownTitles
from tasks.domain.intake.guess.names import propose_name
from tasks.domain.intake.guess.proposal import Proposal
from tasks.domain.intake.guess.times import propose_time
from tasks.domain.intake.guess.values import fill_in, propose_opt_out, propose_values
from tasks.domain.intake.id_doubts import doubt_ids
from tasks.domain.intake.stray_rows import is_total, repeats_titles

ROWS_NAMED = 5
PHONE_AND_ADDRESS = ("phone", "address")
# What follows for a person where a column is not found.
MATTERS = {
    ("relations", "email"): "no mail can be sent to these rows",
    ("relations", "do_not_mail"): "nobody of them is taken to have refused mail",
    ("relations", "owner_id"): "nobody of the firm answers for them",
    ("relations", "language"): "they are written to in the firm's language",
    ("missions", "end_on"): "they have no end",
    ("mission_services", "frequency"): "each is due once",
    ("activities", "contact_id"): "no client is told of them",
}
REFERS_TO = {
    "owner_id": "the firm's users",
    "company_id": "relations",
    "contact_id": "relations",
    "relation_id": "relations",
    "mission_id": "missions",
}


def propose(
    rows: pd.DataFrame,
    kind: str,
    columns: list[Column],
    *,
    known: KnownTitles,
    is_leads: bool = False,
    doubts: Sequence[str] = (),
) -> Proposal:
    """What each canonical column comes from, and what a person should check.

    Args:
        rows: the file's text columns, and source_row.
        kind: the kind of its rows.
        columns: the same columns, read (columns_of).
        known: what is known of titles and values.
        is_leads: whether the rows are relations who are no clients yet.
        doubts: about the file itself (`RawFile.doubts`), and about its kind.
    """
    proposal = Proposal(kind, known, columns, is_leads, doubts=list(doubts))
    if kind == "relations":
        _propose_relations(proposal)
    else:
        _propose_others(proposal)
    propose_other_key(proposal)
    for column in KINDS[kind].required:
        fill_in(proposal, column)
    _doubt_ids(proposal, rows)
    _doubt_stray_rows(proposal, rows)
    _doubt_missing(proposal)
    # In the order of the file of titles, whatever the order in which columns are looked for.
    order = [*known.titles[kind], *PHONE_AND_ADDRESS]
    proposal.rules = dict(sorted(proposal.rules.items(), key=lambda item: order.index(item[0])))
    return proposal


def _propose_relations(proposal: Proposal) -> None:
    propose_mail(proposal)
    propose_opt_out(proposal)
    for name in ("id_card.expires_on", "id_card"):
        _propose_by_name(proposal, name)
    propose_name(proposal)
    propose_key(proposal)
    values = ("type", "language") if proposal.is_leads else ("type", "status", "language")
    for name in values:
        propose_values(proposal, name)
    for name in ("owner_id", "company_id"):
        propose_reference(proposal, name, REFERS_TO[name])
    propose_phone(proposal)
    propose_address(proposal)


def _propose_others(proposal: Proposal) -> None:
    propose_key(proposal)
    if proposal.kind == "users":
        propose_mail(proposal)
    for name in proposal.known.titles[proposal.kind]:
        if name not in proposal.rules:
            _propose_by_name(proposal, name)
    if proposal.kind == "users" and "last_name" in proposal.rules and "first_name" not in proposal.rules:
        proposal.doubt(f"last_name: {proposal.sources['last_name'][0]!r} may hold whole names; they go in as one.")


def _propose_by_name(proposal: Proposal, name: str) -> None:
    if frames.is_date(name) or frames.is_instant(name) or name.endswith(".expires_on"):
        propose_time(proposal, name)
    elif name in ("status", "kind", "frequency"):
        propose_values(proposal, name)
    elif name in REFERS_TO:
        propose_reference(proposal, name, REFERS_TO[name])
    else:
        _propose_text(proposal, name)


def _propose_text(proposal: Proposal, name: str) -> None:
    found = find_matches(proposal.known, proposal.kind, name, proposal.free)
    if not found:
        return
    proposal.take(name, [found[0].column])
    if not found[0].is_sure:
        proposal.doubt(f"{name}: {found[0].column.title!r} is taken, but not every word of its title is known.")
    if len(found) > 1 and found[1].distance - found[0].distance < 1:
        proposal.doubt(f"{name}: {found[0].column.title!r} is taken; {found[1].column.title!r} may be it as well.")


def _doubt_ids(proposal: Proposal, rows: pd.DataFrame) -> None:
    cells = {column.title: column.cells for column in proposal.columns}
    for name, titles in proposal.sources.items():
        for title in titles:
            for doubt in doubt_ids(cells[title], name, rows["source_row"]):
                proposal.doubt(doubt)


def _doubt_stray_rows(proposal: Proposal, rows: pd.DataFrame) -> None:
    first = pd.Series(pd.NA, index=rows.index, dtype=frames.TEXT)
    for column in proposal.columns:
        first = first.fillna(column.cells)
        if first.notna().all():
            break
    found = {"repeat the titles": repeats_titles(rows), "look like a line of totals": is_total(first, None)}
    for what, mask in found.items():
        if mask.any():
            named = ", ".join(f"{n:,}" for n in rows.loc[mask, "source_row"].head(ROWS_NAMED))
            proposal.doubt(f"{int(mask.sum()):,} rows {what} (rows {named}); an import sets them aside.")


def _doubt_missing(proposal: Proposal) -> None:
    """Say which columns were not found: those with a consequence in a line of their own."""
    also = PHONE_AND_ADDRESS if proposal.kind == "relations" else ()
    missing = [name for name in (*proposal.known.titles[proposal.kind], *also) if name not in proposal.rules]
    others = []
    for name in dict.fromkeys(missing):
        column, why = proposal.unlike.get(name), MATTERS.get((proposal.kind, name))
        if column:
            proposal.doubt(f"{name}: {column.title!r} has values that are not known here, and is not taken.")
        elif why:
            proposal.doubt(f"{name}: no column of the file seems to say it; {why}.")
        else:
            others.append(name)
    if others:
        proposal.doubt(f"not found: {', '.join(others)}.")
