"""The Prefect flow that puts many relations on a schedule, or takes them off it.

May touch: prefect. Tests: tests/end_to_end/test_flows.py.
"""

from datetime import date
from typing import Any

from prefect import flow, get_run_logger

from flows.jobs.assign import run_assign, say_kept
from flows.prefect_ui import FlowFailed, day_of, opened_home, run_name, show_table
from tasks.domain.definitions.relation import RelationStatus, RelationType
from tasks.planning.assignments import RelationFilter


@flow(name="assign-schedule", flow_run_name=run_name, persist_result=False)
def assign_schedule(
    schedule: str,
    types: list[RelationType] = [],  # noqa: B006 - Prefect shows the default, and nothing modifies it
    statuses: list[RelationStatus] = [],  # noqa: B006
    relations: list[str] = [],  # noqa: B006
    start: date | None = None,
    remove: bool = False,
    move: bool = False,
    home: str | None = None,
) -> dict[str, Any]:
    """Put relations on a schedule, or take them off it. Nothing is planned or sent before the next run.

    Args:
        schedule: The TEMPLATE/SCHEDULE.
        types: Only relations of these types. With no filter at all: the relations that the template is for.
        statuses: Only relations with these statuses.
        relations: Only these relations, by id.
        start: The start date, at most one year back. Empty: today in the firm's time zone.
        remove: Take them off the schedule. Their open tasks stay open.
        move: Also give the new start to relations already on the schedule. Without it they keep their own.
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
    """
    with opened_home(home) as (settings, store):
        choice = RelationFilter(tuple(types), tuple(statuses), tuple(relations))
        did = run_assign(settings, store, schedule, choice, start, remove, day_of(settings, None), move=move)
        what = "taken off" if remove else "put on"
        rows = [
            {"what": what, "number": did.changed},
            {"what": "moved to the new start", "number": did.moved},
            {"what": "already so", "number": did.unchanged},
            *({"what": f"keep their start {kept.start_on}", "number": kept.relations} for kept in did.kept),
        ]
        show_table("assigned", rows, f"{settings.firm.name}: {schedule}")
    logger = get_run_logger()
    logger.info("%d relations %s %s, %d were so already", did.changed, what, schedule, did.unchanged)
    for kept in did.kept:
        logger.info(say_kept(kept))
    if did.unknown:
        raise FlowFailed(f"Unknown relations, left out: {', '.join(did.unknown)}. Import them first.")
    return {"schedule": schedule, "changed": did.changed, "moved": did.moved, "unchanged": did.unchanged}
