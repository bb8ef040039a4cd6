"""The Prefect flow that dispatches every few minutes: due messages, interrupted attempts, SendGrid's answers.

May touch: prefect. Tests: tests/end_to_end/test_flows.py.
"""

from typing import Any

from prefect import flow, get_run_logger

from flows.jobs.dispatch import run_dispatch
from flows.prefect_ui import FlowFailed, day_of, opened_home, run_name


@flow(name="dispatch", flow_run_name=run_name, persist_result=False)
def dispatch(home: str | None = None) -> dict[str, Any]:
    """Send what is waiting in the outbox, and resolve requests whose outcome is unknown. Plans nothing.

    Args:
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
    """
    with opened_home(home) as (settings, store):
        delivered = run_dispatch(settings, store, day_of(settings, None))
    if delivered is None:
        get_run_logger().info("Another run is under way; it sends by itself.")
        return {"status": "already_running"}
    get_run_logger().info("%d mails sent, %d of unknown fate", delivered.sent, delivered.held)
    if delivered.problem is not None:
        raise FlowFailed(delivered.problem)
    return {"status": "done", "sent": delivered.sent, "held": delivered.held, "dropped": dict(delivered.dropped)}
