"""The slow reference: planning said once more, one row at a time, in the words of the rules.

Written without numpy or pandas on purpose; tests hold the vectorised planner to it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tasks.domain.planning import Rule


def plan_one(row: Mapping[str, Any], rule: Rule, is_day_off: Any, as_of: date) -> dict[str, Any]:
    """One candidate's verdict: due_on, planned_on and the first reason against it, or None."""
    schedule, template = rule.schedule, rule.template
    due_on = planned_on = None
    anchor = row["expires_on"] if row["block"] is None else None
    if anchor is not None:
        due_on = anchor + timedelta(days=schedule.due_offset_days)
        step = {"none": 0, "previous": -1, "next": 1}[schedule.adjust]
        while step and is_day_off(due_on):
            due_on += timedelta(days=step)
        planned_on = due_on - timedelta(days=schedule.plan_before_days)
    since = row["start_on"] or min(row["first_seen_on"], as_of)
    return {
        "anchor_on": anchor,
        "due_on": due_on,
        "planned_on": planned_on,
        "reason": _reason(row, template, schedule, due_on, planned_on, since, as_of),
    }


def _reason(
    row: Mapping[str, Any],
    template: Any,
    schedule: Any,
    due_on: date | None,
    planned_on: date | None,
    since: date,
    as_of: date,
) -> str | None:
    if row["task_status"] in ("done", "cancelled"):
        return "already_done"
    if row["task_status"] is not None:
        return "already_created"
    if row["is_held"]:
        return "quarantined"
    if not row["is_assigned"]:
        return "not_assigned"
    if row["type"] not in template.applies_to:
        return "wrong_type"
    if row["status"] not in template.statuses:
        return "wrong_status"
    if row["stop_on"] is not None:
        if planned_on is None and row["stop_on"] < as_of:
            return "after_end"
        if row["stop_on"] < max(planned_on or since, since):
            return "after_end"
    if row["block"] is not None:
        return str(row["block"])
    assert due_on is not None
    assert planned_on is not None
    if due_on < since - timedelta(days=schedule.max_overdue_days):
        return "too_old"
    if since > as_of:
        return "before_start"
    if planned_on > as_of:
        return "not_yet"
    return None
