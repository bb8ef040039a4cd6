"""The alternative: planning as one would write it first, a loop over rows with dateutil's relativedelta."""

from datetime import date
from typing import Any

import pandas as pd
from dateutil.relativedelta import relativedelta

from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.planning.field_dates import TemplateSchedule
from tasks.domain.reasons import Reason


def plan_row_by_row(candidates: pd.DataFrame, rule: TemplateSchedule, today: date) -> list[str | None]:
    """The first reason against each candidate, None where its follow-up is due."""
    return [_verdict(row, rule, today) for _, row in candidates.iterrows()]


def _verdict(row: Any, rule: TemplateSchedule, today: date) -> str | None:
    """No card is missing in the firm that is measured, so nothing here asks for that."""
    schedule, template = rule.schedule, rule.template
    due_on = row["expires_on"].date() + relativedelta(days=schedule.due_offset_days)
    planned_on = due_on - relativedelta(days=schedule.plan_before_days)
    ladder = (
        (row["task_status"] in CLOSED_STATUSES, Reason.ALREADY_DONE),
        (isinstance(row["task_status"], str), Reason.ALREADY_CREATED),
        (row["is_held"], Reason.QUARANTINED),
        (not row["is_assigned"], Reason.NOT_ASSIGNED),
        (row["type"] not in template.applies_to, Reason.WRONG_TYPE),
        (row["status"] not in template.statuses, Reason.WRONG_STATUS),
        (pd.notna(row["stop_on"]) and row["stop_on"].date() < planned_on, Reason.AFTER_END),
        (due_on < row["start_on"].date() - relativedelta(days=schedule.max_overdue_days), Reason.TOO_OLD),
        (row["start_on"].date() > today, Reason.BEFORE_START),
        (planned_on > today, Reason.NOT_YET),
    )
    return next((reason.value for speaks, reason in ladder if speaks), None)
