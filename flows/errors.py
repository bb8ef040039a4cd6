"""Errors that a person can mend, and their words; whoever starts work (a verb, a Prefect flow) tells them in its way.

May touch: the rooms' exceptions. Tests: tests/integration/test_cli.py.
"""

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError

from flows.settings import SettingsError
from sql.store import StoreError
from tasks.assign import AssignError
from tasks.csv_files import UnreadableFile
from tasks.domain.canonical import ShapeError
from tasks.domain.gate import GateStopped
from tasks.domain.yaml_models import DefinitionError
from tasks.events import UnreadableEvents
from tasks.imports import LedgerError
from tasks.mail.transport import TransportError
from tasks.mend import MendError
from tasks.missions import MissionError
from tasks.outbox import OutboxError
from tasks.pull import SourceError
from tasks.report_files import ReportError
from tasks.settle import TaskError
from tasks.suppressions import SuppressionError
from tasks.undo import UndoError

EXPECTED = (
    AssignError,
    DefinitionError,
    GateStopped,
    LedgerError,
    MendError,
    MissionError,
    OutboxError,
    ReportError,
    SettingsError,
    ShapeError,
    SourceError,
    StoreError,
    SuppressionError,
    TaskError,
    TransportError,
    UndoError,
    UnreadableEvents,
    UnreadableFile,
)
OF_THE_DATABASE = (DBAPIError, sqlite3.Error, psycopg.Error)


def words_of_database(error: BaseException) -> str:
    """What the database refused, without the row: statements, parameters and PostgreSQL's details are personal (Q5)."""
    said = error.orig if isinstance(error, DBAPIError) else error
    first_line = str(said).partition("\n")[0].rstrip(".")
    return f"The database refused: {first_line}. `relance doctor` checks it."
