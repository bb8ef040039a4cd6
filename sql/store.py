"""The database, as a resource with a life: transactions, frames in and out, and the writer's lock.

One way in (`load`: COPY on PostgreSQL, one executemany on SQLite), one way out (`read`: a query file to a
frame), one transaction at a time (`begin`). No rule of the product lives here.
May touch: SQLAlchemy, pyarrow, pandas. Tests: tests/integration/test_store.py, on both databases.
"""

import io
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Connection, MetaData, Table, create_engine, event, func, select, text
from sqlalchemy.engine import URL, Engine, make_url

from sql.lock import WriterLock
from tasks.domain import frames

QUERIES = Path(__file__).parent / "queries"
ROWS_A_CHUNK = 50_000
BUSY_SECONDS = 60

# 3.7.0 to 3.51.2 can corrupt a database whose WAL is reset under load; these releases have the mend.
# sqlite.org, "WAL-reset bug", read 2026-11.
WAL_IS_SAFE_FROM = {(3, 44): 6, (3, 50): 7, (3, 51): 3}


class StoreError(Exception):
    """The database cannot be used as it is; the message says what to do."""


def sqlite_journal_mode(version: tuple[int, int, int]) -> str:
    """`WAL` where this SQLite's WAL is safe, else `DELETE`."""
    series, patch = version[:2], version[2]
    mended = WAL_IS_SAFE_FROM.get(series)
    return "WAL" if series > max(WAL_IS_SAFE_FROM) or (mended is not None and patch >= mended) else "DELETE"


@cache
def query(name: str) -> str:
    """Text of sql/queries/NAME.sql, without its comments: a colon in one would be taken for a parameter."""
    lines = (QUERIES / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


class Store:
    """One database. Grain of a transaction: one room."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.engine = _engine(self.url)
        self._rehearsal: Connection | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded default."""
        return self.engine.dialect.name == "sqlite"

    @property
    def shown_url(self) -> str:
        """The URL without its password, fit for a log."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def lock(self) -> WriterLock:
        """The lock of whoever writes in bulk: a night or an import (P9)."""
        return WriterLock(self.engine)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back by an exception.

        Within `rehearsal` it is a savepoint of the rehearsal's own transaction.
        """
        if self._rehearsal is not None:
            with self._rehearsal.begin_nested():
                yield self._rehearsal
        else:
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Let everything within happen, then undo it: what a dry run shows is what the real run does."""
        with self.engine.connect() as connection:
            transaction = connection.begin()
            self._rehearsal = connection
            try:
                yield
            finally:
                self._rehearsal = None
                transaction.rollback()

    def read(self, name: str, **parameters: object) -> pd.DataFrame:
        """Rows of a query file as a frame, typed by column name (tasks/domain/frames.py).

        Args:
            name: the file's name without `.sql`.
            parameters: its named parameters.
        """
        with self.begin() as connection:
            return read_frame(connection, query(name), parameters)

    def execute(self, name: str, **parameters: object) -> int:
        """Run one statement file in a transaction of its own and say how many rows it touched."""
        with self.begin() as connection:
            return connection.execute(text(query(name)), parameters).rowcount

    def count(self, table: Table) -> int:
        """Number of rows of a table."""
        with self.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN comes too late for a reader that goes on to write; ours comes below.
        connection.isolation_level = None
        mode = sqlite_journal_mode(sqlite3.sqlite_version_info)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != mode.lower():
            connection.execute(f"PRAGMA journal_mode={mode}")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def read_frame(connection: Connection, sql: str, parameters: Mapping[str, object]) -> pd.DataFrame:
    """Rows of a SELECT as a frame of `str`, int, bool and datetime64[s] columns, read in chunks.

    Arrow columns are built chunk by chunk: a million rows of Python objects at once would cost a gigabyte.
    """
    result = connection.execute(text(sql), dict(parameters), execution_options={"stream_results": True})
    names = list(result.keys())
    chunks: list[list[pa.Array]] = []
    for rows in result.partitions(ROWS_A_CHUNK):
        columns = zip(*rows, strict=True)
        chunks.append([_arrow(name, values) for name, values in zip(names, columns, strict=True)])
    if not chunks:
        return frames.empty(names)
    return pd.DataFrame({name: _series([chunk[i] for chunk in chunks]) for i, name in enumerate(names)}, copy=False)


def _arrow(name: str, values: tuple[object, ...]) -> pa.Array:
    if frames.is_date(name):
        # SQLite gives dates as ISO text, PostgreSQL as dates.
        is_text = isinstance(next((v for v in values if v is not None), None), str)
        array = pa.array(values, type=pa.string() if is_text else pa.date32())
        return array.cast(pa.date32())
    if frames.is_flag(name):
        return pa.array([bool(v) for v in values], type=pa.bool_())
    array = pa.array(values)
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array


def _series(arrays: list[pa.Array]) -> pd.Series:
    types = {array.type for array in arrays}
    if len(types) > 1:
        # A chunk without any value was read as text; the others know better.
        known = next((t for t in types if not pa.types.is_string(t)), pa.string())
        arrays = [array.cast(known) for array in arrays]
    column = pa.chunked_array(arrays)
    if pa.types.is_date(column.type):
        return pd.Series(column.cast(pa.timestamp("s")).to_pandas(), dtype=frames.DATE)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pd.Series(pd.array(column, dtype=frames.TEXT))
    return pd.Series(column.to_pandas())


@contextmanager
def staged(connection: Connection, like: Table, frame: pd.DataFrame, extra: tuple[Any, ...] = ()) -> Iterator[Table]:
    """A temporary table filled with a frame, gone at the end of the block.

    Args:
        connection: within a transaction.
        like: the table whose columns it borrows, for those that the frame has.
        frame: the rows; its columns not in `like` need an entry in `extra`.
        extra: further columns, as SQLAlchemy columns.
    """
    columns = [c for c in like.columns if c.name in frame.columns]
    copies = [type(c)(c.name, c.type) for c in columns]
    stage = Table(f"staged_{like.name}", MetaData(), *copies, *extra, prefixes=["TEMPORARY"])
    stage.create(connection)
    try:
        load(connection, stage, frame)
        yield stage
    finally:
        # After a failure PostgreSQL refuses this too; its rollback drops the table all the same.
        if connection.in_transaction() and not connection.invalidated:
            _drop_quietly(connection, stage)


def _drop_quietly(connection: Connection, stage: Table) -> None:
    from sqlalchemy.exc import DBAPIError

    try:
        stage.drop(connection)
    except DBAPIError:
        return


def load(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    """Append a frame to a table in bulk: COPY on PostgreSQL, one executemany on SQLite.

    Args:
        connection: within a transaction.
        table: has a column for each of the frame's.
        frame: one row per row; missing values become NULL.
    """
    if frame.empty:
        return
    names = [c.name for c in table.columns if c.name in frame.columns]
    driver = connection.connection.driver_connection
    assert driver is not None
    for start in range(0, len(frame), ROWS_A_CHUNK):
        rows = _arrow_table(frame.iloc[start : start + ROWS_A_CHUNK][names])
        if connection.dialect.name == "postgresql":
            _copy(driver, table.name, rows)
        else:
            marks = ", ".join("?" * len(names))
            quoted = ", ".join(f'"{name}"' for name in names)
            sql = f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})'  # noqa: S608 - names are the schema's own
            columns = [_sqlite_values(rows.column(i)) for i in range(rows.num_columns)]
            driver.executemany(sql, zip(*columns, strict=True))


def _arrow_table(frame: pd.DataFrame) -> pa.Table:
    arrays = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            arrays[name] = pa.array(column.to_numpy().astype("datetime64[D]"), from_pandas=True)
        else:
            arrays[name] = pa.array(column, from_pandas=True)
    return pa.table(arrays)


def _sqlite_values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_date(column.type):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values


def _copy(driver: Any, table: str, rows: pa.Table) -> None:
    buffer = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    pyarrow.csv.write_csv(rows, buffer, options)
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table}" ({names}) FROM STDIN (FORMAT csv)') as copy,
    ):
        copy.write(buffer.getvalue())


def iso(day: date | None) -> str | None:
    """A date as a parameter that SQLite compares right and PostgreSQL takes."""
    return None if day is None else day.isoformat()
