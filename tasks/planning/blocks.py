"""Which missing or invalid data blocks a relation's automations (P3).

May touch: the suites of expectations/. Tests: tests/integration/planning/test_validate.py.
"""

import pandas as pd

from tasks.domain import frames
from tasks.validation import judge_days


def block_reasons(candidates: pd.DataFrame, judged: pd.DataFrame | None = None) -> pd.Series:
    """The reason that blocks each candidate's automation (P3); missing if none does.

    Args:
        candidates: one row per relation × schedule, with expires_on.
        judged: dates already checked (`judge_days`), so that several schedules share one check.
    """
    if candidates.empty:
        return pd.Series(index=candidates.index, dtype=frames.TEXT)
    known = judge_days(candidates["expires_on"]) if judged is None else judged
    days = pd.concat([known["expires_on"], candidates["expires_on"]], ignore_index=True)
    # The checked dates are distinct and come first, so a date's code is its position among them.
    places = pd.factorize(days, use_na_sentinel=False)[0][len(known) :]
    if judged is not None and places.max() >= len(known):
        return block_reasons(candidates)  # a date appeared after the others were checked
    return pd.Series(known["block"].take(places).to_numpy(), index=candidates.index, dtype=frames.TEXT)
