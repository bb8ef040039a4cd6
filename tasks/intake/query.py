"""Pull: reads the rows of a query in the firm's own database, as if they came from a file.

Law: the same rows, the same frame as from a CSV file of them.
May touch: SQLAlchemy, one foreign database that is only read. Tests: tests/integration/intake/test_pull.py.
"""

import hashlib
import math
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from tasks.domain import frames
from tasks.domain.definitions.source import Source
from tasks.domain.errors import RelanceError
from tasks.domain.intake.marked_text import text_of
from tasks.intake.readers.raw_file import RawFile

ROWS_A_CHUNK = 50_000


class SourceError(RelanceError):
    """A source that cannot be read; the message names it and says what to do, without the password."""


def url_of(source: Source, home: Path) -> str:
    """The source's URL, read from its own file if it has one; the path of a SQLite file is relative to the home.

    Raises:
        SourceError: the URL's file, or the SQLite file, does not exist.
    """
    url = source.url
    if url is None:
        path = home / Path(source.url_file or "")
        try:
            url = text_of(path.read_bytes()).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"sources/{source.source}.yaml: url_file: {path} cannot be read: {error}.") from None
    if not url.startswith("sqlite:///"):
        return url
    database = home / url.removeprefix("sqlite:///")
    if not database.is_file():
        # SQLite would create an empty file.
        raise SourceError(
            f"source {source.source}: there is no database {database}. Nothing was written, nobody mailed."
        )
    return f"sqlite:///{database}"


def read_query(source: Source, url: str, name: str, sql: str) -> RawFile:
    """Read every row of a query, in chunks.

    Args:
        source: for the messages.
        url: of the database.
        name: of the query's file.
        sql: one SELECT.

    Returns:
        The same as `read_file` for a file: text columns, missing where the value is NULL, and source_row from 1.

    Raises:
        SourceError: the database cannot be reached, or rejects the query.
    """
    shown = f"{source.source}/{name}"
    with _connected(source, url) as connection:
        return _read(connection, shown, sql)


def reach(source: Source, url: str) -> str:
    """Say where a source is and that it answers; no rows are read.

    Raises:
        SourceError: it cannot be reached.
    """
    with _connected(source, url) as connection:
        connection.execute(text("SELECT 1"))
        return f"{connection.engine.url.render_as_string(hide_password=True)} answers"


@contextmanager
def _connected(source: Source, url: str) -> Iterator[Connection]:
    """A connection that is rolled back at the end, so that nothing is ever written."""
    try:
        engine = create_engine(_with_driver(url))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise SourceError(
            f"sources/{source.source}.yaml: the URL is no database's, or its driver is not installed ({error}). "
            "Write one like postgresql://HOST/DATABASE; install the driver beside Relance."
        ) from None
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        said = str(error.orig).partition("\n")[0].rstrip(".")
        raise SourceError(f"source {source.source} refuses: {said}. Nothing was written, nobody was mailed.") from None
    finally:
        engine.dispose()


def _with_driver(url: str) -> str:
    """Use the PostgreSQL driver installed with Relance; for other databases SQLAlchemy's default."""
    parsed = make_url(url)
    named = parsed.set(drivername="postgresql+psycopg") if parsed.drivername in ("postgresql", "postgres") else parsed
    return named.render_as_string(hide_password=False)


def _read(connection: Connection, shown: str, sql: str) -> RawFile:
    digest = hashlib.sha256()
    result = connection.execute(text(sql), execution_options={"stream_results": True})
    names = [unicodedata.normalize("NFC", name) for name in result.keys()]  # noqa: SIM118 - iterating it gives rows
    chunks = list(_chunks(result.partitions(ROWS_A_CHUNK), len(names), digest))
    columns = {
        name: pd.Series(pd.array(pa.chunked_array([c[i] for c in chunks], type=pa.string()), dtype=frames.TEXT))
        for i, name in enumerate(names)
    }
    rows = pd.DataFrame(columns)
    return RawFile(shown, digest.hexdigest(), rows.assign(source_row=range(1, len(rows) + 1)))


def _chunks(partitions: Iterator[Sequence[Any]], width: int, digest: Any) -> Iterator[list[pa.Array]]:
    for rows in partitions:
        columns = list(zip(*rows, strict=True)) if rows else [()] * width
        arrays = [pa.array([as_text(cell) for cell in column], type=pa.string()) for column in columns]
        for array in arrays:
            for buffer in array.buffers():
                digest.update(buffer or b"")
        yield arrays


def as_text(cell: object) -> str | None:
    """A database value as an export would write it."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(sep="T", timespec="seconds") if cell.time() != time() else _day_of(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float | Decimal):
        return _number(cell)
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _day_of(instant: datetime) -> str:
    """Write a midnight without a time zone as a date; with one it is an instant."""
    return instant.date().isoformat() if instant.tzinfo is None else instant.isoformat(timespec="seconds")


def _number(cell: float | Decimal) -> str | None:
    """Drop ".0"; return None for NaN."""
    if math.isnan(cell):
        return None
    return str(int(cell)) if math.isfinite(cell) and cell == int(cell) else str(cell)
