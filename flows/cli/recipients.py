"""`relance recipients`, `pause` and `resume`: who is asked by a request, and who gets no reminders for a while.

May touch: click; everything else inside functions. Tests: tests/integration/requests/test_recipients.py,
tests/integration/requests/test_relation_pauses.py.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from flows.cli.options import Day, as_json, as_of, home
from flows.cli.output import print_json, print_table, say, session


@click.command()
@click.argument("task_id", type=int)
@click.argument("chosen", metavar="[RELATION_ID]...", nargs=-1)
@click.option("--step", help="Only this request of the task. Default: all that are open.")
@as_of
@as_json
@home
def recipients(
    task_id: int, chosen: tuple[str, ...], step: str | None, as_of: dt.date | None, as_json: bool, home: Path
) -> None:
    """Show who is asked by the requests of a task, or choose who is from now on.

    Who is new gets the request; who is left out gets nothing more, and the link of his opens no page. The count of
    reminders goes on.

    Example: relance recipients 42 R1042 R1043 --step documents
    """
    from flows.home.clock import now
    from tasks.requests.recipients import choose_recipients, list_recipients

    with session(home) as (settings, store):
        if chosen:
            steps = choose_recipients(store, task_id, chosen, step, as_of or settings.today(), now=now())
            say(f"Task {task_id}: {', '.join(steps)} asks {', '.join(chosen)} from now on.")
        found = [row for row in list_recipients(store, task_id) if step in (None, row["step"])]
    if as_json:
        print_json(found)
    else:
        print_table(found, {"step": "Request", "recipient_id": "Relation", "name": "Name", "added_on": "Chosen on"})


@click.command()
@click.argument("relation_id")
@click.option("--until", type=Day(), help="The last day of the pause. Default: until `relance resume`.")
@as_of
@home
def pause(relation_id: str, until: dt.date | None, as_of: dt.date | None, home: Path) -> None:
    """Send a relation no reminders for a while; they are put off, not dropped.

    Example: relance pause R1042 --until 2027-01-15
    """
    from tasks.requests.pauses import pause_relation

    with session(home) as (settings, store):
        pause_relation(store, relation_id, until, as_of or settings.today())
    say(f"{relation_id} gets no reminders {f'up to {until}' if until else 'until `relance resume`'}.")


@click.command()
@click.argument("relation_id")
@as_of
@home
def resume(relation_id: str, as_of: dt.date | None, home: Path) -> None:
    """End the pause of a relation; what is due by then leaves with the next run.

    Example: relance resume R1042
    """
    from tasks.requests.pauses import resume_relation

    del as_of  # a pause ends when a person says so, whatever the day
    with session(home) as (_, store):
        was_paused = resume_relation(store, relation_id)
    say(f"{relation_id} gets reminders again." if was_paused else f"{relation_id} was not paused.")
