"""Services whose frequency never falls on a month's last day (T2)."""

import pandas as pd
import pytest

from factories import template
from tasks.domain import frames
from tasks.domain.intake.service_frequency import misses_month_end

ONCE = {"key": "once", "anchor": "mission"}
MONTH_ENDS = {"key": "months", "anchor": "mission", "frequency": "monthly", "month_end": "last_day"}


@pytest.mark.parametrize(
    ("schedules", "cells", "misses"),
    [
        ([MONTH_ENDS], {"frequency": "weekly"}, True),
        ([ONCE, MONTH_ENDS], {"frequency": "every 10 days"}, True),
        ([MONTH_ENDS], {"frequency": "yearly"}, False),
        ([MONTH_ENDS], {"frequency": "none"}, False),
        ([MONTH_ENDS], {"frequency": "wekly"}, False),
        ([MONTH_ENDS], {"frequency": None}, False),
        ([MONTH_ENDS], {}, False),
        ([ONCE], {"frequency": "weekly"}, False),
        ([MONTH_ENDS], {"template": "other", "frequency": "weekly"}, False),
    ],
)
def test_t2_a_frequency_in_days_does_not_fit_a_months_last_day(schedules, cells, misses):
    row = {"template": "vat"} | cells
    typed = pd.DataFrame({name: pd.Series([cell], dtype=frames.TEXT, index=[7]) for name, cell in row.items()})
    found = misses_month_end(typed, {"vat": template(template="vat", schedules=schedules, close_when=None)})
    assert found.to_dict() == {7: misses}
