"""Acts on relations: fields and their dates, pauses, schedules for many (K2, P8, U3); why nothing is made.

May touch: flows/jobs, tasks/. Tests: tests/integration/desk/test_desk_relations.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from flows.home.settings import Settings
from flows.jobs.assign import find_schedule, run_assign, say_kept
from sql.store import Store
from tasks.domain.scope import Scope
from tasks.planning.assignments import RelationFilter
from tasks.planning.explain import explain as explain_schedules
from tasks.planning.plan import plan
from tasks.requests.fields import FieldChange
from tasks.requests.fields import set_field as set_one_field
from tasks.requests.overview import list_requests
from tasks.requests.pauses import pause_relation, resume_relation


def set_field(
    settings: Settings, store: Store, relation_id: str, field: str, fields: Mapping[str, Any], as_of: date
) -> None:
    """Set what is known of a relation, or when it expires or is asked again; `fields` are those that change."""
    change = FieldChange(frozenset(fields), **fields)
    set_one_field(store, settings.groups.values(), relation_id, field, change, as_of)


def pause(settings: Settings, store: Store, relation_id: str, until: date | None, as_of: date) -> None:  # noqa: ARG001 - all acts are called alike
    """Put off the reminders of a relation."""
    pause_relation(store, relation_id, until, as_of)


def resume(settings: Settings, store: Store, relation_id: str) -> bool:  # noqa: ARG001
    """End a pause; returns whether there was one."""
    return resume_relation(store, relation_id)


def explain(settings: Settings, store: Store, relation_id: str, as_of: date) -> dict[str, Any]:
    """What each rule says of a relation, and what its open requests wait for."""
    return {
        "verdicts": explain_schedules(settings, store, relation_id, as_of),
        "requests": list_requests(store, relation_id, settings.quiet, as_of),
    }


def assign(
    settings: Settings,
    store: Store,
    schedule: str,
    choice: Mapping[str, Sequence[str]],
    start_on: date | None,
    is_removal: bool,
    as_of: date,
) -> dict[str, Any]:
    """Put relations on a schedule, or take them off it; returns the figures."""
    assigned = run_assign(settings, store, schedule, RelationFilter(**choice), start_on, is_removal, as_of)
    return asdict(assigned) | {"kept": [say_kept(one) for one in assigned.kept]}


def preview_assign(
    settings: Settings,
    store: Store,
    schedule: str,
    choice: Mapping[str, Sequence[str]],
    start_on: date | None,
    is_removal: bool,
    as_of: date,
) -> dict[str, Any]:
    """What `assign` would do, and what planning would then make: `due` tasks, and the reasons of the others."""
    rule = find_schedule(settings, schedule)
    with store.rehearsal():
        figures = assign(settings, store, schedule, choice, start_on, is_removal, as_of)
        planned = plan(store, [rule], workdays=settings.workdays, as_of=as_of, held=frozenset(), scope=Scope(schedule))
    reasons = planned["reason"].fillna("due").value_counts()
    return figures | {"reasons": {str(name): int(count) for name, count in reasons.items()}}
