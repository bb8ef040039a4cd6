"""`relance fields` and `field`: what is known of a relation, and when it expires or is asked again.

May touch: click; everything else inside functions. Tests: tests/integration/requests/test_fields.py.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from flows.cli.options import Day, as_json, as_of, home
from flows.cli.output import print_json, print_table, say, session

NOTHING = ""
SHOWN = {
    "field": "Field",
    "value": "Value",
    "expires_on": "Expires on",
    "next_update_on": "Next update",
    "frequency": "Frequency",
    "group": "Update group",
    "updated_on": "Updated on",
}


class DayOrNothing(Day):
    """A date, or an empty text to take one away."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a date, or the empty text."""
        return value if value == NOTHING else super().convert(value, param, ctx)


@click.command()
@click.argument("relation_id")
@as_json
@home
def fields(relation_id: str, as_json: bool, home: Path) -> None:
    """List the data fields of a relation with their dates, and the update group that asks for each.

    Example: relance fields R1042
    """
    from tasks.requests.fields import list_fields

    with session(home) as (settings, store):
        found = list_fields(store, settings.groups.values(), relation_id)
    if as_json:
        print_json(found)
    else:
        print_table(found, SHOWN)


@click.command()
@click.argument("relation_id")
@click.argument("field")
@click.option("--value", help="What is known.")
@click.option(
    "--expires", "expires_on", type=DayOrNothing(), help="When it expires; an empty text takes the date away."
)
@click.option("--next-update", "next_update_on", type=DayOrNothing(), help="When it is asked next.")
@click.option("--frequency", help="Its own, such as yearly; an empty text: its update group's.")
@as_of
@as_json
@home
def field(
    relation_id: str,
    field: str,
    value: str | None,
    expires_on: dt.date | str | None,
    next_update_on: dt.date | str | None,
    frequency: str | None,
    as_of: dt.date | None,
    as_json: bool,
    home: Path,
) -> None:
    """Set what is known of a relation, when it expires, and when its update group asks for it again.

    A field that is empty has no dates.

    Example: relance field R1042 proof_of_address --expires 2027-06-30 --next-update 2027-06-01
    """
    from tasks.requests.fields import FieldChange, list_fields, set_field

    options = {"value": value, "expires_on": expires_on, "next_update_on": next_update_on, "frequency": frequency}
    given: dict[str, Any] = {name: option or None for name, option in options.items() if option is not None}
    if not given:
        raise click.UsageError("Say what changes: --value, --expires, --next-update or --frequency.")
    with session(home) as (settings, store):
        change, day = FieldChange(frozenset(given), **given), as_of or settings.today()
        set_field(store, settings.groups.values(), relation_id, field, change, day)
        found = list_fields(store, settings.groups.values(), relation_id)
    changed = [row for row in found if row["field"] == field]
    if as_json:
        print_json(changed)
    else:
        print_table(changed, SHOWN)
        say(f"Field {field} of {relation_id} is set.")


@click.command()
@click.argument("relation_id")
@as_of
@as_json
@home
def erase(relation_id: str, as_of: dt.date | None, as_json: bool, home: Path) -> None:
    """Erase what a client may have erased, for good, and list what the law has you keep, with its date.

    Its open tasks are closed. Answers, drafts, the texts of mails and files that nobody has accepted are erased; hashes
    and dates stay as proof. `retention` in firm.yaml says how long accepted documents are kept. Not legal advice.

    Example: relance erase R1042
    """
    from flows.home.clock import now
    from tasks.requests.erase import erase_relation

    with session(home) as (settings, store):
        years = settings.firm.retention.document_years
        day = as_of or settings.today()
        found = erase_relation(store, settings.documents, relation_id, years=years, as_of=day, now=now())
    if as_json:
        print_json(vars(found))
        return
    say(
        f"Erased of {relation_id}: {found.answers} answers, {found.documents} files, {found.fields} fields, the texts "
        f"of {found.messages} messages; {found.tasks} tasks closed."
    )
    print_table(found.kept, {"what": "Kept", "name": "Name", "until": "Until", "why": "Why"})
