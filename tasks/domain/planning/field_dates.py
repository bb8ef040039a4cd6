"""Which follow-ups of a data field are due: P1–P3, P7, P8 over whole columns.

Recurring dates are in tasks/domain/planning/recurring_dates.py, changed dates in tasks/domain/planning/following.py.
The nightly run, the preview and `explain` share this planner. A slow row-by-row reference in
tests/harness/reference.py states the same rules; Hypothesis tests that the two are equal.
May touch: numpy, pandas. Tests: tests/unit/planning/test_field_dates.py, tests/unit/planning/test_field_dates_law.py.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.definitions.template import Schedule, Template
from tasks.domain.reasons import Reason


@dataclass(frozen=True)
class TemplateSchedule:
    """One schedule of one template: all that planning needs from the definitions."""

    template: Template
    schedule: Schedule


def plan_follow_ups(candidates: pd.DataFrame, rule: TemplateSchedule, workdays: Workdays, as_of: date) -> pd.DataFrame:
    """Decide for each candidate whether its follow-up is due, and if not, give the first reason why.

    Args:
        candidates: one row per relation × this schedule (frames.CANDIDATES) plus `block`, validation's reason
            against the automation, or missing. Dates are local dates; any row order.
        rule: the schedule and its template.
        workdays: the firm's weekends and holidays, for `adjust`.
        as_of: the date to plan for (T1).

    Returns:
        The same rows in the same order as frames.FOLLOW_UPS. due + skipped = candidates.
    """
    frames.require(candidates, (*frames.CANDIDATES, "block"), "plan")
    today = pd.Timestamp(as_of)
    anchors = candidates["expires_on"].where(candidates["block"].isna())
    dated = candidates.assign(
        anchor_on=anchors,
        unadjusted_on=anchors + frames.days(rule.schedule.due_offset_days),
        due_on=due_dates(anchors, rule.schedule, workdays),
        since=starts_of(candidates, today),
    ).assign(planned_on=lambda f: f["due_on"] - frames.days(rule.schedule.plan_before_days))
    return dated.assign(
        template=rule.template.template,
        schedule=rule.schedule.key,
        mission_id="",
        occurrence=occurrence_of(dated["anchor_on"]),
        period=np.nan,
        reason=_first_reason(dated, rule, today),
    ).loc[:, list(frames.FOLLOW_UPS)]


def due_dates(anchors: pd.Series, schedule: Schedule, workdays: Workdays) -> pd.Series:
    """`adjust(anchor + due_offset_days)` (P1); NaT where there is no anchor."""
    return workdays.roll(anchors + frames.days(schedule.due_offset_days), schedule.adjust)


def occurrence_of(anchors: pd.Series) -> pd.Series:
    """The anchor date as the text in a task's key (P2); missing where there is no date."""
    # Each distinct date is formatted once: a million cards expire on a few thousand dates, and formatting is slow.
    codes, days = pd.factorize(anchors)
    texts = pd.array(np.datetime_as_string(np.asarray(days).astype("datetime64[D]")), dtype=frames.TEXT)
    return pd.Series(texts.take(codes, allow_fill=True), index=anchors.index)


def starts_of(candidates: pd.DataFrame, today: pd.Timestamp) -> pd.Series:
    """The date from which each candidate is followed up: its assignment's start, else when the relation was first seen.

    The second is used by `assign: all`. It is never after as_of, so that a backdated run plans what it would have
    planned then.
    """
    seen = candidates["first_seen_on"]
    return candidates["start_on"].fillna(seen.mask(seen > today, today))


def _first_reason(dated: pd.DataFrame, rule: TemplateSchedule, today: pd.Timestamp) -> pd.Series:
    """The first reason against each row, in the order in which a person would ask.

    Whether a date is too old depends on its due date before `adjust`, which drops nothing (T5).
    """
    oldest = dated["since"] - frames.days(rule.schedule.max_overdue_days)
    first_day = dated[["planned_on", "since"]].max(axis=1)
    # An assignment that starts in the future already plans what is due from its start on; what is due earlier waits.
    unstarted = (dated["since"] > today) & (dated["unadjusted_on"] < dated["since"])
    ended = (dated["stop_on"] < first_day) | (dated["planned_on"].isna() & (dated["stop_on"] < today))
    if rule.schedule.until is not None:
        ended |= dated["anchor_on"] > pd.Timestamp(rule.schedule.until)
    ladder: list[tuple[pd.Series, str | pd.Series]] = [
        (dated["task_status"].isin(list(CLOSED_STATUSES)), Reason.ALREADY_DONE.value),
        (dated["task_status"].notna(), Reason.ALREADY_CREATED.value),
        (dated["is_held"], Reason.QUARANTINED.value),
        (~dated["is_assigned"], Reason.NOT_ASSIGNED.value),
        (~dated["type"].isin(rule.template.applies_to), Reason.WRONG_TYPE.value),
        (~dated["status"].isin(rule.template.statuses), Reason.WRONG_STATUS.value),
        (ended, Reason.AFTER_END.value),
        (dated["block"].notna(), dated["block"]),
        (dated["unadjusted_on"] < oldest, Reason.TOO_OLD.value),
        (unstarted, Reason.BEFORE_START.value),
        (dated["planned_on"] > today, Reason.NOT_YET.value),
    ]
    return frames.first_label(dated.index, ladder)
