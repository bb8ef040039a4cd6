"""Put relations on a schedule or take them off it; used by the command line and the Prefect flow.

May touch: tasks/planning/assignments.py. Tests: tests/integration/planning/test_assign.py.
"""

from dataclasses import replace
from datetime import date

from flows.home.errors import SettingsError
from flows.home.settings import Settings
from sql.store import Store
from tasks.domain.definitions.template import MISSION
from tasks.domain.planning.field_dates import TemplateSchedule
from tasks.domain.scope import Scope
from tasks.planning.assignments import Assigned, AssignError, Kept, RelationFilter, assign, check_start, unassign
from tasks.planning.plan import schedules_of


class UnknownSchedule(SettingsError):
    """A schedule that does not exist in the home, or that relations cannot be put on."""


def schedule_names(settings: Settings) -> list[str]:
    """TEMPLATE/SCHEDULE of every schedule."""
    return [f"{r.template.template}/{r.schedule.key}" for r in schedules_of(settings.templates.values())]


def find_schedule(settings: Settings, named: str) -> TemplateSchedule:
    """The schedule of that name.

    Raises:
        UnknownSchedule: there is no such schedule.
    """
    rules = schedules_of(settings.templates.values(), Scope(named))
    if not rules:
        raise UnknownSchedule(
            f"There is no schedule {named!r}; there are {', '.join(schedule_names(settings)) or 'none'}."
        )
    return rules[0]


def run_assign(
    settings: Settings,
    store: Store,
    schedule: str,
    choice: RelationFilter,
    start_on: date | None,
    remove: bool,
    as_of: date,
    *,
    move: bool = False,
) -> Assigned:
    """Put the chosen relations on a schedule, or take them off it.

    Args:
        settings: the home's settings.
        store: the database.
        schedule: TEMPLATE/SCHEDULE.
        choice: which relations; without a filter, those that the template is for.
        start_on: the start date; None for as_of.
        remove: take them off.
        as_of: today.
        move: also give the new start to relations already on the schedule.

    Raises:
        UnknownSchedule: there is no such schedule, or it is a mission schedule.
        AssignError: the start is too far back (P8), or `move` without a start or together with `remove`.
    """
    if move and (start_on is None or remove):
        raise AssignError("Moving a start needs the new one (--start D --move) and does not go with removing.")
    rule = find_schedule(settings, schedule)
    if rule.schedule.anchor == MISSION:
        raise UnknownSchedule(f"{schedule} goes by missions: `relance mission attach {rule.template.template}`.")
    check_start(start_on or as_of, as_of)
    if choice == RelationFilter():
        served = settings.templates[rule.template.template]
        choice = replace(choice, types=tuple(served.applies_to), statuses=tuple(served.statuses))
    names = (rule.template.template, rule.schedule.key)
    if remove:
        return unassign(store, *names, choice, as_of)
    return assign(store, *names, choice, start_on or as_of, move=move)


def say_kept(kept: Kept) -> str:
    """Say which relations keep which start date."""
    more = " …" if kept.relations > len(kept.first_ids) else ""
    return f"{kept.relations:,} keep their start {kept.start_on} ({', '.join(kept.first_ids)}{more})."
