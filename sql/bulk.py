"""Moves frames into and out of the database in bulk: COPY on PostgreSQL, executemany on SQLite, Arrow columns out.

May touch: SQLAlchemy, pyarrow, pandas. Tests: tests/integration/sql/test_store.py, on both databases.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.exc import DBAPIError

from tasks.domain import frames

ROWS_A_CHUNK = 10_000


def read_frame(connection: Connection, sql: str, parameters: Mapping[str, object]) -> pd.DataFrame:
    """Rows of a SELECT as a frame of `str`, int, bool and datetime64[s] columns, read in chunks.

    Arrow columns are built chunk by chunk: as Python objects, a million rows at once would take a gigabyte.
    """
    names, partitions = _rows_of(connection, sql, parameters)
    chunks: list[list[pa.Array]] = []
    for rows in partitions:
        columns = zip(*rows, strict=True)
        chunks.append([_arrow(name, values) for name, values in zip(names, columns, strict=True)])
    if not chunks:
        return frames.empty(names)
    return pd.DataFrame({name: _series([chunk[i] for chunk in chunks]) for i, name in enumerate(names)}, copy=False)


def _rows_of(
    connection: Connection, sql: str, parameters: Mapping[str, object]
) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """The column names, and the rows in chunks."""
    if connection.dialect.name == "sqlite":
        # The driver's own tuples: creating SQLAlchemy's rows takes longer than SQLite takes to read them.
        driver = connection.connection.driver_connection
        assert driver is not None
        cursor = driver.execute(sql, dict(parameters))
        return [column[0] for column in cursor.description], iter(lambda: cursor.fetchmany(ROWS_A_CHUNK), [])
    result = connection.execute(text(sql), dict(parameters), execution_options={"stream_results": True})
    return list(result.keys()), result.partitions(ROWS_A_CHUNK)


def _arrow(name: str, values: tuple[object, ...]) -> pa.Array:
    if frames.is_date(name):
        # SQLite returns dates as ISO text, PostgreSQL as dates.
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
        # A chunk in which every value is missing was typed as text; the other chunks give the right type.
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
    """A temporary table filled with a frame; it is dropped at the end of the block.

    Args:
        connection: within a transaction.
        like: the table whose columns are copied, as far as the frame has them.
        frame: the rows; its columns that are not in `like` need an entry in `extra`.
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
        # After an error PostgreSQL rejects this statement too; the rollback drops the table anyway.
        if connection.in_transaction() and not connection.invalidated:
            _drop_quietly(connection, stage)


def _drop_quietly(connection: Connection, stage: Table) -> None:
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
        if frames.is_instant(name):
            # The format in which SQLAlchemy writes an instant into SQLite; PostgreSQL reads it too.
            arrays[name] = pa.array(column.dt.strftime("%Y-%m-%d %H:%M:%S.%f"), type=pa.string(), from_pandas=True)
        elif pd.api.types.is_datetime64_any_dtype(column.dtype):
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
