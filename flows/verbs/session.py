"""A verb's session: the home opened, the database ready, known errors turned into words and exit codes.

May touch: click, settings, the store. Tests: tests/integration/test_cli.py.
"""

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg
from sqlalchemy.exc import DBAPIError

from flows.settings import Settings, SettingsError, load_settings
from sql.migrate import ensure_ready
from sql.store import Store, StoreError
from tasks.assign import AssignError
from tasks.csv_files import UnreadableFile
from tasks.domain.canonical import ShapeError
from tasks.domain.gate import GateStopped
from tasks.domain.yaml_models import DefinitionError
from tasks.mail.transport import TransportError
from tasks.missions import MissionError
from tasks.outbox import OutboxError
from tasks.report import ReportError
from tasks.settle import TaskError

CODES = ("status", "outcome", "reason")
WIDEST_CODE = 17
EXPECTED = (
    AssignError,
    DefinitionError,
    GateStopped,
    MissionError,
    OutboxError,
    ReportError,
    SettingsError,
    ShapeError,
    StoreError,
    TaskError,
    TransportError,
    UnreadableFile,
)


@contextmanager
def words_for_errors() -> Iterator[None]:
    """Expected errors end the verb with exit 1 and their own words; anything else is a fault and shows its trace."""
    try:
        yield
    except EXPECTED as error:
        fail(str(error))
    except DBAPIError as error:
        # The statement and its parameters hold personal data (Q5): the driver's first line only.
        fail(f"The database refused: {_first_line(error.orig)}. `relance doctor` checks it.")
    except (sqlite3.Error, psycopg.Error) as error:
        fail(f"The database refused: {_first_line(error)}. `relance doctor` checks it.")
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def session(home: Path) -> Iterator[tuple[Settings, Store]]:
    """An opened home: settings, and a store whose tables are there."""
    with words_for_errors():
        settings = load_settings(home, os.environ)
        store = Store(settings.database_url)
        try:
            ensure_ready(store)
            yield settings, store
        finally:
            store.close()


def _first_line(error: BaseException | None) -> str:
    """PostgreSQL's details, on the lines below, quote the row."""
    return str(error).partition("\n")[0].rstrip(".")


def fail(words: str) -> None:
    """Say what went wrong on standard error and exit 1."""
    say(words)
    raise click.exceptions.Exit(1)


def say(words: str) -> None:
    """A sentence for people, on standard error."""
    click.echo(words, err=True)


def program() -> str:
    """How this program was called, as one would type it again."""
    called = Path(sys.argv[0])
    if called.name != "relance" or shutil.which("relance"):
        return "relance"
    return os.path.relpath(called)


def print_json(data: Any) -> None:
    """Data on standard output."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows on standard output as `print_json` prints their list, one at a time."""
    opening, between = "[", ""
    for row in rows:
        text = json.dumps(row, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        # Not click.echo, which flushes each time.
        sys.stdout.write(f"{opening}{between}\n  {text}")
        opening, between = "", ","
    sys.stdout.write("[]\n" if opening else "\n]\n")


def print_table(rows: list[dict[str, Any]], columns: dict[str, str]) -> None:
    """Rows as a table that fits 80 columns, on standard output.

    Args:
        rows: the data.
        columns: key of each column and its heading, in order.
    """
    from rich.console import Console
    from rich.table import Table

    cells = [["" if row[key] is None else str(row[key]) for key in columns] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, (key, heading) in enumerate(columns.items()):
        # Ids, days and codes stay whole; where there is too little room, words give way.
        widest = max((len(row[place]) for row in cells), default=0)
        whole = min(widest, WIDEST_CODE) if key.endswith(("_id", "_on")) or key in CODES else None
        table.add_column(heading, overflow="fold", min_width=whole, no_wrap=whole is not None)
    for row in cells:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 80, highlight=False, markup=False).print(table)
