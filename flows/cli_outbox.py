"""What leaves and what comes back: `relance dispatch`, `outbox`, `suppressions`, `events`, `serve`, and their words.

May touch: click. Tests: tests/integration/test_sendgrid.py.
"""

import datetime as dt
from pathlib import Path

import click

from flows.words import as_json, as_of, home

EVENTS_PORT, PREFECT_PORT = 8025, 4200


@click.command()
@as_of
@as_json
@home
def dispatch(as_of: dt.date | None, as_json: bool, home: Path) -> None:
    """Send what waits in the outbox, and settle what a dead run left: between two nights, every few minutes.

    Example: relance dispatch
    """
    from flows.verbs.outbox import dispatch_once

    dispatch_once(home, as_of, as_json)


@click.group()
def outbox() -> None:
    """Mails of which only a person can tell whether they left.

    Example: relance outbox list
    """


@outbox.command("list")
@as_json
@home
def list_(as_json: bool, home: Path) -> None:
    """List the mails that are unknown or held, and what was asked of the mail service for them.

    Example: relance outbox list
    """
    from flows.verbs.outbox import show_questions

    show_questions(home, as_json)


@outbox.command("explain")
@click.argument("message_id", metavar="MAIL", type=int)
@as_json
@home
def explain(message_id: int, as_json: bool, home: Path) -> None:
    """Say all that is known of one mail: what was asked of the mail service, what it told, and what happens next.

    Example: relance outbox explain 17
    """
    from flows.verbs.outbox import explain_question

    explain_question(home, message_id, as_json)


@outbox.command("settle")
@click.argument("message_ids", metavar="MAIL...", type=int, nargs=-1, required=True)
@click.option("--sent/--not-sent", "was_sent", required=True, help="They left; or they did not, and are sent again.")
@home
def settle(message_ids: tuple[int, ...], was_sent: bool, home: Path) -> None:
    """Write down what you found out: the mails left, or they did not.

    Example: relance outbox settle 17 18 --not-sent
    """
    from flows.verbs.outbox import settle_questions

    settle_questions(home, message_ids, was_sent)


@outbox.command("pause")
@click.option("--because", default="A person asked for it.", help="Why, for whoever finds it.")
@home
def pause(because: str, home: Path) -> None:
    """Let no mail leave until `relance outbox resume`; tasks and reports go on.

    Example: relance outbox pause --because "Wrong letterhead."
    """
    from flows.verbs.outbox import pause_dispatch

    pause_dispatch(home, because)


@outbox.command("resume")
@home
def resume(home: Path) -> None:
    """Let mails leave again after a pause, whoever or whatever began it.

    Example: relance outbox resume
    """
    from flows.verbs.outbox import resume_dispatch

    resume_dispatch(home)


@click.group()
def suppressions() -> None:
    """Addresses that are not mailed: they bounced, or their owner does not want it.

    Example: relance suppressions list
    """


@suppressions.command("list")
@as_json
@home
def suppressions_list(as_json: bool, home: Path) -> None:
    """List the addresses that are known, the newest first; `blocks` are noted and silence nothing.

    Example: relance suppressions list
    """
    from flows.verbs.suppressions import show_suppressions

    show_suppressions(home, as_json)


@suppressions.command("add")
@click.argument("address")
@as_of
@home
def suppressions_add(address: str, as_of: dt.date | None, home: Path) -> None:
    """Mail an address no more, because its owner asked for it.

    Example: relance suppressions add jeanne@martin.example
    """
    from flows.verbs.suppressions import add_suppression

    add_suppression(home, address, as_of)


@suppressions.command("lift")
@click.argument("address")
@as_of
@home
def suppressions_lift(address: str, as_of: dt.date | None, home: Path) -> None:
    """Let an address be mailed again, here and at SendGrid. Mails that waited for it leave with the next run.

    Example: relance suppressions lift jeanne@martin.example
    """
    from flows.verbs.suppressions import lift_suppression

    lift_suppression(home, address, as_of)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_of
@as_json
@home
def events(file: Path, as_of: dt.date | None, as_json: bool, home: Path) -> None:
    """Record what SendGrid told of mails: the bodies of its Event Webhook, kept in a file. `-` reads standard input.

    Told twice, an event changes nothing.

    Example: relance events events.json
    """
    from flows.verbs.events import record_file

    record_file(home, file, as_of, as_json)


@click.command()
@click.option("--events", "only_events", is_flag=True, help="Take SendGrid's signed events at /events instead.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: 4200, with --events 8025.")
@home
def serve(only_events: bool, host: str, port: int | None, home: Path) -> None:
    """Serve Prefect with all deployments until stopped; with --events, the endpoint of SendGrid's Event Webhook.

    Example: relance serve
    """
    if only_events:
        from flows.verbs.events import serve_events

        serve_events(home, host, EVENTS_PORT if port is None else port)
    else:
        from flows.verbs.serve import serve_deployments

        serve_deployments(home, host, PREFECT_PORT if port is None else port)
