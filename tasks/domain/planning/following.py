"""How tasks follow the date of their data field when it changes, in both directions (A2).

The result depends on the field's date and on the dates that a task has had, not on the runs in between: a date that was
wrong for one night has no lasting effect.
May touch: numpy, pandas. Tests: tests/unit/planning/test_following_law.py (a slow twin),
tests/integration/planning/test_way_back.py.
"""

import numpy as np
import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.planning.field_dates import TemplateSchedule, due_dates, occurrence_of

RENEWED, SUPERSEDED, REDATED, REOPENED = "renewed", "superseded", "redated", "reopened"
AFTER_END = "after_end"
# If several tasks of one relation could take the field's date, the first in this order takes it.
PREFERENCE = ("open", "steps", "renewed", "after_end", "superseded")


def follow_dates(tasks: pd.DataFrame, rule: TemplateSchedule, workdays: Workdays) -> pd.DataFrame:
    """Decide what happens to tasks whose date differs from their field's date.

    Args:
        tasks: one row per task of this schedule that is open, that Relance closed, or that was closed by its last
            sub-task: task_id, relation_id, anchor_on, redated_from_on (the date it was created for, if it was changed
            since), expires_on (the field's date), is_open, closed_by, has_twin (another task has the field's date).
        rule: the schedule and its template.
        workdays: the firm's weekends and holidays, for `adjust`.

    Returns:
        The rows that change, with `change` (`renewed`, `superseded` and `after_end` close the task, `redated` moves it,
        `reopened` reopens a task that Relance closed and moves it if its date differs) and the new anchor_on,
        occurrence, due_on and planned_on. No two rows of a relation get the same date.
    """
    owner = tasks["closed_by"].mask(tasks["is_open"], "open")
    follows = _follows(tasks, rule)
    may_move = follows & ~tasks["has_twin"]
    is_exact = tasks["expires_on"] == tasks["anchor_on"]
    # Past the schedule's last date no task comes into being, by moving an open one either (T4).
    until = pd.Timestamp(rule.schedule.until or pd.Timestamp.max)
    is_past = ~is_exact & (tasks["expires_on"] > until)
    ladder: list[tuple[pd.Series, str | pd.Series]] = [
        (tasks["is_open"] & ~follows & (rule.template.close_when is not None), RENEWED),
        (tasks["is_open"] & follows & tasks["has_twin"], SUPERSEDED),
        (tasks["is_open"] & follows & is_past, AFTER_END),
        (owner.isin(["open", "steps"]) & may_move & ~is_exact & ~is_past, REDATED),
        (owner.isin([RENEWED, AFTER_END]) & may_move & ~is_past, REOPENED),
        ((owner == SUPERSEDED) & is_exact, REOPENED),
    ]
    change = _one_a_relation(tasks, owner, frames.first_label(tasks.index, ladder))
    due_on = due_dates(tasks["expires_on"], rule.schedule, workdays)
    return tasks.assign(
        change=change,
        was_for_on=tasks["anchor_on"],
        anchor_on=tasks["expires_on"],
        occurrence=occurrence_of(tasks["expires_on"]),
        due_on=due_on,
        planned_on=due_on - frames.days(rule.schedule.plan_before_days),
    ).loc[change.notna()]


def _follows(tasks: pd.DataFrame, rule: TemplateSchedule) -> pd.Series:
    """Whether the field's date is a correction of the task's date, rather than the next date.

    It is a correction if it is not later than the latest date that the task has had. If the template's tasks are not
    closed by a date, a date that moved later by less than the schedule's lead is a correction, too.
    """
    latest = tasks[["anchor_on", "redated_from_on"]].max(axis=1)
    follows: pd.Series = tasks["expires_on"] <= latest
    if rule.template.close_when is None:
        follows |= tasks["expires_on"] < tasks["anchor_on"] + frames.days(rule.schedule.plan_before_days)
    return follows


def _one_a_relation(tasks: pd.DataFrame, owner: pd.Series, change: pd.Series) -> pd.Series:
    """Let one task per relation take the field's date; other open tasks are superseded, closed ones stay closed."""
    order = owner.map({name: rank for rank, name in enumerate(PREFERENCE)})
    wanting = tasks.assign(order=order).loc[change.isin([REDATED, REOPENED])]
    ranked = wanting.sort_values(["relation_id", "order", "anchor_on", "task_id"])
    late = ranked.index[ranked.duplicated("relation_id")]
    is_late = pd.Series(tasks.index.isin(late), index=tasks.index)
    return change.mask(is_late, np.nan).mask(is_late & tasks["is_open"], SUPERSEDED)
