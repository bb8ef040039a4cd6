"""A local time as a person writes it, as an instant; what is doubtful about it in words (T6).

May touch: zoneinfo. Tests: tests/unit/activities/test_activity.py.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tasks.domain.activities.activity import ActivityError


def instant_of(text: str, zone: ZoneInfo) -> tuple[datetime, str | None]:
    """The UTC instant of an ISO local time, and a doubt.

    A time that the spring change skips is taken as it would be without the change; of a time that the autumn change
    repeats, the first is taken. With an offset (2026-10-25T02:30+01:00) there is no doubt.

    Raises:
        ActivityError: it is no such time.
    """
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise ActivityError(f"{text!r} is no time: write it as 2026-12-31T14:30, in the firm's time zone.") from None
    if len(text) < len("2026-12-31T14:30"):
        raise ActivityError(f"{text!r} has no hour: write it as 2026-12-31T14:30.")
    if written.tzinfo is not None:
        return written.astimezone(UTC).replace(tzinfo=None), None
    instant = written.replace(tzinfo=zone, fold=0).astimezone(UTC)
    back = instant.astimezone(zone)
    if back.replace(tzinfo=None) != written:
        doubt = f"{text} does not exist: clocks are put forward then. Taken as {back:%H:%M}."
        return instant.replace(tzinfo=None), doubt
    other = written.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if other != instant:
        doubt = f"{text} exists twice: clocks are put back then. Taken as the first; write {text}{back:%z} to say so."
        return instant.replace(tzinfo=None), doubt
    return instant.replace(tzinfo=None), None


def local_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """A UTC instant as the firm's clock shows it."""
    return instant.replace(tzinfo=UTC).astimezone(zone)
