"""Has the product's jobs done by a process of its own: the pages load neither pandas nor anything else that jobs need.

It is started at the first act, has one job done at a time, and is started anew if it dies.
May touch: processes. Tests: tests/integration/desk/test_desk_worker.py.
"""

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from tasks.domain.errors import RelanceError

SECONDS = 120
JOBS = "flows.jobs.desk"  # with a module for each kind of thing that is acted on


class WorkerGone(Exception):
    """The process died or took too long: what was asked may or may not be done."""


class JobRefused(RelanceError):
    """A job said no; the message says why."""


class Jobs(Protocol):
    """Whatever has jobs done."""

    def do(self, job: str, **given: Any) -> Any:
        """Have a function of flows/jobs/desk/, named like `tasks.accept`, called with the home's settings and store.

        Raises:
            JobRefused: the job said no.
            WorkerGone: nobody knows.
        """


class Worker:
    """A process that does the jobs of one home."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def do(self, job: str, **given: Any) -> Any:
        """As `Jobs.do`."""
        try:
            refused, answer = self._running().submit(_do, str(self._home), job, given).result(SECONDS)
        except (BrokenProcessPool, TimeoutError) as error:
            self.close()
            raise WorkerGone from error
        if refused:
            raise JobRefused(str(answer))
        return answer

    def warm_up(self) -> None:
        """Have the process started, so that the first act need not wait for it."""
        self._running().submit(_of_home, str(self._home))

    def processes(self) -> list[int]:
        """The numbers of its processes."""
        with self._lock:
            return [] if self._pool is None else list(self._pool._processes or {})  # noqa: SLF001

    def close(self) -> None:
        """End the process."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):  # noqa: SLF001 - a stuck job is ended, not awaited
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)

    def _running(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
            return self._pool


_homes: dict[str, tuple[Any, Any]] = {}


def _of_home(home: str) -> tuple[Any, Any]:
    """Within the process: the settings and the open store of a home."""
    from flows.home.settings import load_settings

    import_module(f"{JOBS}.tasks")
    if home not in _homes:
        settings = load_settings(Path(home), os.environ)
        _homes[home] = settings, settings.open_store()
    return _homes[home]


def _do(home: str, job: str, given: Mapping[str, Any]) -> tuple[bool, Any]:
    """Within the process: do a job; what it refuses is an answer, too."""
    settings, store = _of_home(home)
    try:
        return False, job_named(job)(settings, store, **given)
    except RelanceError as error:
        return True, str(error)


def job_named(job: str) -> Callable[..., Any]:
    """The function that a job is the name of."""
    module, _, name = job.partition(".")
    found: Callable[..., Any] = getattr(import_module(f"{JOBS}.{module}"), name)
    return found
