"""The Prefect flow for planning on demand: for one schedule or all, some relations or all, with an optional dry run.

May touch: prefect. Tests: tests/end_to_end/test_flows.py, tests/end_to_end/test_serve.py.
"""

from datetime import date
from typing import Any

from prefect import flow

from flows.jobs.assign import find_schedule
from flows.jobs.night import NightOptions
from flows.nightly import watch_night
from flows.prefect_ui import day_of, opened_home, run_name
from tasks.domain.definitions.relation import RelationStatus, RelationType
from tasks.planning.assignments import RelationFilter

ALL = "all"


@flow(name="run-planning-now", flow_run_name=run_name, persist_result=False)
def run_planning_now(
    schedule: str = ALL,
    types: list[RelationType] = [],  # noqa: B006 - Prefect shows the default, and nothing modifies it
    statuses: list[RelationStatus] = [],  # noqa: B006
    as_of: date | None = None,
    dry_run: bool = False,
    deliver: bool = False,
    home: str | None = None,
) -> dict[str, Any]:
    """Plan now, without waiting for the nightly run. Tasks that exist already are not created again.

    Args:
        schedule: The TEMPLATE/SCHEDULE to plan, or all of them.
        types: Only relations of these types. Empty: every type.
        statuses: Only relations with these statuses. Empty: every status.
        as_of: The date to run for. Empty: today in the firm's time zone.
        dry_run: Show what would happen, and change nothing.
        deliver: Also send the e-mails that are due. Off: they wait in the outbox for the nightly run.
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
    """
    with opened_home(home) as (settings, store):
        only = None if schedule == ALL else schedule
        if only is not None:
            find_schedule(settings, only)
        options = NightOptions(
            day_of(settings, as_of), only, dry_run, deliver, RelationFilter(tuple(types), tuple(statuses))
        )
        return watch_night(settings, store, options)
