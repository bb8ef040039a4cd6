"""Errors of the database, in words that hold no personal data (Q5).

May touch: SQLAlchemy's and the drivers' errors. Tests: tests/integration/test_cli.py.
"""

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError

OF_THE_DATABASE = (DBAPIError, sqlite3.Error, psycopg.Error)


def words_of_database(error: BaseException) -> str:
    """What the database refused, without the row: statements, parameters and PostgreSQL's details are personal (Q5)."""
    said = error.orig if isinstance(error, DBAPIError) else error
    first_line = str(said).partition("\n")[0].rstrip(".")
    return f"The database refused: {first_line}. `relance doctor` checks it."
