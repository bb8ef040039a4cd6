"""A verb's session: the home opened, the database ready, known errors turned into words and exit codes.

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
    """Expected errors end the verb with exit 1 and their own words; anything else is a fault and shows its trace."""
    from flows.home.session import OF_THE_DATABASE, words_of_database
    from tasks.domain.errors import RelanceError

    try:
        yield
    except RelanceError as error:
        fail(str(error))
    except OF_THE_DATABASE as error:
        fail(words_of_database(error))
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def session(home: Path) -> Iterator["tuple[Settings, Store]"]:
    """An opened home: settings, and a store whose tables are there."""
    from flows.home.session import opened

    with words_for_errors(), opened(home) as found:
        yield found


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
