"""One home's Prefect server: start, restart and stop it; and a small client for any Prefect server.

The client uses HTTP with httpx, so that `relance doctor` need not import Prefect (three seconds).
May touch: the home's prefect/ folder, processes, httpx. Tests: tests/unit/server/test_server_watch.py, tests/serve/.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from filelock import FileLock, Timeout

from flows.home.errors import SettingsError
from flows.server.environment import AUTH, SERVER_AUTH

SECONDS_TO_START = 120
SECONDS_TO_STOP = 20
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_ANSWER = 10.0


class ServerUnreachable(Exception):
    """No Prefect server answers at that address."""


@dataclass(frozen=True)
class PrefectApi:
    """A client of a Prefect server's HTTP API.

    Attributes:
        url: the API's URL, such as http://127.0.0.1:4200/api.
        auth: USER:PASSWORD if the server requires one, else None.
    """

    url: str
    auth: str | None = None

    @classmethod
    def of(cls, url: str, environment: Mapping[str, str]) -> "PrefectApi":
        """The server at `url`, with the password from the operator's environment."""
        return cls(url, environment.get(AUTH) or environment.get(SERVER_AUTH))

    def is_healthy(self) -> bool:
        """Whether the server answers."""
        try:
            return httpx.get(f"{self.url}/health", trust_env=False, timeout=SECONDS_TO_ANSWER).is_success
        except httpx.TransportError:
            return False

    def next_run_at(self, deployment: str) -> datetime | None:
        """The start of the next scheduled run of a deployment; None if it is not deployed or has no scheduled run.

        Raises:
            ServerUnreachable: the server does not answer, or rejects the password.
        """
        found = self._ask("GET", f"deployments/name/{deployment}/{deployment}")
        if found is None:
            return None
        wanted = {
            "sort": "EXPECTED_START_TIME_ASC",
            "limit": 1,
            "flow_runs": {
                "deployment_id": {"any_": [found["id"]]},
                "state": {"type": {"any_": ["SCHEDULED"]}},
            },
        }
        runs = self._ask("POST", "flow_runs/filter", wanted)
        return datetime.fromisoformat(runs[0]["expected_start_time"]) if runs else None

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        access = tuple(self.auth.split(":", 1)) if self.auth and ":" in self.auth else None
        try:
            with httpx.Client(trust_env=False, timeout=SECONDS_TO_ANSWER, auth=access) as client:  # type: ignore[arg-type]
                answer = client.request(method, f"{self.url}/{path}", json=body, headers=self._csrf(client))
        except httpx.TransportError as error:
            raise ServerUnreachable(f"{self.url} does not answer: {type(error).__name__}") from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise ServerUnreachable(f"{self.url} answers {answer.status_code} to {path}")
        return answer.json()

    def _csrf(self, client: httpx.Client) -> dict[str, str]:
        """The header that a server with CSRF protection requires; empty if it has none."""
        token = client.get(f"{self.url}/csrf-token", params={"client": "relance"})
        if not token.is_success:
            return {}
        return {"Prefect-Csrf-Token": token.json()["token"], "Prefect-Csrf-Client": "relance"}


class OwnServer:
    """A Prefect server that this process starts and stops, for one home."""

    def __init__(self, home: Path, host: str, port: int) -> None:
        self.address = f"http://{host}:{port}"
        self.log = home / "prefect" / "server.log"
        self._command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            SettingsError: it does not start.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(self._command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)  # noqa: S603 - this Python, and numbers
        api = PrefectApi(f"{self.address}/api")
        last = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < last:
            if not self.is_alive():
                raise SettingsError(f"The Prefect server ended at its start; {self.log} says why. Is the port taken?")
            if api.is_healthy():
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)
        self.stop()
        raise SettingsError(f"The Prefect server did not start in {SECONDS_TO_START} seconds; {self.log} says why.")

    def is_alive(self) -> bool:
        """Whether its process is running."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop it, by force if it does not stop in time."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def serving_alone(home: Path, api_url: str) -> Iterator[None]:
    """Hold the lock on serving a home, and record the API's URL for `relance doctor`.

    Raises:
        SettingsError: another process is serving this home.
    """
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    lock, note = FileLock(folder / "serve.lock"), folder / "serving.json"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        served = served_at(home)
        raise SettingsError(
            f"Another `relance serve` serves this home{f' at {served}' if served else ''}. Stop it first."
        ) from None
    try:
        note.write_text(json.dumps({"api_url": api_url}), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def served_at(home: Path) -> str | None:
    """The API URL that `relance serve` recorded for this home; None if the home is not being served."""
    try:
        found = json.loads((home / "prefect" / "serving.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(found["api_url"]) if isinstance(found, dict) and "api_url" in found else None
