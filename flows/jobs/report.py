"""The report from the current data, between two nightly runs.

May touch: tasks/. Tests: tests/integration/cli/test_cli.py.
"""

from datetime import date

from flows.home.settings import Settings
from sql.store import Store
from tasks.planning.candidates import extract_relations
from tasks.planning.plan import plan, schedules_of
from tasks.reporting.files import Written
from tasks.reporting.report import ReportInput, write_report
from tasks.validation import set_aside_ids, validate


def run_report(settings: Settings, store: Store, as_of: date) -> tuple[Written, ReportInput]:
    """Write the report.

    Returns:
        The page with its figures, and the data that it was made from.

    Raises:
        ReportError: the folder cannot be written.
    """
    findings = validate(extract_relations(store), "relations", "relation_id")
    rules = schedules_of(settings.templates.values())
    planned = plan(store, rules, workdays=settings.workdays, as_of=as_of, held=set_aside_ids(findings))
    evidence = ReportInput(settings.firm, settings.templates, None, planned, findings, planned)
    return write_report(store, evidence, settings.reports, as_of), evidence
