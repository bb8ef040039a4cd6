"""`relance rule explain`: which forms and rules apply to an activity, and why or why not.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_activities.py.
"""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.options import as_json, home
from flows.cli.output import print_json, print_table, session

SHOWN = {"kind": "what", "name": "name", "applies": "applies", "why": "why", "save": "save", "outcome": "outcome"}


@click.group()
def rule() -> None:
    """Forms and rules: what a record must have, and what happens when it is saved (forms/, rules/).

    Example: relance rule explain A-42
    """


@rule.command("explain")
@click.argument("activity_id")
@as_json
@home
def explain(activity_id: str, as_json: bool, home: Path) -> None:
    """Show which forms and rules apply to an activity as it is, why or why not, and what rules did for it.

    Example: relance rule explain A-42
    """
    explain_activity(home, activity_id, as_json)


def explain_activity(home: Path, activity_id: str, as_json: bool) -> None:
    """Print a row per form, per rule and per act of a rule."""
    from flows.jobs.activities import rule_book
    from tasks.rules.explain import explain_rules

    with session(home) as (settings, store):
        found = explain_rules(store, settings.forms.values(), rule_book(settings), activity_id)
    if as_json:
        print_json(found)
        return
    print_table([row | {"applies": "yes" if row["applies"] else "no"} for row in found], SHOWN)
