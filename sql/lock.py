"""The writer's lock: one run or import at a time; the operating system releases it if its holder dies (P9, O5).

SQLite: a lock on a file next to the database. PostgreSQL: an advisory lock held by one session.
May touch: filelock, SQLAlchemy. Tests: tests/integration/sql/test_lock.py.
"""

import time
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text

# Any number, as long as nothing else in the database uses it.
ADVISORY_KEY = 0x52454C414E4345
# Execution option of a connection that writes nothing (sql/store.py).
ONLY_READS = "relance_only_reads"
SECONDS_BETWEEN_TRIES = 0.1
# The session of a killed process lasts until the server notices the closed socket: moments, longer on a busy machine.
SECONDS_TO_NOTICE_A_DEATH = 2.0


class LockTaken(Exception):
    """Another process is writing."""


class WriterLock:
    """The lock, held between `acquire` and `release`, or within a `with` block."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._file: FileLock | None = None
        self._session: Connection | None = None

    def acquire(self, wait_seconds: float = 0) -> Self:
        """Acquire the lock.

        Args:
            wait_seconds: how long to wait for another holder; on PostgreSQL at least as long as the server needs to
                notice that the last holder died.

        Raises:
            LockTaken: it is still held after that time.
        """
        if self._engine.dialect.name == "sqlite":
            # For a database given as a URI (`file:PATH`), the lock file is next to the path, as for a plain path.
            self._file = FileLock(f"{(self._engine.url.database or '').removeprefix('file:')}.lock")
            try:
                self._file.acquire(timeout=wait_seconds)
            except Timeout:
                raise LockTaken from None
            return self
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", ONLY_READS: True}
        session = self._engine.connect().execution_options(**options)
        until = time.monotonic() + max(wait_seconds, SECONDS_TO_NOTICE_A_DEATH)
        while not session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_KEY}).scalar_one():
            if time.monotonic() >= until:
                session.close()
                raise LockTaken
            time.sleep(SECONDS_BETWEEN_TRIES)
        self._session = session
        return self

    def release(self) -> None:
        """Release the lock; does nothing if it is not held."""
        if self._file is not None:
            self._file.release()
        if self._session is not None:
            self._session.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_KEY})
            self._session.close()
        self._file = self._session = None

    def __enter__(self) -> Self:
        if self._file is None and self._session is None:
            self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
