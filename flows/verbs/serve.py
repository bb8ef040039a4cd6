"""`relance serve`: a Prefect server with all deployments of a home, until stopped.

May touch: flows/serving.py. Tests: tests/end_to_end/test_serve.py, tests/serve/.
"""

import os
import signal
import sys
from pathlib import Path

from flows.prefect_server import OwnServer, PrefectApi, serving_alone
from flows.prefect_settings import prefect_environment, roof_on_path
from flows.server_watch import ErrorLog, ServerWatch, missed_night
from flows.settings import Settings, now
from flows.verbs.session import say, session
from sql.store import Store


def serve_deployments(home: Path, host: str, port: int) -> None:
    """Serve until stopped; SIGTERM and Ctrl-C end the server too.

    Raises:
        SettingsError: the server does not start, schedules no night, or another process serves this home.
    """
    is_elsewhere = "PREFECT_API_URL" in os.environ
    with session(home) as (settings, store):
        os.environ |= prefect_environment(home, host, port, os.environ)
        os.environ["PYTHONPATH"] = roof_on_path(os.environ)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        api = PrefectApi.of(os.environ["PREFECT_API_URL"], os.environ)
        own_server = None if is_elsewhere else OwnServer(home, host, port)
        with serving_alone(home, api.url):
            errors = ErrorLog(own_server.log) if own_server else None
            watch = ServerWatch(store, settings.firm.zone, api, own_server, errors, _start_night, _log, now())
            _serve(settings, store, watch)


def _serve(settings: Settings, store: Store, watch: ServerWatch) -> None:
    say("Starting Prefect (half a minute at most) …")
    try:
        if watch.own_server is not None:
            watch.own_server.start()
        # Prefect reads the environment when it is imported.
        from flows.serving import Serving, deployments_of, mark_crashed

        if crashed := mark_crashed(store):
            say(f"{crashed} runs were left by a process that died; they are marked as crashed.")
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
    from flows.serving import catch_up

    catch_up("nightly")


def _log(sentence: str) -> None:
    """A line for the operator's log, which has no time of its own where it is a terminal."""
    say(f"{now():%Y-%m-%d %H:%M:%SZ} {sentence}")
