"""The report's figures as JSON, under stable names (deployments/README.md, "Reports"). Ids, never names of people.

May touch: domain. Tests: tests/integration/reporting/test_runs_kept.py.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from tasks.domain.quality.criteria import rank_owners, share_met
from tasks.domain.quality.gaps import GAP
from tasks.reporting.history import Progress
from tasks.rows import plain_rows


def figures_of(progress: Progress, run: Mapping[str, Any] | None, as_of: date, rows_shown: int) -> dict[str, Any]:
    """The report as one object; lists of relations are cut at `rows_shown`, but their counts are complete."""
    shown = progress.to_correct.drop(columns="name").sort_values("since_on", kind="stable").head(rows_shown)
    return {
        "as_of": as_of.isoformat(),
        "run": None if run is None else dict(run),
        "scores": plain_rows(progress.criteria),
        "owners": _owners(progress.scores),
        "changes": _changes(progress, rows_shown),
        "gaps": {
            "count": len(progress.to_correct),
            "by_automation": plain_rows(blocked_automations(progress.to_correct)),
            "file": f"to-mend-{as_of}.csv",
            "first": plain_rows(shown),
        },
        "trend": plain_rows(progress.points),
    }


def blocked_automations(to_correct: pd.DataFrame) -> pd.DataFrame:
    """What each kind of gap blocks: template, schedule, reason, count (relations), oldest date; highest count first."""
    counted = to_correct.groupby(["template", "schedule", "reason"], as_index=False).agg(
        count=("relation_id", "nunique"), since_on=("since_on", "min")
    )
    return counted.sort_values(["count", "template", "schedule", "reason"], ascending=[False, True, True, True])


def _owners(scores: pd.DataFrame) -> list[dict[str, Any]]:
    shares = scores.assign(share=share_met(scores["met"], scores["not_met"]))
    of_owner: dict[str, dict[str, Any]] = {}
    for row in plain_rows(shares[["owner_id", "criterion", "share"]]):
        of_owner.setdefault(row["owner_id"], {})[row["criterion"]] = row["share"]
    return [row | {"criteria": of_owner[row["owner_id"]]} for row in plain_rows(rank_owners(scores))]


def _changes(progress: Progress, rows_shown: int) -> dict[str, Any]:
    if progress.since_on is None:
        return {"since_on": None, "scores": [], "opened": 0, "mended": 0, "first_opened": [], "first_mended": []}
    columns = [*GAP, "reason", "since_on", "mended_on"]
    return {
        "since_on": progress.since_on.isoformat(),
        "scores": plain_rows(progress.compared),
        "opened": len(progress.opened),
        "mended": len(progress.mended),
        "first_opened": plain_rows(progress.opened[columns].head(rows_shown)),
        "first_mended": plain_rows(progress.mended[columns].head(rows_shown)),
    }
