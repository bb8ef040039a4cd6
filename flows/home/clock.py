"""The clock: the present instant. Nothing below flows/ reads it (T1).

May touch: the system's clock. Tests: tests/unit/test_house.py.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, UTC: one of the two places where the clock is read."""
    return datetime.now(UTC)
