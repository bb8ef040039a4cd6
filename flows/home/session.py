"""Open a firm's home: its settings, and a database whose tables are ready.

May touch: settings, the store. Tests: tests/integration/cli/test_cli.py.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.exc import DBAPIError

from flows.home.settings import Settings, load_settings
from sql.migrate import ensure_ready
from sql.store import Store

OF_THE_DATABASE = (DBAPIError, sqlite3.Error, psycopg.Error)


def words_of_database(error: BaseException) -> str:
    """The database's error without the row: statements, parameters and PostgreSQL's details are personal (Q5)."""
    said = error.orig if isinstance(error, DBAPIError) else error
    first_line = str(said).partition("\n")[0].rstrip(".")
    return f"The database refused: {first_line}. `relance doctor` checks it."


@contextmanager
def opened(home: Path) -> Iterator[tuple[Settings, Store]]:
    """Open a home, and let its errors pass unchanged (flows/cli/output.py `session` prints them)."""
    settings = load_settings(home, os.environ)
    store = settings.open_store()
    try:
        ensure_ready(store)
        yield settings, store
    finally:
        store.close()
