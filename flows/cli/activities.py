"""`relance activity` and `relance notifications`: appointments, calls and other events.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_activities.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.options import as_json, at, home
from flows.cli.output import print_json, print_table, say, session

if TYPE_CHECKING:
    from flows.home.settings import Settings

STATUSES = ("planned", "held", "not_held", "cancelled")
SHOWN = {
    "activity_id": "activity",
    "kind": "kind",
    "subject": "subject",
    "starts_at": "starts",
    "owner_id": "owner",
    "contact_id": "contact",
    "status": "status",
}
TOLD = {"notify_at": "at", "user_id": "user", "about": "about", "text": "text"}


@click.group()
def activity() -> None:
    """Appointments, calls and other events: who is notified, reminded and invited.

    Example: relance activity save --kind meeting --subject "Bilan" --starts-at 2026-12-01T14:30 --owner U1
    """


@activity.command("save")
@click.option("--id", "activity_id", help="Of a known activity, or for a new one. Default: a new one.")
@click.option("--kind", required=True, help="meeting, call, or another word of the firm.")
@click.option("--subject", required=True, help="One line.")
@click.option("--starts-at", required=True, metavar="INSTANT", help="A local time like 2026-12-31T14:30.")
@click.option("--ends-at", metavar="INSTANT", help="Default: as long as its kind takes (firm.yaml).")
@click.option("--owner", help="The user who answers for it.")
@click.option("--contact", help="The relation it is with.")
@click.option("--location", help="One line.")
@click.option("--status", type=click.Choice(STATUSES), default="planned", help="Default: planned.")
@click.option("--description", help="For the firm; clients do not see it.")
@click.option("--invitees", default="", help="Users who are invited, with blanks between their ids.")
@click.option("--remind-minutes", type=int, help="Remind the owner and those invited so long before.")
@click.option("--send-notification", is_flag=True, help="Mail the owner at this save.")
@click.option("--notify-contact", is_flag=True, help="Ask the firm's rules to notify the contact.")
@at
@home
def save(home: Path, at: str | None, **words: Any) -> None:
    """Save an activity. A save states the whole record: an option left out is empty or no.

    Example: relance activity save --kind meeting --subject Bilan --starts-at 2026-12-01T14:30 --invitees "U2 U3"
    """
    save_one(home, at, words)


def _again(command: Any) -> Any:
    """Add the options of a follow-up."""
    subject = click.option("--subject", help="Of the copy. Default: the same.")
    start = click.option("--again-at", metavar="INSTANT", help="Copy it to this local time.")
    return click.argument("activity_id")(start(subject(at(home(command)))))


@activity.command("held")
@_again
def held(activity_id: str, again_at: str | None, subject: str | None, at: str | None, home: Path) -> None:
    """Note that an activity was held, and copy it to another time if one is given.

    Example: relance activity held A-42 --again-at 2027-01-15T10:00
    """
    end_one(home, activity_id, "held", again_at, subject, at)


@activity.command("not-held")
@_again
def not_held(activity_id: str, again_at: str | None, subject: str | None, at: str | None, home: Path) -> None:
    """Note that an activity was not held, and copy it to another time if one is given.

    Example: relance activity not-held A-42 --again-at 2026-12-02T10:00 --subject "Second call"
    """
    end_one(home, activity_id, "not_held", again_at, subject, at)


@activity.command("cancel")
@click.argument("activity_id")
@at
@home
def cancel(activity_id: str, at: str | None, home: Path) -> None:
    """Cancel an activity; those who were invited are told.

    Example: relance activity cancel A-42
    """
    end_one(home, activity_id, "cancelled", None, None, at)


@activity.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only of this status.")
@click.option("--owner", help="Only of this user.")
@click.option("--contact", help="Only with this relation.")
@as_json
@home
def list_(home: Path, as_json: bool, **filters: Any) -> None:
    """List activities by their start.

    Example: relance activity list --status planned
    """
    show_activities(home, as_json, filters)


@activity.command("ics")
@click.argument("activity_id")
@home
def ics(activity_id: str, home: Path) -> None:
    """Print an activity as an iCalendar file.

    Example: relance activity ics A-42 > bilan.ics
    """
    print_calendar(home, activity_id)


@click.command()
@click.option("--user", help="Only for this user.")
@at
@as_json
@home
def notifications(user: str | None, at: str | None, as_json: bool, home: Path) -> None:
    """What people of the firm are told in the product: activities ahead, and rules that could not act.

    Example: relance notifications --user U1
    """
    show_notifications(home, user, at, as_json)


def save_one(home: Path, at: str | None, words: dict[str, Any]) -> None:
    """Save one activity and say so."""
    from flows.home.instants import instant_at, say_doubt
    from flows.jobs.activities import run_save
    from tasks.activities.follow_up import new_id
    from tasks.domain.activities.activity import Activity

    with session(home) as (settings, store):
        instant, doubt = instant_at(settings, at)
        written = Activity(
            activity_id=words["activity_id"] or new_id(),
            kind=words["kind"],
            subject=words["subject"],
            starts_at=_instant(settings, words["starts_at"]),
            ends_at=_instant(settings, words["ends_at"]) if words["ends_at"] else None,
            owner_id=words["owner"] or None,
            contact_id=words["contact"] or None,
            location=words["location"] or None,
            status=words["status"],
            description=words["description"] or None,
            send_notification=words["send_notification"],
            remind_minutes=words["remind_minutes"],
            invitees=tuple(words["invitees"].split()),
            notify_contact=words["notify_contact"],
        )
        saved = run_save(settings, store, written, instant)
        say_doubt(doubt, say)
    click.echo(saved.activity.activity_id)
    say("Saved." if saved.before is None or saved.is_change else "Saved; nothing differs from before.")


def end_one(
    home: Path, activity_id: str, status: str, again_at: str | None, subject: str | None, at: str | None
) -> None:
    """Give an activity its last status, and print the id of its copy if one is made."""
    from flows.home.instants import instant_at, say_doubt
    from flows.jobs.activities import run_status

    if subject is not None and again_at is None:
        raise click.UsageError("--subject is the copy's: give --again-at, too.")
    with session(home) as (settings, store):
        instant, doubt = instant_at(settings, at)
        again = None if again_at is None else (_instant(settings, again_at), subject)
        done, copy = run_status(settings, store, activity_id, status, instant, again)
        say_doubt(doubt, say)
    say(f"{done.activity.activity_id} is {status}.")
    if copy is not None:
        click.echo(copy.activity.activity_id)


def _instant(settings: Settings, text: str) -> Any:
    """A local time as the tables hold it; a doubt about it is said."""
    from flows.home.instants import instant_at, say_doubt

    instant, doubt = instant_at(settings, text)
    say_doubt(doubt, say)
    return instant.replace(tzinfo=None)


def show_activities(home: Path, as_json: bool, filters: dict[str, Any]) -> None:
    """Print activities."""
    from tasks.activities.overview import ActivityFilter, list_activities

    with session(home) as (settings, store):
        found = list_activities(store, settings.firm.zone, ActivityFilter(**filters))
    if as_json:
        print_json(found)
        return
    print_table(found, SHOWN)
    say(f"{len(found):,} activities.")


def print_calendar(home: Path, activity_id: str) -> None:
    """Print one activity's iCalendar text."""
    from flows.jobs.activities import calendar_of

    with session(home) as (settings, store):
        text = calendar_of(settings, store, activity_id)
    click.echo(text, nl=False)


def show_notifications(home: Path, user: str | None, at: str | None, as_json: bool) -> None:
    """Print notifications."""
    from flows.home.instants import instant_at
    from tasks.activities.overview import list_notifications

    with session(home) as (settings, store):
        instant, _ = instant_at(settings, at)
        found = list_notifications(store, settings.firm.zone, user, instant)
    if as_json:
        print_json(found)
        return
    print_table(found, TOLD)
    say(f"{len(found):,} notifications.")
