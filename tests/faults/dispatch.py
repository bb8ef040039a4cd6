"""A dispatch in a process of its own, forked from one in which everything is imported already.

Nothing that a child could share by mistake may be open when it is forked: no connection, no client, no thread.
"""

import gc
import logging
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from flows.home.settings import Settings
from tests.faults.broken import break_product
from tests.faults.clock import SharedClock
from tests.faults.firm import DAY
from tests.faults.places import Passages, Strike, watch

DONE, FAILED, REFUSED, DATABASE_GONE = 0, 1, 3, 4
PATIENCE_SECONDS = 90
GLANCE_SECONDS = 0.001


@dataclass(frozen=True)
class Order:
    """What a dispatch is to do.

    Attributes:
        settings, clock: the firm's.
        batch: rows a claim.
        total_seconds: a request may take, None for the product's own patience.
        folder: where a traceback is left.
        broken: how the product is broken, for a proof of the proof; empty: not at all.
    """

    settings: Settings
    clock: SharedClock
    batch: int
    folder: Path
    total_seconds: float | None = None
    broken: str = ""


@dataclass
class Child:
    """A dispatch under way, or ended.

    Attributes:
        pid: its process.
        ready: a pipe that gets a byte when it begins, and ends with it.
        status: how it ended, as waitpid says; None while it has not.
    """

    pid: int
    ready: int = field(repr=False)
    status: int | None = None

    def poll(self, options: int = 0) -> bool:
        """Whether it has ended, or stopped where the options say so."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG | options)
            if pid and os.WIFSTOPPED(status):
                return True
            if pid:
                self.status = status
                os.close(self.ready)
        return self.status is not None

    def wait(self, options: int = 0) -> None:
        """Until it has ended; one that takes too long is ended, and FAILED."""
        last = time.monotonic() + PATIENCE_SECONDS
        while not self.poll(options):
            if time.monotonic() > last:
                self.strike(signal.SIGABRT)
                last += PATIENCE_SECONDS
            time.sleep(GLANCE_SECONDS)

    def wait_until_stopped(self) -> bool:
        """Until it has stopped itself (true), or ended."""
        self.wait(os.WUNTRACED)
        return self.status is None

    def wait_until_ready(self) -> None:
        """Until it begins to deliver, or has ended."""
        os.read(self.ready, 1)

    def strike(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if not self.poll():
            os.kill(self.pid, number)

    def put_down(self) -> None:
        """End it, asleep or awake."""
        self.strike(signal.SIGKILL)
        self.wait()

    @property
    def is_killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.status is not None and os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL

    @property
    def code(self) -> int:
        """Its exit code; FAILED for every signal but SIGKILL."""
        assert self.status is not None
        return os.WEXITSTATUS(self.status) if os.WIFEXITED(self.status) else FAILED


def warm_up() -> None:
    """Import what a dispatch needs, and keep what its children would make anew."""
    import httpcore  # noqa: F401 - for its children
    import psycopg  # noqa: F401 - for its children
    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401 - for its children
    from httpx._transports import default

    import tasks.mail.transport.payload
    import tasks.mail.transport.sendgrid_service  # noqa: F401 - for its children

    # A server that falls over is no news here; what ends a dispatch is in its traceback.
    logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())
    default.create_ssl_context = cache(default.create_ssl_context)  # type: ignore[assignment]
    default.create_ssl_context(verify=True, cert=None, trust_env=False)
    gc.collect()
    gc.freeze()


def fork(order: Order, strikes: Sequence[Strike] = ()) -> Child:
    """Start a dispatch."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Child(pid, reading)
    os.close(reading)
    _be_the_child(order.folder, lambda: _deliver(order, strikes, writing))
    raise AssertionError("a child never comes back")


def in_a_child(folder: Path, do: Callable[[], object]) -> None:
    """Do something in a process of its own, for what it would leave open in this one.

    Raises:
        RuntimeError: it failed; its traceback is in the folder.
    """
    pid = os.fork()
    if not pid:
        _be_the_child(folder, do)
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError("\n".join(tracebacks(folder)))


def tracebacks(folder: Path) -> list[str]:
    """What failed children left there."""
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.traceback"))]


def _be_the_child(folder: Path, do: Callable[[], object]) -> None:
    from sqlalchemy.exc import DBAPIError

    from tasks.mail.transport.base import TransportError

    code = FAILED
    try:
        do()
        code = DONE
    except TransportError:
        code = REFUSED
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        code = DATABASE_GONE if isinstance(error, DBAPIError) else FAILED
        (folder / f"{os.getpid()}.traceback").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def _deliver(order: Order, strikes: Sequence[Strike], ready: int) -> None:
    """One dispatch, as the night makes it."""
    import tasks.mail.delivery.deliver
    import tasks.mail.transport.sendgrid
    from flows.home import outgoing
    from tasks.mail.delivery.pauses import resume

    watch(Passages(strikes))
    break_product(order.broken)
    changed: dict[str, Any] = {"now": order.clock}
    vars(outgoing).update(changed)
    tasks.mail.delivery.deliver.MAILS_A_BATCH = order.batch
    if order.total_seconds is not None:
        tasks.mail.transport.sendgrid.TOTAL_SECONDS = order.total_seconds
    with closing(order.settings.open_store()) as store, outgoing.open_outgoing(order.settings, store) as post:
        # Where it storms, sending is paused again and again, and a person lets it go on each time.
        resume(store, order.clock())
        patient = replace(post, transport=replace(post.transport, wait=order.clock.turn))  # type: ignore[type-var]
        os.write(ready, b"!")
        tasks.mail.delivery.deliver.deliver(store, patient, order.settings.templates, as_of=DAY, clock=order.clock)
