"""Verbs that only look: tasks, messages, explain, report.

May touch: tasks/overview.py, tasks/plan.py, tasks/report.py. Tests: tests/integration/test_cli.py.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import click
import pandas as pd

from flows.settings import Settings
from flows.verbs.session import fail, print_json, print_table, say, session
from sql.store import Store
from tasks.domain.reasons import Reason, outcome_of
from tasks.extract import extract_relations
from tasks.overview import list_messages, list_tasks, plain_rows
from tasks.plan import plan, rules_of
from tasks.report import Evidence, write_report
from tasks.validate import set_aside_ids, validate

EXPLAIN_KEYS = ("template", "schedule", "anchor_on", "due_on", "planned_on", "outcome", "reason")


def show_tasks(home: Path, status: str | None, template: str | None, relation: str | None, as_json: bool) -> None:
    """Print the tasks that the filters leave."""
    with session(home) as (_, store):
        tasks = list_tasks(store, status, template, relation)
    if as_json:
        print_json(tasks)
        return
    columns = {
        "task_id": "Task",
        "relation_id": "Relation",
        "template": "Template",
        "due_on": "Due",
        "status": "Status",
        "steps": "Steps",
    }
    print_table([task | {"steps": _steps(task)} for task in tasks], columns)
    say(f"{len(tasks):,} tasks.")


def _steps(task: dict[str, Any]) -> str:
    return " ".join(f"{step['key']}:{step['status']}" for step in task["subtasks"])


def show_messages(home: Path, status: str | None, relation: str | None, as_json: bool) -> None:
    """Print the messages that the filters leave."""
    from sql.schema import MESSAGE_STATUSES

    if status not in (None, "dropped", *MESSAGE_STATUSES):
        raise click.UsageError(f"There is no status {status!r}; there are {', '.join(MESSAGE_STATUSES)} and dropped.")
    with session(home) as (_, store):
        messages = list_messages(store, status, relation)
    if as_json:
        print_json(messages)
        return
    columns = {
        "message_id": "Mail",
        "relation_id": "Relation",
        "subtask": "Step",
        "send_on": "Day",
        "status": "Status",
        "reason": "Reason",
    }
    print_table(messages, columns)
    say(f"{len(messages):,} mails.")


def explain_relation(home: Path, relation_id: str, as_of: dt.date | None, as_json: bool) -> None:
    """Print each schedule's verdict on one relation."""
    with session(home) as (settings, store):
        verdicts = explain(settings, store, relation_id, as_of or settings.today())
    if as_json:
        print_json(verdicts)
    elif verdicts:
        headings = ("Template", "Schedule", "Anchor", "Due", "Planned", "Outcome", "Reason")
        print_table(verdicts, dict(zip(EXPLAIN_KEYS, headings, strict=True)))
    if not verdicts:
        fail(f"There is no relation {relation_id}. `relance import relations` brings relations in.")


def explain(settings: Settings, store: Store, relation_id: str, as_of: dt.date) -> list[dict[str, Any]]:
    """Each schedule's verdict on one relation, as the night would give it; none for a relation nobody knows."""
    rules = rules_of(settings.templates.values())
    relation = extract_relations(store, relation_id)
    if relation.empty:
        return _explain_quarantined(store, relation_id, settings)
    findings = validate(relation, "relations", "relation_id")
    set_aside = set_aside_ids(findings)
    planned = plan(store, rules, settings.workdays, as_of, set_aside, relation_id)
    verdicts = planned.assign(outcome=[outcome_of(r if isinstance(r, str) else None) for r in planned["reason"]])
    return [{key: row[key] for key in EXPLAIN_KEYS} for row in plain_rows(verdicts)]


def _explain_quarantined(store: Store, relation_id: str, settings: Settings) -> list[dict[str, Any]]:
    quarantine = store.read("open_quarantine")
    rows = quarantine.loc[(quarantine["kind"] == "relations") & (quarantine["row_id"] == relation_id)]
    if rows.empty:
        return []
    for row in plain_rows(rows):
        say(f"{row['source_file']}, row {row['source_row']}, column {row['column_name']}: {row['problem']}.")
    skipped = {"anchor_on": None, "due_on": None, "planned_on": None, "outcome": "skipped"}
    return [
        {"template": rule.template.template, "schedule": rule.schedule.key}
        | skipped
        | {"reason": Reason.QUARANTINED.value}
        for rule in rules_of(settings.templates.values())
    ]


def make_report(home: Path, as_of: dt.date | None) -> None:
    """Write the report as things stand, and print its path."""
    with session(home) as (settings, store):
        today = as_of or settings.today()
        relations = extract_relations(store)
        findings = validate(relations, "relations", "relation_id")
        set_aside = set_aside_ids(findings)
        planned: pd.DataFrame = plan(store, rules_of(settings.templates.values()), settings.workdays, today, set_aside)
        evidence = Evidence(settings.firm, settings.templates, None, planned, findings)
        path = write_report(store, evidence, settings.reports, today)
    click.echo(str(path))
