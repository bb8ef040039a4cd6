"""The Prefect flow that removes dossiers after their last day; the night does the same.

May touch: prefect. Tests: tests/end_to_end/test_flows.py.
"""

from datetime import date
from typing import Any

from prefect import flow, get_run_logger

from flows.jobs.removal import run_removal
from flows.prefect_ui import day_of, opened_home, run_name


@flow(name="purge-dossiers", flow_run_name=run_name, persist_result=False)
def purge_dossiers(home: str | None = None, as_of: date | None = None) -> dict[str, Any]:
    """Remove the dossiers of update groups whose last day has passed; what was accepted stays.

    Args:
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
        as_of: The date to act for. Empty: today in the firm's time zone.
    """
    with opened_home(home) as (settings, store):
        removed = run_removal(settings, store, day_of(settings, as_of))
    if removed is None:
        get_run_logger().info("Another run is under way; a night removes dossiers by itself.")
        return {"status": "already_running"}
    get_run_logger().info("%d dossiers removed, %d of them not answered", removed.dossiers, removed.unanswered)
    return {"status": "done"} | vars(removed)
