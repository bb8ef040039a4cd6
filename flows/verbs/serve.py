"""`relance serve`: a Prefect server with all deployments of a home, until stopped.

May touch: flows/serving.py. Tests: tests/end_to_end/test_serve.py.
"""

import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path

from flows.prefect_settings import prefect_environment, roof_on_path
from flows.settings import now
from flows.verbs.session import say, session


def serve_deployments(home: Path, host: str, port: int) -> None:
    """Serve until stopped; SIGTERM and Ctrl-C end the server too.

    Raises:
        SettingsError: the server does not start.
    """
    is_elsewhere = "PREFECT_API_URL" in os.environ
    with session(home) as (settings, store):
        os.environ |= prefect_environment(home, host, port, os.environ)
        os.environ["PYTHONPATH"] = roof_on_path(os.environ)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        say("Starting Prefect (half a minute at most) …")
        # Prefect reads the environment when it is imported.
        from flows.serving import catch_up, deployments_of, mark_crashed, missed_night, own_server, run_until_stopped

        server = nullcontext(os.environ["PREFECT_API_URL"]) if is_elsewhere else own_server(home, host, port)
        with server as address:
            if crashed := mark_crashed(store):
                say(f"{crashed} runs were left by a process that died; they are marked as crashed.")
            missed = missed_night(settings, store, now())

            def told() -> None:
                if missed is not None:
                    catch_up("nightly")
                    say(f"The night of {missed} did not come; it is made up for now.")
                say(f"Serving {len(deployments)} deployments at {address} until stopped.")

            deployments = deployments_of(settings)
            run_until_stopped(deployments, told)
