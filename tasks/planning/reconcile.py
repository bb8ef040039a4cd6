"""Reconcile tasks with data that changed since they were created: close, move or reopen them (A2).

May touch: sql. Tests: tests/integration/planning/test_night.py.
"""

from collections.abc import Iterable
from datetime import date

import pandas as pd
from sqlalchemy import Column, Connection, String, text

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, iso, query
from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.planning.field_dates import TemplateSchedule
from tasks.domain.planning.following import REOPENED, follow_dates
from tasks.planning.blocks import block_reasons
from tasks.planning.candidates import extract_reconcilable
from tasks.planning.close import STATUS_AFTER, _close
from tasks.validation import judge_days


def find_date_changes(
    store: Store, rules: Iterable[TemplateSchedule], workdays: Workdays, relation_id: str | None = None
) -> pd.DataFrame:
    """Decide what happens to tasks whose anchor date has changed (A2): one row per task, with `change`.

    Args:
        store: the database, read only.
        rules: the schedules.
        workdays: the firm's.
        relation_id: only this relation (for `explain`).
    """
    candidates = [(rule, extract_reconcilable(store, rule, relation_id)) for rule in rules if rule.schedule.is_field]
    candidates = [(rule, tasks) for rule, tasks in candidates if not tasks.empty]
    if candidates:
        judged = judge_days(pd.concat([tasks["expires_on"] for _, tasks in candidates], ignore_index=True))
    # An implausible date neither closes nor moves a task.
    changes = [
        follow_dates(tasks.loc[block_reasons(tasks, judged).isna()], rule, workdays).assign(
            template=rule.template.template, schedule=rule.schedule.key
        )
        for rule, tasks in candidates
    ]
    filled = [frame for frame in changes if not frame.empty]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({"change": pd.Series(dtype=frames.TEXT)})


def apply_reconciliation(store: Store, changes: pd.DataFrame, as_of: date) -> int:
    """Close renewed tasks, change the dates of corrected ones, and reopen those whose closing date is gone (A2).

    Args:
        store: the database.
        changes: from `find_date_changes`: task_id, change, and the new dates.
        as_of: the date on which they close or reopen.

    Returns:
        The number of tasks closed.
    """
    if changes.empty:
        return 0
    closing = changes.loc[changes["change"].isin(list(STATUS_AFTER))]
    following = changes.loc[~changes["change"].isin(list(STATUS_AFTER))]
    with store.begin() as connection:
        _close(
            connection,
            closing.assign(status=closing["change"].map(STATUS_AFTER), closed_by=closing["change"]),
            as_of,
        )
        if not following.empty:
            _reopen(connection, following.loc[following["change"] == REOPENED], as_of)
            _redate(connection, following.loc[following["was_for_on"] != following["anchor_on"]])
    return len(closing)


def _reopen(connection: Connection, reopened: pd.DataFrame, as_of: date) -> None:
    """Restore the tasks, the sub-tasks that were closed with them, and their messages."""
    if reopened.empty:
        return
    with staged(connection, schema.follow_up_tasks, reopened[["task_id"]]):
        connection.execute(text(query("reopen_reconciled_tasks")), {"as_of": iso(as_of)})
        for name in ("reopen_reconciled_subtasks", "reopen_reconciled_messages"):
            connection.execute(text(query(name)))


def _redate(connection: Connection, redated: pd.DataFrame) -> None:
    if redated.empty:
        return
    dates = redated[["task_id", "anchor_on", "occurrence", "due_on", "planned_on"]]
    with staged(connection, schema.follow_up_tasks, dates):
        steps = read_frame(connection, query("redated_steps"), {})
        connection.execute(text(query("redate_tasks")))
        connection.execute(text(query("withdraw_redated_messages")))
    if steps.empty:
        return
    by_due, by_start = steps["due_on"] - steps["old_due_on"], steps["planned_on"] - steps["old_planned_on"]
    moved = {"due": by_due, "start": by_start}
    shift = sum(
        (days.where(steps["send_from"] == name, frames.days(0)) for name, days in moved.items()), frames.days(0)
    )
    columns = steps[["task_id", "step_key"]].assign(
        send_on=steps["send_on"] + shift, due_on=steps["step_due_on"] + by_due
    )
    step_key = (Column("step_key", String(64)),)
    with staged(connection, schema.follow_up_subtasks, columns, extra=step_key):
        connection.execute(text(query("redate_subtasks")))
