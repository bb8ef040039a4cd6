"""`relance mission`: add, attach, sign, end and list.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.options import Command, Day, as_json, as_of, home, which_relations
from flows.cli.output import fail, print_json, print_table, say, session

if TYPE_CHECKING:
    from flows.home.settings import Settings
    from sql.store import Store
    from tasks.planning.assignments import RelationFilter
    from tasks.planning.missions import Changed, MissionFilter

_ids = click.argument("ids", metavar="[MISSION_ID]...", nargs=-1)
_name = click.option("--name", help="Those of this name.")


def _which_missions(command: Command) -> Command:
    """Add the options that choose missions: ids, name, and filters on their relations."""
    chosen: Command = _ids(_name(which_relations(command)))
    return chosen


def _missions(words: dict[str, Any]) -> dict[str, Any]:
    return {key: words.pop(key) for key in ("ids", "name", "types", "statuses", "relations")}


@click.group()
def mission() -> None:
    """Missions: what the firm does for a relation, and from when to when. Once signed, its services create tasks.

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
    """Create a draft mission, named NAME-RELATION_ID, for each chosen relation.

    Example: relance mission add exercice-2026 --types company --start 2026-01-01 --end 2026-12-31
    """
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
    """Give each chosen mission a service, i.e. a template to create tasks from.

    Example: relance mission attach vat --name exercice-2026 --frequency monthly --first-due 2026-01-30
    """
    answer = None if backfill is None else str(backfill).lower()
    service = {"frequency": frequency, "first_due_on": first_due, "quantity": quantity, "backfill": answer}
    attach_service(home, template, service, _missions(words), as_of)


@mission.command("sign")
@_which_missions
@as_of
@home
def sign(as_of: dt.date | None, home: Path, **words: Any) -> None:
    """Sign the chosen missions: from today on, their services create tasks.

    Example: relance mission sign M-1042
    """
    sign_chosen(home, _missions(words), as_of)


@mission.command("end")
@_which_missions
@click.option("--on", "end_on", type=Day(), help="The last day, inclusive. Default: today.")
@as_of
@home
def end(end_on: dt.date | None, as_of: dt.date | None, home: Path, **words: Any) -> None:
    """End the chosen missions: no new tasks are created after that day, and open ones stay open.

    Example: relance mission end M-1042 --on 2026-12-31
    """
    end_chosen(home, _missions(words), end_on, as_of)


@mission.command("list")
@_which_missions
@click.option("--status", type=click.Choice(["draft", "sent", "signed", "ended"]), help="Only of this status.")
@as_json
@home
def list_(status: str | None, as_json: bool, home: Path, **words: Any) -> None:
    """List missions with their services.

    Example: relance mission list --status signed
    """
    show_missions(home, _missions(words), status, as_json)


LEDGER_NAME = "relance mission"


def add_missions(home: Path, name: str, dates: Mapping[str, dt.date | None], as_of: dt.date | None, **who: Any) -> None:
    """Create a mission for each chosen relation, named NAME-RELATION_ID; it is a draft until it is signed."""
    from tasks.planning.assignments import choose_relations
    from tasks.planning.missions import NOBODY, MissionFilter, choose_missions

    choice = _relations(who)
    if choice == NOBODY:
        raise click.UsageError("Say for whom: --relations, --types or --statuses.")
    with session(home) as (settings, store):
        known, unknown = choose_relations(store, choice)
        there = set(choose_missions(store, MissionFilter(name=name))["relation_id"])
        fresh = [relation_id for relation_id in known if relation_id not in there]
        given = {column: day.isoformat() for column, day in dates.items() if day}
        rows = [{"mission_id": f"{name}-{r}", "relation_id": r, "name": name, "status": "draft"} | given for r in fresh]
        _take_in(settings, store, "missions", rows, as_of)
    say(
        f"{len(fresh):,} missions made, {len(known) - len(fresh):,} were there already. Next: `relance mission attach`."
    )
    if unknown:
        fail(f"Unknown relations, left out: {', '.join(unknown)}. `relance import relations` brings them in.")


def attach_service(
    home: Path, template: str, service: Mapping[str, Any], missions: Mapping[str, Any], as_of: dt.date | None
) -> None:
    """Give each chosen mission a service; an existing service is updated with the options given."""
    from tasks.planning.missions import choose_missions

    with session(home) as (settings, store):
        chosen = choose_missions(store, _choice(missions))
        open_ones = chosen.loc[chosen["status"] != "ended", "mission_id"].tolist()
        given = {column: str(value) for column, value in service.items() if value is not None}
        rows = [{"mission_id": mission_id, "template": template} | given for mission_id in open_ones]
        new, changed = _take_in(settings, store, "mission_services", rows, as_of)
    same = len(rows) - new - changed
    say(f"{template}: attached to {new:,} missions, changed for {changed:,}, as it was for {same:,}.")
    if len(open_ones) < len(chosen):
        say(f"{len(chosen) - len(open_ones):,} missions have ended and were left out.")


def sign_chosen(home: Path, missions: Mapping[str, Any], as_of: dt.date | None) -> None:
    """Sign the chosen missions."""
    from tasks.planning.missions import sign_missions

    with session(home) as (settings, store):
        did = sign_missions(store, _choice(missions), as_of or settings.today())
    _tell(did, "signed")


def end_chosen(home: Path, missions: Mapping[str, Any], end_on: dt.date | None, as_of: dt.date | None) -> None:
    """End the chosen missions."""
    from tasks.planning.missions import end_missions

    with session(home) as (settings, store):
        today = as_of or settings.today()
        did = end_missions(store, _choice(missions), end_on or today, today)
    _tell(did, f"given their last day, {end_on or today}")


def _tell(did: Changed, how: str) -> None:
    say(f"{did.changed:,} missions {how}; {did.unchanged:,} were so already. Open tasks stay.")


def show_missions(home: Path, missions: Mapping[str, Any], status: str | None, as_json: bool) -> None:
    """Print the chosen missions with their services."""
    from tasks.planning.missions import MissionFilter, list_missions

    choice = MissionFilter(tuple(missions["ids"]), missions["name"], status, _relations(missions))
    with session(home) as (settings, store):
        found = list_missions(store, choice)
    if as_json:
        for mission in found:
            mission["services"] = [s | _of_template(settings, s["template"]) for s in mission["services"]]
        print_json(found)
        return
    columns = {
        "mission_id": "Mission",
        "relation_id": "Relation",
        "status": "Status",
        "start_on": "Start",
        "end_on": "End",
        "served": "Services",
    }
    print_table([m | {"served": ", ".join(_service(s) for s in m["services"])} for m in found], columns)
    say(f"{len(found):,} missions.")


def _of_template(settings: Settings, name: str) -> dict[str, str | None]:
    """A service's label, category and deliverable from its template; None if the template no longer exists."""
    from tasks.domain.definitions.languages import label_in

    template = settings.templates.get(name)
    if template is None:
        return dict.fromkeys(("label", "category", "deliverable"))
    label = label_in(template.label, None, settings.firm.language)
    return {"label": label, "category": template.category, "deliverable": template.deliverable}


def _service(service: Mapping[str, Any]) -> str:
    return " ".join(str(service[key]) for key in ("template", "frequency", "first_due_on") if service[key])


def _relations(who: Mapping[str, Any]) -> RelationFilter:
    from tasks.planning.assignments import RelationFilter

    return RelationFilter(who["types"], who["statuses"], who["relations"])


def _choice(missions: Mapping[str, Any]) -> MissionFilter:
    from tasks.planning.missions import MissionFilter

    choice = MissionFilter(tuple(missions["ids"]), missions["name"], None, _relations(missions))
    if choice == MissionFilter():
        raise click.UsageError("Say which: mission ids, --name, --relations, --types or --statuses.")
    return choice


def _take_in(
    settings: Settings, store: Store, kind: str, rows: list[dict[str, str]], as_of: dt.date | None
) -> tuple[int, int]:
    import pandas as pd

    from flows.jobs.imports import take_in
    from tasks.domain import frames

    if not rows:
        return 0, 0
    frame = pd.DataFrame(rows).astype(frames.TEXT)
    admission = take_in(settings, store, kind, LEDGER_NAME, frame, as_of or settings.today())
    return admission.new, admission.changed
