"""`relance answer`, `accept`, `return`, `remind` and `documents`: client requests by hand.

May touch: click; everything else inside functions. Tests: tests/integration/requests/test_answers.py.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from flows.cli.options import Day, as_json, as_of, home
from flows.cli.output import fail, print_json, print_table, say, session


@click.command()
@click.argument("task_id", type=int)
@click.argument("step")
@click.argument("item")
@click.argument("value", required=False)
@click.option("--file", "files", type=click.Path(path_type=Path), multiple=True, help="A document; may be repeated.")
@click.option("--expires", help="Its expiry date, where the item asks for it.")
@click.option("--not-applicable", metavar="REASON", help="The item does not concern the client, for this reason.")
@click.option("--promised", "promised_on", type=Day(), help="It is not there yet; the client promised it for this day.")
@click.option("--on", "answered_on", type=Day(), help="The day on which it came; today by default.")
@as_of
@home
def answer(**words: Any) -> None:
    """Record an answer that came another way: by mail, by telephone, on paper.

    It is checked like any other answer. The request is complete with the last required one, and nothing more is sent.

    Example: relance answer 42 documents kms 12500
    """
    record(**words)


@click.command()
@click.argument("task_id", type=int)
@click.argument("step")
@click.argument("item", required=False)
@as_of
@home
def accept(task_id: int, step: str, item: str | None, as_of: dt.date | None, home: Path) -> None:
    """Accept one answer of a request, or all that came.

    Example: relance accept 42 documents iban
    """
    from flows.jobs.requests import accept_answers

    with session(home) as (settings, store):
        accepted = accept_answers(settings, store, task_id, step=step, item=item, as_of=as_of or settings.today())
    say(f"Accepted: {', '.join(accepted)}." if accepted else "Nothing new was accepted.")


@click.command("return")
@click.argument("task_id", type=int)
@click.argument("step")
@click.argument("item")
@click.option("--reason", required=True, help="Why; the client reads it.")
@as_of
@home
def return_(task_id: int, step: str, item: str, reason: str, as_of: dt.date | None, home: Path) -> None:
    """Give an answer back to the client with a reason, and ask for it again.

    Example: relance return 42 documents card --reason "The back is missing"
    """
    from flows.jobs.requests import return_answer

    with session(home) as (settings, store):
        day = as_of or settings.today()
        message = return_answer(settings, store, task_id, step=step, item=item, reason=reason, as_of=day)
    say(f"Item {item} of task {task_id} is open again.")
    _say_message(message)


@click.command()
@click.argument("task_id", type=int)
@click.argument("step")
@as_of
@home
def remind(task_id: int, step: str, as_of: dt.date | None, home: Path) -> None:
    """Send one reminder of a request now, on any day; the next one counts from it.

    Example: relance remind 42 documents
    """
    from flows.jobs.requests import remind as remind_now

    with session(home) as (settings, store):
        message = remind_now(settings, store, task_id, step, as_of or settings.today())
    if message is None or message["status"] != "sent":
        became = "not made" if message is None else f"{message['status']} ({message['reason']})"
        fail(f"Nothing was sent: the message is {became}.")
    _say_message(message)


@click.command()
@click.argument("relation_id")
@click.option("--save", type=click.Path(file_okay=False, path_type=Path), help="Copy the files into this folder.")
@as_json
@home
def documents(relation_id: str, save: Path | None, as_json: bool, home: Path) -> None:
    """List the files that a relation sent, and save copies of them.

    Example: relance documents R1042 --save here
    """
    from tasks.requests.documents import list_documents, locked_in_words, save_documents

    with session(home) as (settings, store):
        found = list_documents(store, relation_id, settings.documents)
        if save is not None:
            say(f"Saved {save_documents(found, save)} files in {save}.")
    if as_json:
        print_json(found)
    else:
        shown = {"task_id": "Task", "step": "Request", "item": "Item", "name": "File", "received_at": "Received (UTC)"}
        print_table(found, shown)
    if save is not None and (locked := locked_in_words(found)):
        fail(locked)


def record(
    task_id: int,
    step: str,
    item: str,
    value: str | None,
    files: tuple[Path, ...],
    expires: str | None,
    not_applicable: str | None,
    promised_on: dt.date | None,
    answered_on: dt.date | None,
    as_of: dt.date | None,
    home: Path,
) -> None:
    """Record one answer and say how far its request is; or a promise."""
    from flows.jobs.requests import take_answer, take_promise
    from tasks.requests.answers import Answer

    if promised_on and (value or files or expires or not_applicable):
        raise click.UsageError("Give the answer or --promised, not both.")
    with session(home) as (settings, store):
        day = answered_on or as_of or settings.today()
        if promised_on:
            take_promise(store, task_id, step=step, item=item, promised_on=promised_on, as_of=day)
            say(f"Item {item} of task {task_id} is not reminded of before the day after {promised_on}.")
            return
        given = Answer(task_id, step, item, day, value, expires, not_applicable)
        progress = take_answer(settings, store, given, files)
    complete = " It is complete." if progress.is_complete else ""
    say(f"Request {step} of task {task_id}: {progress.received} of {progress.total} received.{complete}")


def _say_message(message: dict[str, Any] | None) -> None:
    if message is not None and message["status"] == "sent":
        say(f"Message {message['message_id']} was sent.")
    elif message is not None:
        say(f"Message {message['message_id']} is {message['status']}, for {message['send_on']}.")
