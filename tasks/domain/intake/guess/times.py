"""Proposes columns of dates and instants with the formats that read them; a date and its time may be two columns.

May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

import json

from tasks.domain import frames
from tasks.domain.definitions.profile import ISO
from tasks.domain.intake.guess.candidates import find_matches
from tasks.domain.intake.guess.columns import TIME, Column
from tasks.domain.intake.guess.dates import Guessed, guess_formats
from tasks.domain.intake.guess.proposal import Proposal, quoted

MOSTLY = 0.5
CELLS_LOOKED_AT = 10_000
OF_TIME = frozenset({"time"})
OF_DATE = frozenset({"date"})


def propose_time(proposal: Proposal, name: str) -> None:
    """Propose a column of dates, or of instants, by its title."""
    found = find_matches(proposal.known, proposal.kind, name, proposal.free)
    if not found:
        return
    column = found[0].column
    beside = _time_beside(proposal, column) if frames.is_instant(name) else None
    columns = [column, beside] if beside else [column]
    rule = _date_rule(proposal, columns)
    proposal.take(name, columns, rule)
    if not found[0].is_sure:
        proposal.doubt(f"{name}: {column.title!r} is taken, but not every word of its title is known.")
    if column.reading.ideas & {"due"}:
        proposal.doubt(f"{name}: {column.title!r} is a date by which something is due; is it the right column?")
    rivals = [match.column.title for match in found[1:] if match.distance - found[0].distance < 1]
    if rivals:
        proposal.doubt(f"{name}: {column.title!r} is taken; {rivals[0]!r} may be it as well.")


def _time_beside(proposal: Proposal, column: Column) -> Column | None:
    """The column of the time of day that belongs to a column of dates."""
    of = column.reading.ideas - OF_DATE - OF_TIME
    times = [c for c in proposal.free if c.title != column.title and c.share(TIME) >= MOSTLY]
    if column.share(r".*\d:\d.*") >= MOSTLY:
        return None
    same = [c for c in times if c.reading.ideas - OF_DATE - OF_TIME == of and not c.reading.unknown]
    return same[0] if same else None


def _date_rule(proposal: Proposal, columns: list[Column]) -> str | None:
    values = columns[0].cells
    for column in columns[1:]:
        values = (values + " " + column.cells).fillna(values)
    titles = [column.title for column in columns]
    filled = values.dropna()
    step = max(len(filled) // CELLS_LOOKED_AT, 1)
    found = guess_formats(filled.iloc[::step])
    if found.is_plain and len(columns) == 1:
        return None
    _doubt_dates(proposal, titles[0], found, "" if step == 1 else f"of every {step:,}th cell, ")
    formats = found.formats or [ISO]
    said = json.dumps(formats[0] if len(formats) == 1 else formats)
    source = quoted(titles[0]) if len(titles) == 1 else f"[{', '.join(map(quoted, titles))}]"
    return f"{{from: {source}, date_format: {said}}}"


def _doubt_dates(proposal: Proposal, title: str, found: Guessed, among: str) -> None:
    if found.unread:
        proposal.doubt(f"{title!r}: {among}{found.unread:,} cells are not a date in any format that is known here.")
    if found.turned:
        proposal.doubt(
            f"{title!r}: {among}{found.turned:,} cells have day and month in the other order than the rest; they are "
            "not read. Correct the source."
        )
    if found.years:
        proposal.doubt(f"{title!r}: {among}{found.years:,} cells hold a year alone, which is not a date.")
    if found.is_ambiguous:
        proposal.doubt(f"{title!r}: read as day, month, year; month first would fit every cell as well.")
