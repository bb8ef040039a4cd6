"""`relance messages`, `dispatch` and `outbox`.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from flows.cli.options import as_json, as_of, at, home
from flows.cli.output import fail, print_json, print_table, say, session


@click.command()
@click.option("--status", help="pending, sending, sent, unknown, held, rejected, suppressed, cancelled, or dropped.")
@click.option("--relation", help="Only to this relation.")
@as_json
@home
def messages(**words: Any) -> None:
    """List the outbox: what was sent, what is waiting, and what was dropped and why.

    Example: relance messages --status dropped
    """
    show_messages(**words)


EVENTS_PORT, PREFECT_PORT = 8025, 4200


@click.command()
@as_of
@at
@click.option("--immediate", is_flag=True, help="Only what somebody waits for: codes, links asked for anew, questions.")
@as_json
@home
def dispatch(as_of: dt.date | None, at: str | None, immediate: bool, as_json: bool, home: Path) -> None:
    """Send what is waiting in the outbox, and resolve what an interrupted run left. Run it every few minutes.

    Example: relance dispatch
    """
    if immediate:
        dispatch_immediate(home, as_of)
    else:
        dispatch_once(home, as_of, at, as_json)


@click.group()
def outbox() -> None:
    """E-mails that need a person to find out whether they were sent.

    Example: relance outbox list
    """


@outbox.command("list")
@as_json
@home
def list_(as_json: bool, home: Path) -> None:
    """List the e-mails that are unknown or held, with the request made to the mail service for each.

    Example: relance outbox list
    """
    show_questions(home, as_json)


@outbox.command("explain")
@click.argument("message_id", metavar="MAIL", type=int)
@as_json
@home
def explain(message_id: int, as_json: bool, home: Path) -> None:
    """Show everything known about one e-mail: the request, the mail service's answer, and what happens next.

    Example: relance outbox explain 17
    """
    explain_question(home, message_id, as_json)


@outbox.command("resolve")
@click.argument("message_ids", metavar="MAIL...", type=int, nargs=-1, required=True)
@click.option("--sent/--not-sent", "was_sent", required=True, help="They left; or they did not, and are sent again.")
@home
def resolve(message_ids: tuple[int, ...], was_sent: bool, home: Path) -> None:
    """Record what you found out: the e-mails were sent, or they were not.

    Example: relance outbox resolve 17 18 --not-sent
    """
    resolve_open_attempts(home, message_ids, was_sent)


# Its name until 0.1.0.
outbox.add_command(
    click.Command("settle", hidden=True, callback=resolve.callback, params=resolve.params, help=resolve.help)
)


@outbox.command("pause")
@click.option("--because", default="A person asked for it.", help="Why, for whoever finds it.")
@home
def pause(because: str, home: Path) -> None:
    """Stop sending e-mails until `relance outbox resume`; tasks and reports continue.

    Example: relance outbox pause --because "Wrong letterhead."
    """
    pause_dispatch(home, because)


@outbox.command("resume")
@home
def resume(home: Path) -> None:
    """Resume sending after a pause, whether a person or repeated failures caused it.

    Example: relance outbox resume
    """
    resume_dispatch(home)


def show_messages(home: Path, status: str | None, relation: str | None, as_json: bool) -> None:
    """Print the messages that match the filters."""
    from tasks.domain.mail.states import MESSAGE_STATUSES
    from tasks.mail.overview import list_messages

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


COLUMNS = {
    "message_id": "Mail",
    "relation_id": "Relation",
    "subtask": "Step",
    "send_on": "Day",
    "status": "Status",
    "reason": "Reason",
    "batch_id": "Batch",
}


def dispatch_immediate(home: Path, as_of: dt.date | None) -> None:
    """Send the messages that leave at once."""
    from flows.jobs.dispatch import run_immediate

    with session(home) as (settings, store):
        say(f"{run_immediate(settings, store, as_of or settings.today()):,} mails sent.")


def dispatch_once(home: Path, as_of: dt.date | None, at: str | None, as_json: bool) -> None:
    """Send what is waiting, and print the result."""
    from flows.home.instants import instant_at, say_doubt
    from flows.jobs.dispatch import run_dispatch

    with session(home) as (settings, store):
        instant, doubt = instant_at(settings, at)
        say_doubt(doubt, say)
        day = as_of or (instant.astimezone(settings.firm.zone).date() if at else settings.today())
        delivered = run_dispatch(settings, store, day, (lambda: instant) if at else None)
        if delivered is None:
            say("Another run is under way; it sends by itself.")
            return
        figures = {"sent": delivered.sent, "held": delivered.held, "dropped": dict(delivered.dropped)}
        if as_json:
            print_json(figures | {"undelivered": delivered.problem})
        else:
            dropped = ", ".join(f"{n:,} {reason}" for reason, n in delivered.dropped.items()) or "none"
            say(f"{delivered.sent:,} mails sent, {delivered.held:,} of unknown fate, dropped: {dropped}.")
        if delivered.problem is not None:
            fail(delivered.problem)


def show_questions(home: Path, as_json: bool) -> None:
    """Print the messages that are unknown or held."""
    from tasks.mail.delivery.unresolved import list_questions

    with session(home) as (_, store):
        found = list_questions(store)
    if as_json:
        print_json(found)
        return
    print_table(found, COLUMNS)
    say(f"{len(found):,} mails. `relance outbox explain MAIL` says what is known of one, and what to do.")


def explain_question(home: Path, message_id: int, as_json: bool) -> None:
    """Print everything known about one message, and what happens next."""
    from tasks.mail.delivery.unresolved import explain_mail

    with session(home) as (_, store):
        found = explain_mail(store, message_id)
    if as_json:
        print_json(found)
        return
    rows = [
        {"what": key.replace("_", " "), "is": found[key]}
        for key in found
        if key not in ("events", "next") and found[key]
    ]
    rows += [{"what": "event", "is": f"{one['kind']}, {one['happened_at']}"} for one in found["events"]]
    print_table(rows, {"what": f"Mail {message_id}", "is": ""})
    say(found["next"])


def resolve_open_attempts(home: Path, message_ids: Sequence[int], was_sent: bool) -> None:
    """Resolve messages by hand."""
    from flows.home.clock import now
    from tasks.mail.delivery.unresolved import resolve_by_hand

    with session(home) as (_, store):
        resolved = resolve_by_hand(store, message_ids, was_sent, now())
    say(f"{resolved:,} mails {'are sent' if was_sent else 'are queued again, and leave with the next run'}.")


def pause_dispatch(home: Path, because: str) -> None:
    """Stop sending until `relance outbox resume`."""
    from flows.home.clock import now
    from tasks.mail.delivery.pauses import pause

    with session(home) as (_, store):
        is_new = pause(store, because, now())
    say("Sending is paused; `relance outbox resume` ends it." if is_new else "Sending is paused already.")


def resume_dispatch(home: Path) -> None:
    """Resume sending."""
    from flows.home.clock import now
    from tasks.mail.delivery.pauses import resume

    with session(home) as (_, store):
        was_paused = resume(store, now())
    say("Mails leave again with the next run." if was_paused else "Sending is not paused.")
