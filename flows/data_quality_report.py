"""The Prefect flow that writes the report between two nightly runs.

May touch: prefect. Tests: tests/end_to_end/test_flows.py.
"""

from datetime import date
from typing import Any

from prefect import flow, get_run_logger

from flows.jobs.report import run_report
from flows.prefect_ui import day_of, opened_home, run_name, show_page, show_table


@flow(name="data-quality-report", flow_run_name=run_name, persist_result=False)
def data_quality_report(as_of: date | None = None, home: str | None = None) -> dict[str, Any]:
    """Write the report on data quality and follow-ups from the current data. Changes nothing else.

    Args:
        as_of: The date of the report. Empty: today in the firm's time zone.
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
    """
    with opened_home(home) as (settings, store):
        day = day_of(settings, as_of)
        written, evidence = run_report(settings, store, day)
        path = written.page
        title = f"{settings.firm.name}, {day}"
        show_table("quality", written.data["scores"], title)
        found = evidence.findings["effect"].value_counts().to_dict()
        lines = [f"{number:,} findings: {effect}" for effect, number in found.items()] or ["No finding."]
        show_page("report", [*lines, "", f"[{path}]({path.absolute().as_uri()})"], title)
    get_run_logger().info("Report: %s", path)
    return {"report": str(path), "findings": {str(k): int(v) for k, v in found.items()}}
