"""The page's process, to be killed: forked from one in which everything is imported, or the command itself."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.home.settings import Settings
from tests.faults.dispatch import _be_the_child
from tests.faults.page.places import Trigger, watch

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60
GLANCE_SECONDS = 0.01


@dataclass
class Served:
    """A process that serves the page at `address`; `status` is how it ended, as waitpid says."""

    pid: int
    address: str
    status: int | None = None

    def poll(self) -> bool:
        """Whether it has ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def kill(self) -> None:
        """Kill it, and wait for its end."""
        if not self.poll():
            os.kill(self.pid, signal.SIGKILL)
        while not self.poll():
            time.sleep(GLANCE_SECONDS)

    @property
    def is_killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.status is not None and os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL


def warm_up() -> None:
    """Import what a server needs, and compile its pages, for the processes that are forked later."""
    import uvicorn.lifespan.on
    import uvicorn.loops.auto
    import uvicorn.protocols.http.auto
    import uvicorn.protocols.websockets.auto  # noqa: F401 - for its children

    import flows.web.server  # noqa: F401 - for its children
    from flows.web.render import environment, long_day
    from tasks.translations import read_words

    long_day(date(2026, 11, 24), "fr")
    read_words("fr")
    environment().get_template("page.html")
    environment().get_template("item.html")


def fork_server(settings: Settings, trigger: Trigger, folder: Path) -> Served:
    """Serve a home's page in a forked process, which dies where the trigger says."""
    from flows.web.server import serve_pages

    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)

        def serve() -> None:
            watch(trigger)
            with closing(settings.open_store()) as store:
                serve_pages(settings, store, "127.0.0.1", 0, lambda at: os.write(writing, f"{at}\n".encode()))

        _be_the_child(folder, serve)
    os.close(writing)
    with os.fdopen(reading) as said:
        address = said.readline().strip()
    assert address, [path.read_text(encoding="utf-8") for path in folder.glob("*.traceback")]
    return Served(pid, address)


def start_command(settings: Settings) -> Served:
    """Serve a home's page by `relance web`."""
    log = settings.home / "web.log"
    command = [sys.executable, "-m", "flows", "web", "--port", "0", "--home", str(settings.home)]
    environment = os.environ | {"RELANCE_DATABASE_URL": settings.database_url.get_secret_value()}
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, stderr=said, env=environment)
    process.returncode = 0  # this module waits for it by its number
    last = time.monotonic() + PATIENCE_SECONDS
    while not (found := re.search(rb"served at (http://\S+)", log.read_bytes())):
        assert time.monotonic() < last, log.read_text(encoding="utf-8")
        time.sleep(GLANCE_SECONDS)
    return Served(process.pid, found[1].decode())


def wait_for_examinations(home: Path) -> None:
    """Wait until no process examines a file of this home any more: those of a killed server go on for a moment."""
    last = time.monotonic() + PATIENCE_SECONDS
    while any(str(home) in line and "inspection" in line for line in _commands()):
        assert time.monotonic() < last, "an examination does not end"
        time.sleep(GLANCE_SECONDS)


def _commands() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found
