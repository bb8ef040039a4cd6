"""A line of the table, and how its figures are written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table; an empty cell is an empty text."""

    what: str
    ours: str = ""
    beside: str = ""
    ratio: str = ""
    limit: str = ""
    verdict: str = ""


def verdict(value: float, limit: float) -> str:
    """Whether a value is within its limit."""
    return "ok" if value <= limit else "MISSED"


def in_seconds(value: float) -> str:
    """Two decimals."""
    return f"{value:.2f} s"


def in_milliseconds(value: float) -> str:
    """No decimals."""
    return f"{value * 1000:,.0f} ms"
