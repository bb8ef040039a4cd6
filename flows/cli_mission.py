"""The verbs of `relance mission` and their words. What a verb does is in flows/verbs/missions.py.

May touch: click. Tests: tests/integration/test_missions.py.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import click

from flows.words import Command, Day, as_json, as_of, home, which_relations

_ids = click.argument("ids", metavar="[MISSION_ID]...", nargs=-1)
_name = click.option("--name", help="Those of this name.")


def _which_missions(command: Command) -> Command:
    """The words that choose missions: ids, name, and their relations."""
    chosen: Command = _ids(_name(which_relations(command)))
    return chosen


def _missions(words: dict[str, Any]) -> dict[str, Any]:
    return {key: words.pop(key) for key in ("ids", "name", "types", "statuses", "relations")}


@click.group()
def mission() -> None:
    """Missions: what the firm does for a relation, from when to when; once signed, its services make tasks.

    Example: relance mission sign --name exercice-2026
    """


@mission.command("add")
@click.argument("name")
@which_relations
@click.option("--start", type=Day(), help="Its first day; a service's first due date where that says none.")
@click.option("--end", type=Day(), help="Its last day, inclusive.")
@as_of
@home
def add(name: str, start: dt.date | None, end: dt.date | None, **words: Any) -> None:
    """Make a mission for each chosen relation, NAME-RELATION_ID, as a draft.

    Example: relance mission add exercice-2026 --types company --start 2026-01-01 --end 2026-12-31
    """
    from flows.verbs.missions import add_missions

    add_missions(name=name, dates={"start_on": start, "end_on": end}, **words)


@mission.command("attach")
@click.argument("template")
@_which_missions
@click.option("--frequency", help="weekly, monthly, …, none, or `every N days|weeks|months|years`.")
@click.option("--first-due", type=Day(), help="The first due date. Default: the mission's start.")
@click.option(
    "--quantity", type=click.IntRange(1, 999), help="How many occurrences in all; without a frequency, how many tasks."
)
@click.option("--backfill/--no-backfill", default=None, help="Whether what was due before it was signed is made.")
@as_of
@home
def attach(
    template: str,
    frequency: str | None,
    first_due: dt.date | None,
    quantity: int | None,
    backfill: bool | None,
    as_of: dt.date | None,
    home: Path,
    **words: Any,
) -> None:
    """Give each chosen mission a service: a template that it makes tasks of.

    Example: relance mission attach vat --name exercice-2026 --frequency monthly --first-due 2026-01-30
    """
    from flows.verbs.missions import attach_service

    answer = None if backfill is None else str(backfill).lower()
    service = {"frequency": frequency, "first_due_on": first_due, "quantity": quantity, "backfill": answer}
    attach_service(home, template, service, _missions(words), as_of)


@mission.command("sign")
@_which_missions
@as_of
@home
def sign(as_of: dt.date | None, home: Path, **words: Any) -> None:
    """Sign the chosen missions: from today on their services make tasks.

    Example: relance mission sign M-1042
    """
    from flows.verbs.missions import sign_chosen

    sign_chosen(home, _missions(words), as_of)


@mission.command("end")
@_which_missions
@click.option("--on", "end_on", type=Day(), help="The last day, inclusive. Default: today.")
@as_of
@home
def end(end_on: dt.date | None, as_of: dt.date | None, home: Path, **words: Any) -> None:
    """End the chosen missions: no new tasks after that day; open ones stay.

    Example: relance mission end M-1042 --on 2026-12-31
    """
    from flows.verbs.missions import end_chosen

    end_chosen(home, _missions(words), end_on, as_of)


@mission.command("list")
@_which_missions
@click.option("--status", type=click.Choice(["draft", "sent", "signed", "ended"]), help="Of this status alone.")
@as_json
@home
def list_(status: str | None, as_json: bool, home: Path, **words: Any) -> None:
    """List missions with their services.

    Example: relance mission list --status signed
    """
    from flows.verbs.missions import show_missions

    show_missions(home, _missions(words), status, as_json)
