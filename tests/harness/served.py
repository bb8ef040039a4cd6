"""`relance serve` in a process of its own, and what one asks its Prefect server over HTTP."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

SECONDS_TO_END = 40


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def clean_environment(**settings: str) -> dict[str, str]:
    """This process's environment without what is set for Prefect or Relance, and with `settings`."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT", "RELANCE"))} | settings


def wait_until(is_so: Callable[[], Any], seconds: float, otherwise: Callable[[], object]) -> Any:
    """What `is_so` gives once it gives something; asked every second.

    Raises:
        AssertionError: it gave nothing in time; with what `otherwise` says.
    """
    last = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < last, otherwise()
        time.sleep(1)
    return found


class PrefectServer:
    """A Prefect server, asked as Prefect's own clients do: with a CSRF token, and again where it says 503.

    It says so where its database is locked, and has done nothing then.
    """

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def post(self, path: str, body: object) -> httpx.Response:
        client = {"client": "tests"}
        answer = httpx.get(f"{self.address}/api/csrf-token", params=client, trust_env=False)
        headers = {"Prefect-Csrf-Client": "tests"}
        if answer.is_success:
            headers["Prefect-Csrf-Token"] = answer.json()["token"]
        for wait in (1, 2, 4, 8, None):
            answer = httpx.post(f"{self.address}/api/{path}", json=body, headers=headers, trust_env=False, timeout=30)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or wait is None:
                break
            time.sleep(wait)
        return answer

    def ask(self, path: str, **body: object) -> Any:
        return self.post(path, body).json()

    def states(self) -> list[tuple[str, str]]:
        # A server whose scheduler works holds hundreds of runs to come, which would fill the page.
        begun = {"state": {"type": {"not_any_": ["SCHEDULED"]}}}
        runs = self.ask("flow_runs/filter", sort="START_TIME_DESC", flow_runs=begun)
        return [(run["name"], run["state_type"]) for run in runs]

    def deployment(self, name: str) -> dict[str, Any]:
        (found,) = [one for one in self.ask("deployments/filter") if one["name"] == name]
        return found

    def completed(self, name: str) -> list[dict[str, Any]]:
        """Completed runs of a deployment: others, such as dispatch, come by themselves meanwhile."""
        wanted = {"deployment_id": {"any_": [self.deployment(name)["id"]]}, "state": {"type": {"any_": ["COMPLETED"]}}}
        return self.ask("flow_runs/filter", flow_runs=wanted)

    def run_every_minute(self, name: str) -> None:
        """Give a deployment a schedule of every minute, beside its own."""
        schedule = {"active": True, "schedule": {"cron": "* * * * *", "timezone": "UTC"}}
        answer = self.post(f"deployments/{self.deployment(name)['id']}/schedules", [schedule])
        assert answer.is_success, answer.text

    def completed_by_itself(self, since: str) -> list[dict[str, Any]]:
        """Runs that the scheduler made, not a person, that started after `since` and completed."""
        wanted = {"auto_scheduled": True}
        runs = self.ask(
            "flow_runs/filter", sort="START_TIME_DESC", flow_runs={"state": {"type": {"any_": ["COMPLETED"]}}}
        )
        return [run for run in runs if wanted.items() <= run.items() and run["start_time"] > since]


class Served(PrefectServer):
    """A process that serves a home; `said` grows with what it prints to standard error."""

    def __init__(self, home: Path, port: int, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(port)
        self.home, self.said = home, []
        command = [sys.executable, "-m", "flows", "serve", "--home", str(home), "--port", str(port)]
        began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            env=clean_environment(**(settings or {})),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        self._ready.wait()
        self.seconds = time.monotonic() - began

    def _listen(self) -> None:
        with self.process.stderr as lines:
            for line in lines:
                self.said.append(line)
                if line.startswith("Serving"):
                    self._ready.set()
        self._ready.set()

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=SECONDS_TO_END)


@contextmanager
def serving(home: Path, port: int, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    served = Served(home, port, settings)
    try:
        yield served
    finally:
        end_group(served.process)


def end_group(process: "subprocess.Popen[Any]") -> None:
    """End a process and whatever it left behind."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            time.sleep(0.5)
        except ProcessLookupError:
            break
    process.wait()
