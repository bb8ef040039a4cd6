"""The words that verbs take: days, names, and names out of a few; a slip is answered with how to write it.

And the options that many verbs share.

May touch: click. Tests: tests/integration/cli/test_cli.py.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class Day(click.ParamType[dt.date]):
    """A date written as 2027-01-31."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """A date, or a usage error that says how to write one."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date; use YYYY-MM-DD.", param, ctx)


class Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between them."""

    name = "names"

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> tuple[str, ...]:
        """The names, without blanks around them."""
        if isinstance(value, tuple):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())


class Choices(Names):
    """Names with commas between them, each one of a few."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The names, or a usage error that says which there are."""
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
_types = click.option("--types", type=Choices(("person", "sole_trader", "company", "other")), default=())
_statuses = click.option("--statuses", type=Choices(("client", "prospect", "other", "former")), default=())
_relations = click.option("--relations", type=Names(), default=(), help="Relation ids, with commas between them.")


def which_relations(command: Command) -> Command:
    """The options that choose relations: types, statuses, relations."""
    chosen: Command = _types(_statuses(_relations(command)))
    return chosen
