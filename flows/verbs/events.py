"""`relance events` and `relance serve --events`: what SendGrid told of mails, from a file or as it is told.

May touch: tasks/events.py, flows/webhook.py.
Tests: tests/integration/test_events.py, tests/integration/test_webhook.py.
"""

import datetime as dt
import socket
import sys
from pathlib import Path

from flows.settings import SettingsError, now
from flows.verbs.session import print_json, say, session
from tasks.events import UnreadableEvents, parse_events, record_events
from tasks.words import read_words

PROBLEMS_SHOWN = 5


def record_file(home: Path, file: Path, as_of: dt.date | None, as_json: bool) -> None:
    """Record a file of events."""
    with session(home) as (settings, store):
        told = _read(file)
        labels = read_words(settings.firm.language)["address_tasks"]
        recorded = record_events(store, told, labels, now(), as_of or settings.today())
    for problem in recorded.problems[:PROBLEMS_SHOWN]:
        say(f"{file}: {problem}; it is left out.")
    if as_json:
        print_json(recorded.to_json())
        return
    counts = ", ".join(f"{n:,} {name}" for name, n in recorded.to_json().items())
    say(f"{len(told):,} events: {counts}.")


def _read(file: Path) -> list[object]:
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
    """Take signed events until stopped.

    Raises:
        SettingsError: firm.yaml names no key to verify them with, or one that is none.
    """
    import uvicorn

    from flows.webhook import Verifier, make_app

    class _Server(uvicorn.Server):
        """Says where it listens, once it does."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            for one in self.servers:
                for listening in one.sockets:
                    name, number = listening.getsockname()[:2]
                    say(f"SendGrid's events are taken at http://{name}:{number}/events until stopped.")

    with session(home) as (settings, store):
        if settings.firm.mail.webhook_key is None:
            raise SettingsError(
                "firm.yaml: mail.webhook_key is missing: the public key that SendGrid shows beside its signed Event "
                "Webhook. Without it anybody could post events."
            )
        app = make_app(settings, store, Verifier(settings.firm.mail.webhook_key), now)
        _Server(uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False)).run()
