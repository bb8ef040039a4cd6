"""The table: a line for each scenario on each database, and what it all comes to."""

import platform
import sqlite3
import sys
from collections.abc import Sequence
from importlib.metadata import version

from tests.faults.worker import Result

COLUMNS = ("scenario", "database", "mails", "requests", "kills", "duplicated", "lost", "held", "unknown", "seconds")
SUMMED = COLUMNS[2:-1]
SHOWN = ("httpx", "psycopg", "SQLAlchemy", "pandas")


def print_table(results: Sequence[Result], seed: int, seconds: float) -> None:
    """On standard output, in plain text."""
    lines = [COLUMNS, *(tuple(_cell(result, name) for name in COLUMNS) for result in results)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    for line in lines:
        cells = [c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))]
        _say("  ".join(cells).rstrip())
    _say()
    _say("Kills: processes killed or stopped by a signal, and database servers stopped, in mid-work.")
    _say(f"{summary(results)}; {seconds:,.0f} s; seed {seed}; {_versions()}")


def summary(results: Sequence[Result]) -> str:
    """The totals."""
    totals = {name: sum(getattr(result, name) for result in results) for name in SUMMED}
    return ", ".join(f"{total:,} {name}" for name, total in totals.items())


def problems(results: Sequence[Result]) -> list[str]:
    """What is amiss."""
    return [f"{r.scenario}, {r.database}: {problem}" for r in results for problem in r.problems]


def _cell(result: Result, name: str) -> str:
    value = getattr(result, name)
    return value if isinstance(value, str) else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _versions() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}"


def _say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
