"""When a rule's delayed actions are due: calendar days from a day of the record, or from its save (W4).

May touch: nothing. Tests: tests/unit/rules/test_delay.py.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tasks.domain.definitions.rule import SAVED_AT, Rule


def due_at(rule: Rule, record: Mapping[str, Any], saved_at: datetime, zone: ZoneInfo, hour: time) -> datetime | None:
    """The instant, UTC without a zone; None if the record has no such day.

    Args:
        rule: with `after`.
        record: as saved.
        saved_at: the instant of the save, UTC.
        zone: the firm's, whose days are counted.
        hour: of a day that has none: the hour at which mails leave.
    """
    assert rule.after is not None
    base = saved_at.astimezone(zone).replace(tzinfo=None) if rule.after.of == SAVED_AT else record.get(rule.after.of)
    if base is None:
        return None
    if isinstance(base, date) and not isinstance(base, datetime):
        base = datetime.combine(base, hour)
    due: datetime = base + timedelta(days=rule.after.days)
    return due.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
