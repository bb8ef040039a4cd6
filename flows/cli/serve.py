"""`relance serve`: a Prefect server with all deployments of a home, until stopped.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import home
from flows.cli.outbox import EVENTS_PORT, PREFECT_PORT
from flows.cli.output import say, session

if TYPE_CHECKING:
    from flows.home.settings import Settings
    from flows.server.watch import ServerWatch
    from sql.store import Store


@click.command()
@click.option("--events", "only_events", is_flag=True, help="Take SendGrid's signed events at /events instead.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: 4200, with --events 8025.")
@home
def serve(only_events: bool, host: str, port: int | None, home: Path) -> None:
    """Serve Prefect with all deployments until stopped; with --events, serve SendGrid's Event Webhook instead.

    Example: relance serve
    """
    if only_events:
        from flows.cli.events import serve_events

        serve_events(home, host, EVENTS_PORT if port is None else port)
    else:
        serve_deployments(home, host, PREFECT_PORT if port is None else port)


def serve_deployments(home: Path, host: str, port: int) -> None:
    """Serve until stopped; SIGTERM and Ctrl-C also stop the server.

    Raises:
        SettingsError: the server does not start or schedules no night, or another process is serving this home.
    """
    from flows.home.clock import now
    from flows.server.environment import path_of_packages, prefect_environment
    from flows.server.prefect_server import OwnServer, PrefectApi, serving_alone
    from flows.server.watch import ErrorLog, ServerWatch

    is_elsewhere = "PREFECT_API_URL" in os.environ
    with session(home) as (settings, store):
        os.environ |= prefect_environment(home, host, port, os.environ)
        os.environ["PYTHONPATH"] = path_of_packages(os.environ)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        api = PrefectApi.of(os.environ["PREFECT_API_URL"], os.environ)
        own_server = None if is_elsewhere else OwnServer(home, host, port)
        with serving_alone(home, api.url):
            errors = ErrorLog(own_server.log) if own_server else None
            watch = ServerWatch(store, settings.firm.zone, api, own_server, errors, _start_night, _log, now())
            _serve(settings, store, watch)


def _serve(settings: Settings, store: Store, watch: ServerWatch) -> None:
    from flows.home.clock import now
    from flows.server.watch import missed_night

    say("Starting Prefect (half a minute at most) …")
    try:
        if watch.own_server is not None:
            watch.own_server.start()
        # Prefect reads its environment on import.
        from flows.server.serve import Serving, deployments_of, mark_crashed

        if crashed := mark_crashed(store):
            say(f"{crashed} runs were left by a process that died; they are now marked as crashed.")
        missed = missed_night(store, settings.firm.zone, now(), now())
        deployments = deployments_of(settings)

        def announce() -> None:
            if missed is not None:
                _start_night()
                say(f"The night of {missed} did not come; it is made up for now.")
            address = watch.own_server.address if watch.own_server else watch.api.url
            say(f"Serving {len(deployments)} deployments at {address} until stopped.")

        Serving(deployments, announce, watch).run_until_stopped()
    finally:
        if watch.own_server is not None:
            watch.own_server.stop()


def _start_night() -> None:
    from flows.server.serve import catch_up

    catch_up("nightly")


def _log(sentence: str) -> None:
    """Print a line for the operator, with the time, which a terminal does not add."""
    from flows.home.clock import now

    say(f"{now():%Y-%m-%d %H:%M:%SZ} {sentence}")
