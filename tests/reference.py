"""The slow reference: planning said once more, one row at a time, in the words of the rules.

Written without numpy or pandas on purpose; tests hold the vectorised planner to it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

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


def periods_one(
    row: Mapping[str, Any], offset_days: int, lead_days: int, adjust: str, is_day_off: Any, as_of: date
) -> list[tuple[int, date, date, date]]:
    """One recurring row's planned periods: (number, date, due_on, planned_on), counted from the first date."""
    planned = []
    for number in range(row["quantity"]):
        day = _nth(row, number)
        # Beyond any reach: no offset and no run of days off brings it back.
        if day is None or day > as_of + timedelta(days=lead_days - offset_days + 40):
            break
        if row["until"] is not None and day > row["until"]:
            break
        due_on = day + timedelta(days=offset_days)
        step = {"none": 0, "previous": -1, "next": 1}[adjust]
        while step and is_day_off(due_on):
            due_on += timedelta(days=step)
        planned_on = due_on - timedelta(days=lead_days)
        if row["since"] is not None and day < row["since"]:
            continue
        if planned_on <= as_of and (row["floor"] is None or due_on >= row["floor"]):
            planned.append((number, day, due_on, planned_on))
    return planned


def _nth(row: Mapping[str, Any], number: int) -> date | None:
    first, every, unit = row["first"], row["every"], row["unit"]
    if unit == "none":
        day = first
    elif unit == "days":
        day = first + timedelta(days=number * every)
    else:
        day = first + relativedelta(months=number * every)
    if row["is_last_day"] and unit != "days":
        day = (day.replace(day=1) + relativedelta(months=1)) - timedelta(days=1)
    return day
