"""`relance outbox` and its words. What the verbs do is in flows/verbs/outbox.py.

May touch: click. Tests: tests/integration/test_sendgrid.py.
"""

from pathlib import Path

import click

from flows.words import as_json, home


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
