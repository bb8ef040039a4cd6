"""What a browser's inputs give, read; None for what is no such thing.

May touch: nothing. Tests: tests/integration/desk/test_desk_tasks.py.
"""

from datetime import date, datetime


def day_of(written: str) -> date | None:
    """A day, as an input of type date gives it."""
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        return None


def time_of(written: str) -> datetime | None:
    """A local time, as an input of type datetime-local gives it."""
    try:
        return datetime.fromisoformat(written.strip())
    except ValueError:
        return None


def key_of(written: str) -> tuple[date, int] | None:
    """Where a page of a list by day begins: a day and a number, such as 2026-12-01_42."""
    day, _, number = written.partition("_")
    since = day_of(day)
    return (since, int(number)) if since is not None and number.isdecimal() else None
