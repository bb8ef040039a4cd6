"""`relance mission`: missions for firms without a CRM export, one or many at once.

What is added goes the way of an import: the same suites judge it, and the ledger has a line of it.
May touch: flows/importing.py, tasks/missions.py. Tests: tests/integration/test_missions.py.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pandas as pd

from flows.importing import take_in
from flows.settings import Settings
from flows.verbs.session import fail, print_json, print_table, say, session
from sql.store import Store
from tasks.assign import Choice, choose_relations
from tasks.domain import frames
from tasks.domain.languages import label_in
from tasks.missions import (
    NOBODY,
    Changed,
    MissionChoice,
    choose_missions,
    end_missions,
    list_missions,
    sign_missions,
)

LEDGER_NAME = "relance mission"


def add_missions(home: Path, name: str, dates: Mapping[str, dt.date | None], as_of: dt.date | None, **who: Any) -> None:
    """Make one mission for each chosen relation: NAME-RELATION_ID, a draft until it is signed."""
    choice = _relations(who)
    if choice == NOBODY:
        raise click.UsageError("Say for whom: --relations, --types or --statuses.")
    with session(home) as (settings, store):
        known, unknown = choose_relations(store, choice)
        there = set(choose_missions(store, MissionChoice(name=name))["relation_id"])
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
    """Give each chosen mission a service; where it has it already, what is given changes it."""
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
    with session(home) as (settings, store):
        did = sign_missions(store, _choice(missions), as_of or settings.today())
    _tell(did, "signed")


def end_chosen(home: Path, missions: Mapping[str, Any], end_on: dt.date | None, as_of: dt.date | None) -> None:
    """End the chosen missions."""
    with session(home) as (settings, store):
        today = as_of or settings.today()
        did = end_missions(store, _choice(missions), end_on or today, today)
    _tell(did, f"given their last day, {end_on or today}")


def _tell(did: Changed, how: str) -> None:
    say(f"{did.changed:,} missions {how}; {did.unchanged:,} were so already. Open tasks stay.")


def show_missions(home: Path, missions: Mapping[str, Any], status: str | None, as_json: bool) -> None:
    """Print the chosen missions with their services."""
    choice = MissionChoice(tuple(missions["ids"]), missions["name"], status, _relations(missions))
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
    """What a service is, in the words of its template; nothing where that is gone."""
    template = settings.templates.get(name)
    if template is None:
        return dict.fromkeys(("label", "category", "deliverable"))
    label = label_in(template.label, None, settings.firm.language)
    return {"label": label, "category": template.category, "deliverable": template.deliverable}


def _service(service: Mapping[str, Any]) -> str:
    return " ".join(str(service[key]) for key in ("template", "frequency", "first_due_on") if service[key])


def _relations(who: Mapping[str, Any]) -> Choice:
    return Choice(who["types"], who["statuses"], who["relations"])


def _choice(missions: Mapping[str, Any]) -> MissionChoice:
    choice = MissionChoice(tuple(missions["ids"]), missions["name"], None, _relations(missions))
    if choice == MissionChoice():
        raise click.UsageError("Say which: mission ids, --name, --relations, --types or --statuses.")
    return choice


def _take_in(
    settings: Settings, store: Store, kind: str, rows: list[dict[str, str]], as_of: dt.date | None
) -> tuple[int, int]:
    if not rows:
        return 0, 0
    frame = pd.DataFrame(rows).astype(frames.TEXT)
    admission = take_in(settings, store, kind, LEDGER_NAME, frame, as_of or settings.today())
    return admission.new, admission.changed
