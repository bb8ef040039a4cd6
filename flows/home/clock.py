"""The clock. Code below flows/ never reads it (T1).

May touch: the system's clock. Tests: tests/unit/test_house.py.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, UTC; `Settings.today` derives the firm's date from it."""
    return datetime.now(UTC)
