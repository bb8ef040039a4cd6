"""When a rule's delayed actions are due (W4)."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from tasks.domain.definitions.rule import Rule
from tasks.domain.rules.delay import due_at

PARIS = ZoneInfo("Europe/Paris")
SAVED = datetime(2026, 10, 24, 12, 30, tzinfo=UTC)


def rule(days, of):
    return Rule.model_validate(
        {"rule": "r", "on": "activities", "do": [{"set": {"location": "x"}}], "after": {"days": days, "of": of}}
    )


@pytest.mark.parametrize(
    ("days", "of", "record", "due"),
    [
        (-1, "starts_at", {"starts_at": datetime(2026, 12, 1, 14, 30)}, datetime(2026, 11, 30, 13, 30)),
        (2, "saved", {}, datetime(2026, 10, 26, 13, 30)),  # 14:30 there, although clocks are put back meanwhile
        (0, "starts_at", {"starts_at": None}, None),
        (1, "starts_at", {"starts_at": date(2026, 12, 1)}, datetime(2026, 12, 2, 8)),
    ],
)
def test_w4_days_are_calendar_days_of_the_firm(days, of, record, due):
    assert due_at(rule(days, of), record, SAVED, PARIS, time(9)) == due
