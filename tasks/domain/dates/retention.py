"""Retention: up to which day something is kept for years after a relation's end (U6).

May touch: nothing. Tests: tests/integration/requests/test_erase.py.
"""

from datetime import date


def kept_until(ended_on: date, years: int) -> date:
    """The last day: the same day some years later, or the last of February for a leap day."""
    try:
        return ended_on.replace(year=ended_on.year + years)
    except ValueError:
        return ended_on.replace(year=ended_on.year + years, day=28)
