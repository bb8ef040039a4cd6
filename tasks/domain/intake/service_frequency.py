"""Whether a mission service's frequency fits its template's schedules (T2).

May touch: pandas. Tests: tests/unit/intake/test_service_frequency.py, tests/integration/planning/test_missions.py.
"""

from collections.abc import Mapping

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.frequency import Frequency, FrequencyError
from tasks.domain.definitions.template import MISSION, Schedule, Template


def misses_month_end(typed: pd.DataFrame, templates: Mapping[str, Template]) -> pd.Series:
    """Find services that cannot fall on the last day of a month, as a schedule of their template asks.

    Args:
        typed: rows of a file of mission services (typed_rows.type_rows).
        templates: by name.

    Returns:
        Per row, whether its frequency counts days; a text that is no frequency does not: another finding reports it.
    """
    if "frequency" not in typed.columns:
        return pd.Series(False, index=typed.index)
    asked = typed[["template", "frequency"]].astype(frames.TEXT)
    # Many services share few pairs of a template and a frequency.
    pairs = asked.drop_duplicates()
    flags = pairs.assign(misses=[_misses(templates.get(t), f) for t, f in pairs.itertuples(index=False)])
    found = asked.merge(flags, on=["template", "frequency"], how="left", validate="many_to_one")
    return pd.Series(found["misses"].to_numpy(dtype=bool), index=typed.index)


def _misses(template: Template | None, frequency: object) -> bool:
    schedules = [s for s in template.schedules if s.anchor == MISSION] if template else []
    return isinstance(frequency, str) and any(_counts_days(schedule, frequency) for schedule in schedules)


def _counts_days(schedule: Schedule, text: str) -> bool:
    try:
        frequency = Frequency.parse(text)
    except FrequencyError:
        return False
    return schedule.month_end == "last_day" and frequency.step > 0 and not frequency.is_monthly
