"""`relance tasks`, `explain`, `done`, `cancel` and `send`.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.options import Day, as_json, as_of, home
from flows.cli.output import fail, print_json, print_table, say, session

if TYPE_CHECKING:
    from flows.home.settings import Settings
    from sql.store import Store


@click.command()
@click.argument("task_id", type=int)
@click.argument("subtask", required=False)
@as_of
@home
def done(task_id: int, subtask: str | None, as_of: dt.date | None, home: Path) -> None:
    """Close a task, or one of its sub-tasks, as done: nothing more is sent for it.

    A task closes by itself when its last sub-task is done.

    Example: relance done 42 process
    """
    if subtask is None:
        close(home, task_id, "done", as_of)
    else:
        finish_step(home, task_id, subtask, as_of)


@click.command()
@click.argument("task_id", type=int)
@click.argument("subtask")
@as_of
@home
def send(task_id: int, subtask: str, as_of: dt.date | None, home: Path) -> None:
    """Send the e-mail of one sub-task now, on any day: manual, a request, or an automatic one before its day.

    It is sent once: a second call says when it was sent.

    Example: relance send 42 ask
    """
    send_mail(home, task_id, subtask, as_of)


@click.command()
@click.argument("task_id", type=int)
@as_of
@home
def cancel(task_id: int, as_of: dt.date | None, home: Path) -> None:
    """Close a task as cancelled: nothing more is sent for it.

    Example: relance cancel 42
    """
    close(home, task_id, "cancelled", as_of)


@click.command()
@click.option("--status", help="open, waiting_on_client, ready, done, cancelled, or one of firm.yaml's.")
@click.option("--template", help="Only of this template.")
@click.option("--relation", help="Only of this relation.")
@click.option("--mission", help="Only of this mission.")
@click.option("--owner", help="Only of relations of this user.")
@click.option("--overdue", is_flag=True, help="Still open after their due day.")
@click.option("--due-before", type=Day(), help="Due before this day.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, safe to open in a spreadsheet.")
@as_of
@as_json
@home
def tasks(**words: Any) -> None:
    """List the firm's tasks, most urgent first.

    Example: relance tasks --overdue --owner U1
    """
    show_tasks(**words)


@click.command()
@click.argument("relation_id")
@as_of
@as_json
@home
def explain(**words: Any) -> None:
    """Explain why a relation gets something or nothing: each rule, its dates and the reason.

    Example: relance explain R1042
    """
    explain_relation(**words)


def close(home: Path, task_id: int, status: str, as_of: dt.date | None) -> None:
    """Close a task by hand."""
    from tasks.planning.close import close_task

    with session(home) as (settings, store):
        before = close_task(store, task_id, status, as_of or settings.today())
    say(f"Task {task_id} is {status}." if before != status else f"Task {task_id} was {status} already.")


def finish_step(home: Path, task_id: int, key: str, as_of: dt.date | None) -> None:
    """Close one sub-task by hand, and its task if it was the last one."""
    from tasks.domain.definitions.firm import CLOSED_STATUSES
    from tasks.planning.close import close_finished, close_step
    from tasks.planning.overview import TaskFilter, list_tasks

    with session(home) as (settings, store):
        before = close_step(store, task_id, key)
        close_finished(store, settings.templates, as_of or settings.today())
        is_closed = list_tasks(store, TaskFilter(after=task_id - 1))[0]["status"] in CLOSED_STATUSES
    say(f"Step {key} of task {task_id} is done." if before == "open" else f"Step {key} was {before} already.")
    if is_closed:
        say(f"It was the last one: task {task_id} is done.")


def send_mail(home: Path, task_id: int, key: str, as_of: dt.date | None) -> None:
    """Send one sub-task's message by hand, once, and print the result."""
    from flows.jobs.send_now import send_by_hand

    with session(home) as (settings, store):
        sending = send_by_hand(settings, store, task_id, key, as_of or settings.today())
    message = sending.message or {"status": "not made", "reason": None}
    if not sending.is_new:
        say(f"Mail {message['message_id']} is {message['status']} already (send day {message['send_on']}).")
    elif message["status"] == "sent":
        say(f"Mail {message['message_id']} was sent.")
    else:
        fail(f"Nothing was sent: the mail is {message['status']} ({message['reason']}).")


def _rule_of(verdict: dict[str, Any]) -> str:
    """What a verdict is about: the schedule, and of an update group the field."""
    return f"{verdict['template']}/{verdict['schedule']} {verdict.get('field', '')}".rstrip()


EXPLAIN_COLUMNS = {
    "rule": "Rule",
    "mission_id": "Mission",
    "due_on": "Due",
    "planned_on": "Planned",
    "outcome": "Outcome",
    "reason": "Reason",
}
REQUEST_COLUMNS = {
    "task_id": "Task",
    "step": "Request",
    "waits_for": "Waits for",
    "wanted_items": "Open items",
    "next_reminder_on": "Next reminder",
    "reminder": "Reminder",
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
CSV_COLUMNS = ("label", "owner_id", "closed_on", "closed_by", "open_steps")


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
    """Print the tasks that match the filters."""
    from tasks.files import write_csv
    from tasks.planning.overview import TASK_KEYS, TaskFilter, list_tasks

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
        write_csv(sys.stdout, rows, (*TASK_KEYS, *CSV_COLUMNS))
        return
    # Eighty columns are too few for both; JSON and CSV have both.
    spared = "open_steps" if any(task["mission_id"] for task in tasks) else "mission_id"
    print_table(rows, {key: heading for key, heading in TASK_COLUMNS.items() if key != spared})
    say(f"{len(tasks):,} tasks.")


def _open_steps(task: dict[str, Any]) -> str:
    return " ".join(step["key"] for step in task["subtasks"] if step["status"] == "open")


def explain_relation(home: Path, relation_id: str, as_of: dt.date | None, as_json: bool) -> None:
    """Print the verdict of each schedule and mission service on one relation."""
    from tasks.activities.overview import ActivityFilter, list_activities
    from tasks.planning.explain import explain as explain_schedules
    from tasks.planning.explain import quarantined_rows
    from tasks.planning.overview import is_opted_out
    from tasks.requests.overview import SHOWN, list_requests

    with session(home) as (settings, store):
        day = as_of or settings.today()
        verdicts = explain_schedules(settings, store, relation_id, day)
        requests = list_requests(store, relation_id, settings.quiet, day)
        _say_services_without_a_template(settings, store, relation_id)
        for row in quarantined_rows(store, relation_id):
            say(f"{row['source_file']}, row {row['source_row']}, column {row['column_name']}: {row['problem']}.")
        ahead = ActivityFilter(contact=relation_id, status="planned")
        for one in list_activities(store, settings.firm.zone, ahead):
            say(f"Activity {one['activity_id']}, {one['starts_at']}: {one['subject']} (`relance rule explain`).")
        if is_opted_out(store, relation_id):
            say(f"{relation_id} gets no mail (opted_out): its do_not_mail says so. Its tasks are made all the same.")
    if as_json:
        print_json([v | {"requests": _requests_of(v, requests, SHOWN)} for v in verdicts])
    elif verdicts:
        shown = dict(EXPLAIN_COLUMNS)
        if not any(v["mission_id"] for v in verdicts):
            del shown["mission_id"]
        print_table([v | {"rule": _rule_of(v)} for v in verdicts], shown)
        if requests:
            print_table(requests, REQUEST_COLUMNS)
    if not verdicts:
        fail(f"There is no relation {relation_id}. `relance import relations` brings relations in.")


def _requests_of(
    verdict: dict[str, Any], requests: list[dict[str, Any]], shown: tuple[str, ...]
) -> list[dict[str, Any]]:
    """The open requests of the task that a verdict is about."""
    key = ("template", "schedule", "mission_id", "anchor_on")
    return [{k: r[k] for k in shown} for r in requests if all(r[name] == verdict[name] for name in key)]


def _say_services_without_a_template(settings: Settings, store: Store, relation_id: str) -> None:
    """Name the services whose template no longer exists, since no rule reports on them."""
    from tasks.domain.definitions.template import MISSION
    from tasks.planning.assignments import RelationFilter
    from tasks.planning.missions import MissionFilter, list_missions

    serving = {name for name, t in settings.templates.items() if any(s.anchor == MISSION for s in t.schedules)}
    for mission in list_missions(store, MissionFilter(relations=RelationFilter(relations=[relation_id]))):
        for service in mission["services"]:
            if service["template"] not in serving:
                gone = f"no schedule of a template {service['template']} goes by missions any more"
                say(f"{mission['mission_id']}: {gone}.")
