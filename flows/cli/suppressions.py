"""`relance suppressions`: addresses that get no e-mail.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from flows.cli.options import as_json, as_of, home
from flows.cli.output import print_json, print_table, say, session


@click.group()
def suppressions() -> None:
    """Addresses that get no e-mail: they bounced, or their owner asked for none.

    Example: relance suppressions list
    """


@suppressions.command("list")
@as_json
@home
def suppressions_list(as_json: bool, home: Path) -> None:
    """List the recorded addresses, newest first; `blocks` are recorded but do not stop e-mails.

    Example: relance suppressions list
    """
    show_suppressions(home, as_json)


@suppressions.command("add")
@click.argument("address")
@as_of
@home
def suppressions_add(address: str, as_of: dt.date | None, home: Path) -> None:
    """Stop sending to an address, because its owner asked for it.

    Example: relance suppressions add jeanne@martin.example
    """
    add_suppression(home, address, as_of)


@suppressions.command("lift")
@click.argument("address")
@as_of
@home
def suppressions_lift(address: str, as_of: dt.date | None, home: Path) -> None:
    """Allow an address again, here and at SendGrid. E-mails waiting for it are sent by the next run.

    Example: relance suppressions lift jeanne@martin.example
    """
    lift_suppression(home, address, as_of)


COLUMNS = {"address": "Address", "kind": "List", "reason": "Reason", "since_on": "Since", "relations": "Relations"}


def show_suppressions(home: Path, as_json: bool) -> None:
    """Print every recorded address."""
    from tasks.mail.delivery.suppressions import list_suppressions

    with session(home) as (_, store):
        found = list_suppressions(store)
    if as_json:
        print_json(found)
        return
    print_table([row | {"relations": ", ".join(row["relation_ids"])} for row in found], COLUMNS)
    say(f"{len(found):,} entries.")


def add_suppression(home: Path, address: str, as_of: dt.date | None) -> None:
    """Suppress an address."""
    from flows.home.clock import now
    from flows.home.outgoing import open_outgoing
    from tasks.mail.delivery.suppressions import suppress_by_hand

    with session(home) as (settings, store), open_outgoing(settings, store) as outgoing:
        is_new = suppress_by_hand(store, address, outgoing.labels, now(), as_of or settings.today())
    say("Address suppressed." if is_new else "It was suppressed by hand already.")


def lift_suppression(home: Path, address: str, as_of: dt.date | None) -> None:
    """Allow an address again."""
    from flows.home.outgoing import open_outgoing
    from tasks.mail.delivery.suppressions import lift

    with session(home) as (settings, store), open_outgoing(settings, store) as outgoing:
        kinds = lift(store, outgoing.service, address, as_of or settings.today())
    say(f"Taken off {', '.join(kinds)}; mails that waited for it leave with the next run.")
