"""Verbs that only look: tasks, messages, explain, report.

May touch: tasks/overview.py, tasks/plan.py, tasks/report.py. Tests: tests/integration/test_cli.py.
"""

import datetime as dt
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from flows.reporting import run_report
from flows.settings import Settings
from flows.verbs.session import fail, print_json, print_table, say, session
from sql.store import Store
from tasks.assign import Choice
from tasks.csv_files import write_csv
from tasks.domain.definitions import MISSION
from tasks.domain.firm import CLOSED_STATUSES
from tasks.domain.home_definitions import HomeDefinitions
from tasks.domain.planning import Rule
from tasks.domain.reasons import Reason, outcome_of
from tasks.extract import extract_relations
from tasks.missions import MissionChoice, list_missions
from tasks.overview import TASK_KEYS, TaskFilter, is_opted_out, list_messages, list_tasks, plain_rows
from tasks.plan import plan, rules_of
from tasks.validate import set_aside_ids, validate

EXPLAIN_KEYS = ("template", "schedule", "mission_id", "anchor_on", "due_on", "planned_on", "outcome", "reason")
EXPLAIN_COLUMNS = {
    "rule": "Rule",
    "mission_id": "Mission",
    "due_on": "Due",
    "planned_on": "Planned",
    "outcome": "Outcome",
    "reason": "Reason",
}


TASK_COLUMNS = {
    "task_id": "Task",
    "relation_id": "Relation",
    "mission_id": "Mission",
    "label": "What",
    "due_on": "Due",
    "status": "Status",
    "open_steps": "Open steps",
}
CSV_COLUMNS = (*TASK_KEYS, "label", "owner_id", "closed_on", "closed_by", "open_steps")


def show_tasks(
    home: Path,
    status: str | None,
    template: str | None,
    relation: str | None,
    mission: str | None,
    owner: str | None,
    overdue: bool,
    due_before: dt.date | None,
    as_csv: bool,
    as_of: dt.date | None,
    as_json: bool,
) -> None:
    """Print the tasks that the filters leave."""
    with session(home) as (settings, store):
        days = [*([due_before] if due_before else []), *([as_of or settings.today()] if overdue else [])]
        chosen = TaskFilter(
            status, template, relation, mission, owner, due_before=min(days, default=None), only_open=overdue
        )
        tasks = list_tasks(store, chosen)
    if as_json:
        print_json(tasks)
        return
    rows = [task | {"open_steps": _open_steps(task)} for task in tasks]
    if as_csv:
        write_csv(sys.stdout, rows, CSV_COLUMNS)
        return
    # Eighty columns have no room for both; JSON and CSV have all.
    spared = "open_steps" if any(task["mission_id"] for task in tasks) else "mission_id"
    print_table(rows, {key: heading for key, heading in TASK_COLUMNS.items() if key != spared})
    say(f"{len(tasks):,} tasks.")


def _open_steps(task: dict[str, Any]) -> str:
    return " ".join(step["key"] for step in task["subtasks"] if step["status"] == "open")


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
    """Print each schedule's and each mission service's verdict on one relation."""
    with session(home) as (settings, store):
        verdicts = explain(settings, store, relation_id, as_of or settings.today())
        _say_services_without_a_template(settings, store, relation_id)
        for row in quarantined_rows(store, relation_id):
            say(f"{row['source_file']}, row {row['source_row']}, column {row['column_name']}: {row['problem']}.")
        if is_opted_out(store, relation_id):
            say(f"{relation_id} gets no mail (opted_out): its do_not_mail says so. Its tasks are made all the same.")
    if as_json:
        print_json(verdicts)
    elif verdicts:
        shown = dict(EXPLAIN_COLUMNS)
        if not any(v["mission_id"] for v in verdicts):
            del shown["mission_id"]
        print_table([v | {"rule": f"{v['template']}/{v['schedule']}"} for v in verdicts], shown)
    if not verdicts:
        fail(f"There is no relation {relation_id}. `relance import relations` brings relations in.")


def _say_services_without_a_template(settings: Settings, store: Store, relation_id: str) -> None:
    """A service whose template is gone has no rule that could speak for it."""
    serving = {name for name, t in settings.templates.items() if any(s.anchor == MISSION for s in t.schedules)}
    for mission in list_missions(store, MissionChoice(relations=Choice(relations=[relation_id]))):
        for service in mission["services"]:
            if service["template"] not in serving:
                gone = f"no schedule of a template {service['template']} goes by missions any more"
                say(f"{mission['mission_id']}: {gone}.")


def explain(home: HomeDefinitions, store: Store, relation_id: str, as_of: dt.date) -> list[dict[str, Any]]:
    """Each rule's verdict on one relation, as the night would give it; none for a relation nobody knows.

    Of dates that recur both the latest task is told and what comes next.
    """
    rules = rules_of(home.templates.values())
    relation = extract_relations(store, relation_id)
    if relation.empty:
        return _explain_quarantined(store, relation_id, home)
    findings = validate(relation, "relations", "relation_id")
    set_aside = set_aside_ids(findings)
    planned = plain_rows(plan(store, rules, home.workdays, as_of, set_aside, relation_id))
    told = {_key(row): row for row in [*_latest_tasks(store, relation_id, rules), *planned]}
    by_schedule = sorted(told.values(), key=lambda row: (row["template"], row["schedule"], row["mission_id"]))
    verdicts = [row | {"outcome": outcome_of(row["reason"])} for row in by_schedule]
    return [{key: row[key] for key in EXPLAIN_KEYS} for row in verdicts]


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[key] for key in ("template", "schedule", "mission_id", "anchor_on", "period"))


def _latest_tasks(store: Store, relation_id: str, rules: list[Rule]) -> list[dict[str, Any]]:
    """The latest task of each schedule of recurring dates, and of each mission, in the shape of a verdict."""
    recurring = {(r.template.template, r.schedule.key) for r in rules if not r.schedule.is_field}
    latest: dict[tuple[str, ...], dict[str, Any]] = {}
    for task in list_tasks(store, TaskFilter(relation_id=relation_id)):
        if (task["template"], task["schedule"]) in recurring:
            reason = Reason.ALREADY_DONE if task["status"] in CLOSED_STATUSES else Reason.ALREADY_CREATED
            latest[task["template"], task["schedule"], task["mission_id"]] = task | {"reason": reason.value}
    return list(latest.values())


def quarantined_rows(store: Store, relation_id: str) -> list[dict[str, Any]]:
    """The source rows of a relation that stay out: source_file, source_row, column_name, problem."""
    quarantine = store.read("open_quarantine")
    return plain_rows(quarantine.loc[(quarantine["kind"] == "relations") & (quarantine["row_id"] == relation_id)])


def _explain_quarantined(store: Store, relation_id: str, home: HomeDefinitions) -> list[dict[str, Any]]:
    if not quarantined_rows(store, relation_id):
        return []
    skipped = {"mission_id": "", "anchor_on": None, "due_on": None, "planned_on": None, "outcome": "skipped"}
    return [
        {"template": rule.template.template, "schedule": rule.schedule.key}
        | skipped
        | {"reason": Reason.QUARANTINED.value}
        for rule in rules_of(home.templates.values())
        if rule.schedule.anchor != MISSION
    ]


def make_report(home: Path, as_of: dt.date | None, as_json: bool) -> None:
    """Write the report as things stand, and print its path, or its figures for a program."""
    with session(home) as (settings, store):
        written, _ = run_report(settings, store, as_of or settings.today())
    if as_json:
        print_json(written.data)
        say(f"The report: {written.page}")
    else:
        click.echo(str(written.page))
