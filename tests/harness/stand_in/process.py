"""The stand-in as tests hold it: a process of its own, and everything that a test may ask of it."""

import contextlib
import dataclasses
import http.client
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import journal
from .faults import Fault

KEY = "SG.stand-in"
FOLDER = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class SignedPost:
    """A request of the Event Webhook, ready to be posted."""

    body: bytes
    headers: dict[str, str]


class StandIn:
    """SendGrid on loopback.

    Args:
        path: the journal's file; what an earlier stand-in wrote there is known again.
        now: a clock that stands still until `advance`, as an instant or seconds since 1970; None: the real one.
        port: 0 is any free one.
        keys: the API keys that are taken.
        fsync: whether every line is on the disk before its answer leaves.
    """

    def __init__(
        self,
        path: Path,
        now: datetime | int | None = None,
        port: int = 0,
        keys: Iterable[str] = (KEY,),
        fsync: bool = True,
    ) -> None:
        self.journal = path
        self.port = port
        self._now = None if now is None else _epoch(now)
        self._keys = list(keys)
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens: what SENDGRID_HOST, or a client's base_url, is set to."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, on the port it had before."""
        command = [sys.executable, "-m", "stand_in", "--journal", str(self.journal.absolute())]
        command += ["--port", str(self.port), "--fsync" if self._fsync else "--no-fsync"]
        command += [] if self._now is None else ["--now", str(self._now)]
        command += [f"--key={key}" for key in self._keys]
        self._process = subprocess.Popen(command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            self.stop()
            raise RuntimeError("The stand-in did not start; what it said is above.")
        self.port = json.loads(said)["port"]

    def stop(self) -> None:
        """End it in order."""
        self._end(is_killed=False)

    def kill(self) -> None:
        """End it as a power cut does; `start` takes it up again from its journal."""
        self._end(is_killed=True)

    def advance(self, to: datetime | int) -> dict[str, Any]:
        """Move the clock forward, and deliver what was scheduled until then; the state afterwards."""
        return self.control(f"advance?to={_epoch(to)}")

    def state(self) -> dict[str, Any]:
        """now, and how many batches, stops, held requests, and mails of each status there are."""
        return self.control("state")

    def set(self, **settings: Any) -> None:
        """Change Settings: latency_ms, hide_cancels, late_cancel, logs_lag, keep_bodies."""
        self.control("settings", settings)

    def faults(self, *faults: Fault, seed: int = 0) -> None:
        """From now on these befall what they concern, beside those set before."""
        self.control("faults", {"faults": [dataclasses.asdict(fault) for fault in faults], "seed": seed})

    def clear_faults(self) -> None:
        """From now on nothing does."""
        self.control("clear")

    def release(self) -> None:
        """Carry out the requests that are held; all of them are when this returns."""
        self.control("release")

    def suppress(self, kind: str, email: str, **values: Any) -> None:
        """Put an address on a list; created, reason, status and ip may be given."""
        self.control("suppressions", {"list": kind, "email": email} | values)

    def events(self, event: str, message_ids: Iterable[object] | None = None, **asked: Any) -> list[SignedPost]:
        """Signed posts of the Event Webhook: see events.posts for copies, seed, per_post and at."""
        ids = None if message_ids is None else [str(one) for one in message_ids]
        posts = self.control("events", {"event": event, "message_ids": ids} | asked)["posts"]
        return [SignedPost(post["body"].encode(), post["headers"]) for post in posts]

    def public_key(self) -> str:
        """What verifies those posts."""
        return str(self.control("public_key")["public_key"])

    def deliveries(self) -> Counter[journal.MessageId]:
        """How many mails reached an inbox, by message_id."""
        return journal.deliveries(self.journal)

    def accepted(self) -> Counter[journal.MessageId]:
        """How many mails were taken, by message_id."""
        return journal.accepted(self.journal)

    def requests(self) -> list[journal.Line]:
        """The requests that were taken."""
        return journal.requests(self.journal)

    def calls(self) -> list[journal.Line]:
        """Every request."""
        return journal.calls(self.journal)

    def body(self, request_id: str) -> Any:
        """A taken request's body, where the setting keep_bodies was on."""
        return json.loads((self.journal.with_suffix(".bodies") / f"{request_id}.json").read_bytes())

    def control(self, wish: str, asked: object = None) -> dict[str, Any]:
        """POST /_control/WISH."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", f"/_control/{wish}", json.dumps(asked or {}))
            response = connection.getresponse()
            found: dict[str, Any] = json.loads(response.read())
        if response.status != http.client.OK:
            raise ValueError(found["problem"])
        return found

    def _end(self, is_killed: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if is_killed:
            process.kill()
        # Its input ends with this block, and so does it.
        with process:
            pass


def _epoch(instant: datetime | int) -> int:
    return int(instant.timestamp()) if isinstance(instant, datetime) else instant
