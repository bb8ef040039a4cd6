"""`relance run`: one complete run.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
import functools
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from flows.cli.options import as_json, as_of, home
from flows.cli.output import fail, print_json, print_table, say, session

P = ParamSpec("P")
T = TypeVar("T")

if TYPE_CHECKING:
    from flows.jobs.night_result import NightResult


@click.command()
@as_of
@click.option("--schedule", metavar="TEMPLATE/SCHEDULE", help="Plan this schedule alone, now.")
@click.option("--dry-run", is_flag=True, help="Show exactly what would happen, and change nothing.")
@click.option("--no-deliver", is_flag=True, help="Leave the mails in the outbox.")
@as_json
@home
def run(**words: Any) -> None:
    """Do one complete run: check the data, plan, create tasks, compose and send e-mails, write the report.

    Example: relance run --dry-run
    """
    run_once(**words)


def run_once(
    home: Path, as_of: dt.date | None, schedule: str | None, dry_run: bool, no_deliver: bool, as_json: bool
) -> None:
    """Run one night and print its figures."""
    from flows.jobs.night import NightOptions, run_night

    with session(home) as (settings, store):
        options = NightOptions(as_of or settings.today(), schedule, is_rehearsal=dry_run, delivers=not no_deliver)
        figures = run_night(settings, store, options, with_progress)
    if figures.status == "already_running":
        say("Another run is under way; this one did nothing.")
    if as_json:
        print_json(figures.to_json())
    elif figures.status == "done":
        print_night(figures)
    if figures.delivered.problem is not None:
        fail(figures.delivered.problem)


def with_progress(stage: Callable[P, T]) -> Callable[P, T]:
    """Show which stage is running: a spinner on a terminal, a plain line in a log."""
    name = stage.__name__.replace("_", " ")

    @functools.wraps(stage)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        started = time.monotonic()
        with _spinner(name):
            result = stage(*args, **kwargs)
        say(f"{name:<18} {time.monotonic() - started:6.1f} s{_size(result)}")
        return result

    return run


def _spinner(name: str) -> Any:
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(f"{name} …")


def _size(result: Any) -> str:
    return f"  {len(result):,} rows" if hasattr(result, "columns") else ""


def print_night(figures: NightResult) -> None:
    """Print a run's figures in a few lines."""
    rehearsal = "would be " if figures.dry_run else ""
    skipped = ", ".join(f"{n:,} {reason}" for reason, n in figures.skipped.items()) or "none"
    dropped = ", ".join(f"{n:,} {reason}" for reason, n in figures.dropped.items()) or "none"
    sent, merged = f"{figures.delivered.sent:,} {rehearsal}sent", figures.delivered.merged
    inside = f", {merged:,} within another" if merged else ""
    lines = [
        {"what": "as of", "is": figures.as_of.isoformat()},
        {"what": "relations read", "is": f"{figures.read['relations']:,}"},
        {"what": "quarantined", "is": f"{figures.quarantined:,} source rows"},
        {"what": "blocked", "is": f"{figures.blocked:,} automations, for want of data"},
        {"what": "tasks", "is": f"{figures.created:,} {rehearsal}created, {figures.closed:,} {rehearsal}closed"},
        {"what": "skipped", "is": skipped},
        {"what": "mails", "is": f"{sent}{inside}, {figures.deferred:,} waiting"},
        {"what": "mails dropped", "is": dropped},
    ]
    print_table(lines, {"what": "The night", "is": ""})
    if figures.dry_run:
        for task in figures.tasks or []:
            say(f"task  {task['relation_id']}  {task['template']}/{task['schedule']}  due {task['due_on']}")
        for mail in figures.mails or []:
            say(
                f"mail  {mail['relation_id']}  {mail['subtask']}  {mail['send_on']}  {mail['reason'] or mail['status']}"
            )
        say("Nothing was changed: this was a dry run.")
    elif figures.report:
        say(f"Report: {figures.report}")
