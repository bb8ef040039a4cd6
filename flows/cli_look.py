"""The verbs that only look, and their words: tasks, messages, explain, report, quality.

What they do is in flows/verbs/.

May touch: click. Tests: tests/integration/test_cli.py, tests/integration/test_quality_review.py.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import click

from flows.words import Day, as_json, as_of, home


@click.command()
@click.option("--status", help="open, waiting_on_client, ready, done, cancelled, or one of firm.yaml's.")
@click.option("--template", help="Of this template alone.")
@click.option("--relation", help="Of this relation alone.")
@click.option("--mission", help="Of this mission alone.")
@click.option("--owner", help="Of this user's relations alone.")
@click.option("--overdue", is_flag=True, help="Still open after their due day.")
@click.option("--due-before", type=Day(), help="Due before this day.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, safe to open in a spreadsheet.")
@as_of
@as_json
@home
def tasks(**words: Any) -> None:
    """List the firm's tasks, the most urgent first.

    Example: relance tasks --overdue --owner U1
    """
    from flows.verbs.look import show_tasks

    show_tasks(**words)


@click.command()
@click.option("--status", help="pending, sending, sent, unknown, held, rejected, suppressed, cancelled, or dropped.")
@click.option("--relation", help="To this relation alone.")
@as_json
@home
def messages(**words: Any) -> None:
    """List the outbox: what was sent, what waits, and what is dropped and why.

    Example: relance messages --status dropped
    """
    from flows.verbs.look import show_messages

    show_messages(**words)


@click.command()
@click.argument("relation_id")
@as_of
@as_json
@home
def explain(**words: Any) -> None:
    """Say why a relation gets what it gets, or nothing: each rule, its dates and the reason.

    Example: relance explain R1042
    """
    from flows.verbs.look import explain_relation

    explain_relation(**words)


@click.command()
@as_of
@as_json
@home
def report(as_of: dt.date | None, as_json: bool, home: Path) -> None:
    """Write the data quality and follow-up report; its path goes to standard output, or with --json its figures.

    Each run writes it too and keeps its own in reports/runs/.

    Example: relance report
    """
    from flows.verbs.look import make_report

    make_report(home, as_of, as_json)


@click.command()
@click.option("--relation", help="Of this relation alone.")
@click.option("--owner", help="Of this user's relations alone.")
@click.option("--criterion", help="By this criterion alone, such as id_card.not_expired or email.present.")
@click.option("--result", type=click.Choice(["met", "not_met", "not_applicable"]), help="List these rows.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, safe to open in a spreadsheet.")
@as_of
@as_json
@home
def quality(**words: Any) -> None:
    """Review the relations' data: which criteria of the firm's own each one meets.

    For each data field that a template goes by: present, expiry date known, not expired. For every relation: an
    e-mail address, a valid one, an owner who is a user. As a table the counts, and with a filter the rows, those not
    met unless --result says otherwise; as JSON or CSV every row that the filters leave.

    Example: relance quality --criterion id_card.not_expired
    """
    from flows.verbs.quality import show_quality

    show_quality(**words)
