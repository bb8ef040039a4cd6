"""Click parameter types (dates, comma-separated names, comma-separated choices) and options used by many commands.

May touch: click. Tests: tests/integration/cli/test_cli.py.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tasks.domain.definitions.relation import RELATION_STATUSES, RELATION_TYPES

Command = TypeVar("Command", bound=Callable[..., Any])


class Day(click.ParamType[dt.date]):
    """A date in the form 2027-01-31."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Return a date, or raise a usage error that shows the form."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date; use YYYY-MM-DD.", param, ctx)


class Names(click.ParamType[tuple[str, ...]]):
    """Comma-separated names."""

    name = "names"

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> tuple[str, ...]:
        """The names, without surrounding blanks."""
        if isinstance(value, tuple):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())


class Choices(Names):
    """Comma-separated names, each from a list of known ones."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names, or raise a usage error that lists the known ones."""
        names = super().convert(value, param, ctx)
        unknown = [name for name in names if name not in self.known]
        if unknown:
            self.fail(f"{', '.join(unknown)}: unknown; there are {', '.join(self.known)}.", param, ctx)
        return names


home = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="RELANCE_HOME",
    default=Path(),
    help="The firm's folder. Default: RELANCE_HOME, else the current folder.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
as_of = click.option("--as-of", type=Day(), help="The day to act for. Default: today in the firm's time zone.")
at = click.option(
    "--at", metavar="INSTANT", help="The instant to act for, a local time like 2026-12-31T14:30. Default: now."
)
_types = click.option("--types", type=Choices(RELATION_TYPES), default=())
_statuses = click.option("--statuses", type=Choices(RELATION_STATUSES), default=())
_relations = click.option("--relations", type=Names(), default=(), help="Relation ids, with commas between them.")


def which_relations(command: Command) -> Command:
    """Add the options that choose relations: types, statuses, relations."""
    chosen: Command = _types(_statuses(_relations(command)))
    return chosen
