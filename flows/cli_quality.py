"""`relance quality` and its words. What the verb does is in flows/verbs/quality.py.

May touch: click. Tests: tests/integration/test_quality_review.py.
"""

from typing import Any

import click

from flows.words import as_json, as_of, home


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
