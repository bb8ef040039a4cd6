"""The Prefect flow of the nightly run: the stages of flows/jobs/night.py, each as a Prefect task.

Prefect only starts and shows the run. Relance's own lock and unique keys decide what happens (P9), so a doubled
schedule, a replay or a retry is harmless.
May touch: prefect. Tests: tests/end_to_end/test_flows.py.
"""

from datetime import date
from typing import Any

from prefect import flow, get_run_logger

from flows.home.settings import Settings
from flows.jobs.night import NightOptions, run_night
from flows.jobs.night_result import NightResult
from flows.prefect_ui import (
    FlowFailed,
    PrefectStages,
    day_of,
    figures_table,
    opened_home,
    reasons_page,
    run_name,
    show_page,
    show_table,
)
from sql.store import Store

STAGES = 8


@flow(name="nightly", flow_run_name=run_name, persist_result=False)
def nightly(home: str | None = None, as_of: date | None = None) -> dict[str, Any]:
    """Check the data, plan the follow-ups, create the tasks, send the e-mails, write the report.

    Args:
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
        as_of: The date to run for. Empty: today in the firm's time zone.
    """
    with opened_home(home) as (settings, store):
        return watch_night(settings, store, NightOptions(day_of(settings, as_of)))


def watch_night(settings: Settings, store: Store, options: NightOptions) -> dict[str, Any]:
    """Run one night, showing its progress in Prefect and a summary at the end.

    Raises:
        FlowFailed: the messages could not be sent; everything else is done.
    """
    title = f"{settings.firm.name}, {options.as_of}"
    figures = run_night(settings, store, options, PrefectStages(title, STAGES))
    result = figures.to_json()
    if figures.status == "already_running":
        get_run_logger().info("Another run is under way; this one did nothing.")
        return result
    _show(figures, result, title)
    if figures.delivered.problem is not None:
        raise FlowFailed(figures.delivered.problem)
    return result | {"tasks": None, "mails": None}


def _show(figures: NightResult, result: dict[str, Any], title: str) -> None:
    get_run_logger().info(
        "%s%d tasks created, %d closed, %d mails sent, %d automations blocked, %d rows quarantined",
        "Dry run, nothing was changed: " if figures.dry_run else "",
        figures.created,
        figures.closed,
        figures.delivered.sent,
        figures.blocked,
        figures.quarantined,
    )
    heading = f"{title}: what would be done" if figures.dry_run else title
    show_table("figures", figures_table(result), heading)
    show_page("reasons", reasons_page(result, figures.blocked_relations, figures.report), heading)
