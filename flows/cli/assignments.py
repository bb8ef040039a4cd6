"""`relance assign`: put relations on a schedule, or take them off.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.options import Day, as_json, as_of, home, which_relations
from flows.cli.output import fail, print_json, say, session

if TYPE_CHECKING:
    from tasks.planning.assignments import Assigned


@click.command()
@click.argument("schedule", metavar="TEMPLATE/SCHEDULE")
@which_relations
@click.option("--start", type=Day(), help="From when. Default: today. At most one year back.")
@click.option("--move", is_flag=True, help="With --start: relations that are on the schedule get that start, too.")
@click.option("--remove", is_flag=True, help="Take the relations off the schedule; open tasks stay.")
@as_of
@as_json
@home
def assign(**words: Any) -> None:
    """Put filtered relations on a schedule, or take them off it.

    Without a filter: every relation that the template is for.

    Example: relance assign id-card/renewal --types person,sole_trader
    """
    assign_relations(**words)


def assign_relations(
    home: Path,
    schedule: str,
    types: tuple[str, ...],
    statuses: tuple[str, ...],
    relations: tuple[str, ...],
    start: dt.date | None,
    move: bool,
    remove: bool,
    as_of: dt.date | None,
    as_json: bool,
) -> None:
    """Put relations on a schedule or take them off it, and print how many."""
    from flows.jobs.assign import UnknownSchedule, run_assign
    from tasks.planning.assignments import RelationFilter

    with session(home) as (settings, store):
        today = as_of or settings.today()
        choice = RelationFilter(types, statuses, relations)
        if move and (start is None or remove):
            raise click.UsageError("--move needs --start, the new start, and does not go with --remove.")
        try:
            did = run_assign(settings, store, schedule, choice, start, remove, today, move=move)
        except UnknownSchedule as error:
            raise click.UsageError(str(error)) from None
    _tell_assigned(did, schedule, remove, start or today, as_json)


def _tell_assigned(did: Assigned, schedule: str, remove: bool, start_on: dt.date, as_json: bool) -> None:
    from flows.jobs.assign import say_kept

    if as_json:
        print_json({"schedule": schedule, "removed" if remove else "added": did.changed} | asdict(did))
    elif remove:
        say(f"{did.changed:,} relations taken off {schedule}; {did.unchanged:,} were not on it. Open tasks stay.")
    else:
        moved = f"{did.moved:,} moved to that start; " if did.moved else ""
        say(
            f"{did.changed:,} relations put on {schedule} from {start_on}; {moved}{did.unchanged:,} were on it already."
        )
        for kept in did.kept:
            say(say_kept(kept))
        if did.kept:
            say("`--start D --move` gives them another start.")
    if did.unknown:
        fail(f"Unknown relations, left out: {', '.join(did.unknown)}. `relance import relations` brings them in.")
