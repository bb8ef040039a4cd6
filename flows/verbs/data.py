"""Verbs that change data: assign, done, cancel, send.

May touch: flows/assigning.py, flows/sending.py, tasks/settle.py.
Tests: tests/integration/test_cli.py.
"""

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import click

from flows.assigning import UnknownSchedule, run_assign, say_kept
from flows.sending import send_by_hand
from flows.verbs.session import fail, print_json, say, session
from tasks.assign import Assigned, Choice
from tasks.domain.firm import CLOSED_STATUSES
from tasks.overview import TaskFilter, list_tasks
from tasks.settle import close_finished, close_step, close_task


def assign_relations(
    home: Path,
    schedule: str,
    types: tuple[str, ...],
    statuses: tuple[str, ...],
    relations: tuple[str, ...],
    start: dt.date | None,
    move: bool,
    remove: bool,
    as_of: dt.date | None,
    as_json: bool,
) -> None:
    """Put relations on a schedule or take them off it, and say how many."""
    with session(home) as (settings, store):
        today = as_of or settings.today()
        choice = Choice(types, statuses, relations)
        if move and (start is None or remove):
            raise click.UsageError("--move needs --start, the new start, and does not go with --remove.")
        try:
            did = run_assign(settings, store, schedule, choice, start, remove, today, move=move)
        except UnknownSchedule as error:
            raise click.UsageError(str(error)) from None
    _tell_assigned(did, schedule, remove, start or today, as_json)


def _tell_assigned(did: Assigned, schedule: str, remove: bool, start_on: dt.date, as_json: bool) -> None:
    if as_json:
        print_json({"schedule": schedule, "removed" if remove else "added": did.changed} | asdict(did))
    elif remove:
        say(f"{did.changed:,} relations taken off {schedule}; {did.unchanged:,} were not on it. Open tasks stay.")
    else:
        moved = f"{did.moved:,} moved to that start; " if did.moved else ""
        say(
            f"{did.changed:,} relations put on {schedule} from {start_on}; {moved}{did.unchanged:,} were on it already."
        )
        for kept in did.kept:
            say(say_kept(kept))
        if did.kept:
            say("`--start D --move` gives them another start.")
    if did.unknown:
        fail(f"Unknown relations, left out: {', '.join(did.unknown)}. `relance import relations` brings them in.")


def close(home: Path, task_id: int, status: str, as_of: dt.date | None) -> None:
    """Close a task by hand."""
    with session(home) as (settings, store):
        before = close_task(store, task_id, status, as_of or settings.today())
    say(f"Task {task_id} is {status}." if before != status else f"Task {task_id} was {status} already.")


def finish_step(home: Path, task_id: int, key: str, as_of: dt.date | None) -> None:
    """Close one step by hand, and its task with the last one."""
    with session(home) as (settings, store):
        before = close_step(store, task_id, key)
        close_finished(store, settings.templates, as_of or settings.today())
        is_closed = list_tasks(store, TaskFilter(after=task_id - 1))[0]["status"] in CLOSED_STATUSES
    say(f"Step {key} of task {task_id} is done." if before == "open" else f"Step {key} was {before} already.")
    if is_closed:
        say(f"It was the last one: task {task_id} is done.")


def send_mail(home: Path, task_id: int, key: str, as_of: dt.date | None) -> None:
    """Send one step's mail by hand, once, and say what became of it."""
    with session(home) as (settings, store):
        sending = send_by_hand(settings, store, task_id, key, as_of or settings.today())
    message = sending.message or {"status": "not made", "reason": None}
    if not sending.is_new:
        say(f"Mail {message['message_id']} is {message['status']} already (send day {message['send_on']}).")
    elif message["status"] == "sent":
        say(f"Mail {message['message_id']} was sent.")
    else:
        fail(f"Nothing was sent: the mail is {message['status']} ({message['reason']}).")
