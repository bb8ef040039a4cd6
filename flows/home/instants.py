"""The instant that a command acts for: as it was given, or now.

May touch: the clock. Tests: tests/integration/cli/test_activities.py.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from flows.home.clock import now
from flows.home.settings import Settings
from tasks.domain.activities.times import instant_of


def instant_at(settings: Settings, at: str | None) -> tuple[datetime, str | None]:
    """The instant, UTC, and what is doubtful about it, in words.

    Raises:
        ActivityError: it is no local time.
    """
    if at is None:
        return now(), None
    instant, doubt = instant_of(at, settings.firm.zone)
    return instant.replace(tzinfo=UTC), doubt


def say_doubt(doubt: str | None, say: Callable[[str], None]) -> None:
    """Say a doubt, if there is one."""
    if doubt is not None:
        say(f"LOOK: {doubt}")
