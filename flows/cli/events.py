"""`relance events`, and the endpoint that receives SendGrid's events.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from flows.cli.options import as_json, as_of, home
from flows.cli.output import print_json, say, session


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_of
@as_json
@home
def events(file: Path, as_of: dt.date | None, as_json: bool, home: Path) -> None:
    """Record SendGrid's events from a file of Event Webhook bodies. `-` reads standard input.

    Recording the same event again changes nothing.

    Example: relance events events.json
    """
    record_file(home, file, as_of, as_json)


PROBLEMS_SHOWN = 5


def record_file(home: Path, file: Path, as_of: dt.date | None, as_json: bool) -> None:
    """Record the events in a file."""
    from flows.home.clock import now
    from tasks.mail.delivery.events import record_events
    from tasks.translations import read_words

    with session(home) as (settings, store):
        received = _read(file)
        labels = read_words(settings.firm.language)["address_tasks"]
        recorded = record_events(store, received, labels, now(), as_of or settings.today())
    for problem in recorded.problems[:PROBLEMS_SHOWN]:
        say(f"{file}: {problem}; it is left out.")
    if as_json:
        print_json(recorded.to_json())
        return
    counts = ", ".join(f"{n:,} {name}" for name, n in recorded.to_json().items())
    say(f"{len(received):,} events: {counts}.")


def _read(file: Path) -> list[object]:
    from tasks.mail.delivery.events import UnreadableEvents, parse_events

    try:
        words = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
        return parse_events(words)
    except OSError as error:
        raise UnreadableEvents(f"{file}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UnreadableEvents(f"{file}: not UTF-8: {error.reason}. Keep the bodies as they were posted.") from None
    except UnreadableEvents as error:
        raise UnreadableEvents(f"{file}: {error}. Nothing was recorded.") from None


def serve_events(home: Path, host: str, port: int) -> None:
    """Receive signed events until stopped: the same application as `relance web`.

    Raises:
        SettingsError: firm.yaml has no key to verify them with, or an invalid one.
    """
    from flows.web.server import check_events, serve_pages

    with session(home) as (settings, store):
        check_events(settings)
        serve_pages(
            settings, store, host, port, lambda at: say(f"SendGrid's events are taken at {at}/events until stopped.")
        )
