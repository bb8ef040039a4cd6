"""A command's session and output: opens the home and the database, and turns known errors into exit codes.

May touch: click, settings, the store. Tests: tests/integration/cli/test_cli.py.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from flows.home.settings import Settings
    from sql.store import Store


CODES = ("status", "outcome", "reason")
WIDEST_CODE = 17


@contextmanager
def words_for_errors() -> Iterator[None]:
    """Print expected errors without a traceback and exit with 1; let all others through, with their traceback."""
    from flows.home.session import OF_THE_DATABASE, words_of_database
    from tasks.domain.errors import RelanceError

    try:
        yield
    except RelanceError as error:
        fail(str(error))
    except OF_THE_DATABASE as error:
        fail(words_of_database(error))
    except BrokenPipeError:
        # stdout was closed early, e.g. by `head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def session(home: Path) -> Iterator["tuple[Settings, Store]"]:
    """Open a home: settings, and a store whose tables are up to date."""
    from flows.home.session import opened

    with words_for_errors(), opened(home) as found:
        yield found


def fail(words: str) -> None:
    """Print an error on standard error and exit with 1."""
    say(words)
    raise click.exceptions.Exit(1)


def say(words: str) -> None:
    """Print a sentence on standard error."""
    click.echo(words, err=True)


def program() -> str:
    """The command as the user typed it, to quote in suggestions."""
    called = Path(sys.argv[0])
    if called.name != "relance" or shutil.which("relance"):
        return "relance"
    return os.path.relpath(called)


def print_json(data: Any) -> None:
    """Print data on standard output."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows on standard output, formatted as `print_json` formats their list, one at a time."""
    opening, between = "[", ""
    for row in rows:
        text = json.dumps(row, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        # Not click.echo, which flushes on every call.
        sys.stdout.write(f"{opening}{between}\n  {text}")
        opening, between = "", ","
    sys.stdout.write("[]\n" if opening else "\n]\n")


def print_table(rows: list[dict[str, Any]], columns: dict[str, str]) -> None:
    """Print rows on standard output as a table that fits 80 columns.

    Args:
        rows: the data.
        columns: each column's key and heading, in order.
    """
    from rich.console import Console
    from rich.table import Table

    cells = [["" if row[key] is None else str(row[key]) for key in columns] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, (key, heading) in enumerate(columns.items()):
        # Ids, dates and codes are never cut; longer text is, where there is too little space.
        widest = max((len(row[place]) for row in cells), default=0)
        whole = min(widest, WIDEST_CODE) if key.endswith(("_id", "_on")) or key in CODES else None
        table.add_column(heading, overflow="fold", min_width=whole, no_wrap=whole is not None)
    for row in cells:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 80, highlight=False, markup=False).print(table)
