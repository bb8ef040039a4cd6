"""`relance edit` and `relance comment`: what belongs to one task alone, and is never carried over.

May touch: click; everything else inside functions. Tests: tests/integration/requests/test_edits.py.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from flows.cli.options import as_of, home
from flows.cli.output import say, session


@click.command()
@click.argument("task_id", type=int)
@click.argument("step")
@click.option("--add", metavar="KEY=LABEL[:TYPE]", multiple=True, help="Ask for one more item; a text by default.")
@click.option("--remove", metavar="KEY", multiple=True, help="Ask for this item no longer.")
@click.option("--label", metavar="KEY=LABEL", multiple=True, help="Name this item differently.")
@as_of
@home
def edit(
    task_id: int,
    step: str,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    label: tuple[str, ...],
    as_of: dt.date | None,
    home: Path,
) -> None:
    """Change what a request of one task asks for, as long as the items are open.

    The template and the later tasks stay as they are. An item added is in the next reminder.

    Example: relance edit 42 documents --add "lease=Bail signé:document" --remove kms
    """
    from flows.jobs.requests import change_items
    from tasks.requests.edits import ItemEdits

    with session(home) as (settings, store):
        change_items(settings, store, task_id, step, ItemEdits(add, remove, label), as_of or settings.today())
    say(f"Request {step} of task {task_id} was changed.")


@click.command()
@click.argument("task_id", type=int)
@click.argument("text")
@home
def comment(task_id: int, text: str, home: Path) -> None:
    """Write a comment on a task; the client never sees it.

    Example: relance comment 42 "She calls back on Monday"
    """
    from flows.home.clock import now
    from tasks.planning.comments import add_comment

    with session(home) as (_, store):
        add_comment(store, task_id, text, now())
    say(f"Task {task_id} has a new comment.")
