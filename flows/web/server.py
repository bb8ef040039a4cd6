"""Serves the application of one home until it is stopped.

May touch: uvicorn, settings, processes. Tests: tests/integration/web/test_web_server.py.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn

from flows.home.clock import now
from flows.home.errors import SettingsError
from flows.home.settings import Settings
from flows.web.app import make_app
from flows.web.context import Web
from flows.web.desk.worker import Worker
from flows.web.events import Verifier
from sql.store import Store
from tasks.requests.page.uploads import sweep

ROOT = str(Path(__file__).resolve().parents[2])
# Longer than web servers keep their idle connections (Caddy two minutes, nginx one): who closes first while the other
# sends loses a request.
KEEP_ALIVE_SECONDS = 150
SEND = "import sys; sys.path.insert(0, sys.argv.pop(1)); from flows.cli import relance; relance()"


class Server(uvicorn.Server):
    """Says its address once it is listening."""

    def __init__(self, config: uvicorn.Config, say: Callable[[str], None]) -> None:
        super().__init__(config)
        self._say = say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        for one in self.servers:
            for listening in one.sockets:
                name, number = listening.getsockname()[:2]
                self._say(f"http://{name}:{number}")


def serve_pages(settings: Settings, store: Store, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the pages of a home until stopped.

    Args:
        settings: the home's.
        store: its database.
        host: the address to listen on.
        port: the port to listen on; 0 for any free one.
        say: prints the address once the server listens.

    Raises:
        SettingsError: firm.yaml has an invalid key for SendGrid's events.
    """
    sweep(store, settings.documents, now())
    key = settings.firm.mail.webhook_key
    web = Web(
        settings,
        store,
        settings.web_key(),
        now,
        sender_of(settings.home),
        settings.renderer,
        jobs=Worker(settings.home),
        start_work=starter_of(settings.home),
    )
    app = make_app(web, None if key is None else Verifier(key))
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        proxy_headers=True,
        forwarded_allow_ips=settings.firm.web.proxies,
    )
    Server(config, say).run()


def check_events(settings: Settings) -> None:
    """Check that a home can verify SendGrid's events.

    Raises:
        SettingsError: firm.yaml has no key.
    """
    if settings.firm.mail.webhook_key is None:
        raise SettingsError(
            "firm.yaml: mail.webhook_key is missing: the public key that SendGrid shows beside its signed Event "
            "Webhook. Without it anybody could post events."
        )


def sender_of(home: Path) -> Callable[[], None]:
    """Has waiting messages sent at once by a process of its own: sending needs what the pages do not load."""

    def send_now() -> None:
        _launch(home, "dispatch", "--immediate")

    return send_now


def starter_of(home: Path) -> Callable[[int], None]:
    """Has a work of the desk done by a process of its own, which outlives the one that serves the pages."""

    def start_work(work_id: int) -> None:
        _launch(home, "desk", "work", str(work_id))

    return start_work


def _launch(home: Path, *words: str) -> None:
    command = [sys.executable, "-c", SEND, ROOT, *words, "--home", str(home.resolve())]
    subprocess.Popen(  # noqa: S603 - our own interpreter and our own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
        start_new_session=True,
    )
