"""The database: transactions, queries, rehearsals and the writer's lock.

One transaction at a time (`begin`), and one way to read (`read`: a query file to a frame); bulk writing is in
sql/bulk.py. This module contains no business rules. Whoever reads no frames does not import pandas.
May touch: SQLAlchemy. Tests: tests/integration/sql/test_store.py, on both databases.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL, Engine, make_url

from sql.lock import ADVISORY_KEY, ONLY_READS, LockTaken, WriterLock
from tasks.domain.errors import RelanceError

if TYPE_CHECKING:
    import pandas as pd

QUERIES = Path(__file__).parent / "queries"
BUSY_SECONDS = 60
CACHE_KILOBYTES = 16_000  # a claim of a thousand messages exceeds SQLite's default of two megabytes
SECONDS_TO_WAIT_FOR_A_WRITER = 600
SECONDS_BETWEEN_LOOKS = 0.11  # who waits for SQLite's lock looks every tenth of a second
TRANSACTION_KEY = ADVISORY_KEY + 1

# 3.7.0 to 3.51.2 can corrupt a database whose WAL is reset under load; these releases have the fix.
# sqlite.org, "WAL-reset bug", read 2026-11.
WAL_IS_SAFE_FROM = {(3, 44): 6, (3, 50): 7, (3, 51): 3}


class StoreError(RelanceError):
    """The database cannot be used in its current state; the message says what to do."""


def sqlite_journal_mode(version: tuple[int, int, int]) -> str:
    """`WAL` if it is safe in this version of SQLite, else `DELETE`."""
    series, patch = version[:2], version[2]
    mended = WAL_IS_SAFE_FROM.get(series)
    return "WAL" if series > max(WAL_IS_SAFE_FROM) or (mended is not None and patch >= mended) else "DELETE"


@cache
def query(name: str) -> str:
    """Text of sql/queries/SUBJECT/NAME.sql without its comments, in which a colon would be taken for a parameter."""
    (path,) = QUERIES.glob(f"*/{name}.sql")
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


class Store:
    """One database. Grain of a transaction: one stage."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.engine = _engine(self.url)
        self._outer: Connection | None = None
        # Both databases let one transaction write at a time. Threads that wait for it here are woken when it is free;
        # those that wait in SQLite look again after a tenth of a second, those in PostgreSQL each hold a connection.
        self._writing = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded default, SQLite."""
        return self.engine.dialect.name == "sqlite"

    @property
    def is_within(self) -> bool:
        """Whether a `rehearsal` or `together` is open, which commits or rolls back everything at its end."""
        return self._outer is not None

    @property
    def shown_url(self) -> str:
        """The URL without its password, for logs."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def lock(self) -> WriterLock:
        """The lock for bulk writers: a run or an import (P9)."""
        return WriterLock(self.engine)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock, waiting for another holder.

        Raises:
            StoreError: another process held it for too long.
        """
        try:
            lock = self.lock().acquire(SECONDS_TO_WAIT_FOR_A_WRITER)
        except LockTaken:
            raise StoreError("A run or an import has been writing for ten minutes; try again later.") from None
        with lock:
            yield

    @contextmanager
    def begin(self, only_reads: bool = False) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back by an exception.

        Inside `rehearsal` or `together` it is a savepoint.

        Args:
            only_reads: nothing is written, so that on SQLite it does not wait for a writer.
        """
        if self._outer is not None:
            with self._outer.begin_nested():
                yield self._outer
        else:
            engine = self.engine.execution_options(**{ONLY_READS: only_reads})
            with nullcontext() if only_reads else self._writing, engine.begin() as connection:
                yield connection

    def let_others_write(self) -> None:
        """Pause between two parts of a long write, so that who waits to write is served: SQLite has no queue."""
        if self.is_sqlite and not self.is_within:
            time.sleep(SECONDS_BETWEEN_LOOKS)

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Run everything inside, then roll it back: a dry run shows exactly what the real run does."""
        with self.engine.connect() as connection:
            transaction = connection.begin()
            self._outer = connection
            try:
                yield
            finally:
                self._outer = None
                transaction.rollback()

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction for everything inside: all of it is committed at the end, or nothing."""
        if self._outer is not None:
            yield
            return
        with self.engine.begin() as connection:
            self._outer = connection
            try:
                yield
            finally:
                self._outer = None

    def read(self, name: str, **parameters: object) -> pd.DataFrame:
        """Rows of a query file as a frame, typed by column name (tasks/domain/frames.py).

        Args:
            name: the file's name without `.sql`.
            parameters: its named parameters.
        """
        from sql.bulk import read_frame

        with self.begin(only_reads=True) as connection:
            return read_frame(connection, query(name), parameters)

    def execute(self, name: str, **parameters: object) -> int:
        """Run one statement file in its own transaction and return the number of rows affected."""
        with self.begin() as connection:
            return connection.execute(text(query(name)), parameters).rowcount


def _engine(url: URL) -> Engine:
    return _postgresql(url) if url.get_backend_name() == "postgresql" else _sqlite(url)


def _postgresql(url: URL) -> Engine:
    engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # One writing transaction at a time, as in SQLite: two that touch the same rows in another order would end in a
        # deadlock, and one of them would be lost (DECISIONS.md, 77).
        if not connection.get_execution_options().get(ONLY_READS, False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TRANSACTION_KEY})")

    return engine


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN comes too late for a reader that later writes; it is replaced below.
        connection.isolation_level = None
        mode = sqlite_journal_mode(sqlite3.sqlite_version_info)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != mode.lower():
            connection.execute(f"PRAGMA journal_mode={mode}")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KILOBYTES}")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get(ONLY_READS, False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return engine


def iso(day: date | None) -> str | None:
    """A date as a parameter that works on both databases: as text, which SQLite compares correctly."""
    return None if day is None else day.isoformat()


def as_date(value: Any) -> date:
    """A date from a row of a SQL file: SQLite returns it as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def plain(instant: datetime) -> datetime:
    """An instant as the tables hold it: UTC, without its zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)
