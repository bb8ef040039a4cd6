"""The words that verbs take: days, names, and names out of a few; a slip is answered with how to write it.

May touch: click. Tests: tests/integration/test_cli.py.
"""

import datetime as dt
from typing import Any

import click


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
            self.fail(f"{value!r} is no day; write one like 2027-01-31.", param, ctx)


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
