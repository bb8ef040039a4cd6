"""Which mails leave, wait, or are dropped, and why: M2, M3, M5, M6, M9 over whole columns.

May touch: numpy, pandas. Tests: tests/unit/mail/test_decide.py, tests/unit/mail/test_merged_requests_law.py.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.firm import ADDRESS, CLOSED_STATUSES
from tasks.domain.definitions.template import Template
from tasks.domain.reasons import Reason


def decide_mails(
    due: pd.DataFrame, templates: Mapping[str, Template], quiet: Workdays, too_late_days: int, as_of: date
) -> pd.DataFrame:
    """Say of each mail whose send day has come on which day it leaves, or why it does not.

    Args:
        due: one row per sub-task of an open task whose raw_send_on has come and that has no message
            yet, with latest_sent_on (the send day of the task's latest message so far, NaT if none) and the
            facts that `silence_reason` reads.
        templates: by name; a task whose template is gone keeps its mails (P7 speaks of relations only).
        quiet: the days on which no mail leaves; they move the send day forward only (T5).
        too_late_days: M3.
        as_of: today.

    Returns:
        The same rows with send_on (M2: never before the task's creation) and reason (missing: it leaves on
        send_on, which may lie after as_of).
    """
    today = pd.Timestamp(as_of)
    earliest = due[["raw_send_on", "created_on"]].max(axis=1)
    latest = due.groupby("task_id")["raw_send_on"].transform("max")
    latest = pd.concat([latest, due["latest_sent_on"]], axis=1).max(axis=1)
    reason = (
        silence_reason(due, templates)
        .mask(is_too_late(earliest, today, too_late_days), Reason.TOO_LATE.value)
        .mask(due["raw_send_on"] < latest, Reason.SUPERSEDED.value)
    )
    # A mail that could have left before today leaves today, or on the first day that is not quiet.
    soonest = earliest.mask(earliest < today, today)
    return due.assign(send_on=quiet.roll(soonest, "next").mask(due["is_by_hand"], soonest), reason=reason)


def merge_requests(decided: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Let requests of several past periods leave in one mail (P4).

    Where the requests that leave for one relation, schedule and sub-task include one that was due before today, the
    task due last carries them all. What a person ordered leaves by itself.

    Args:
        decided: from `decide_mails`; all rows of a relation.
        as_of: today.

    Returns:
        The same rows with merged_into_task_id: the carrying task, missing for mails that another one does not carry.
        Carried ones have the reason `superseded`.
    """
    leaving = decided.loc[(decided["kind"] == "request") & decided["reason"].isna() & ~decided["is_by_hand"]]
    ranked = leaving.sort_values(["due_on", "task_id"])
    groups = ranked.groupby(["relation_id", "template", "schedule", "subtask"], sort=False)
    is_past = groups["due_on"].transform("min") < pd.Timestamp(as_of)
    carrier = groups["task_id"].transform("last")
    carried = carrier.where(is_past & (carrier != ranked["task_id"])).astype("Int64").reindex(decided.index)
    reason = decided["reason"].mask(carried.notna(), Reason.SUPERSEDED.value)
    return decided.assign(merged_into_task_id=carried, reason=reason)


def is_too_late(since: pd.Series, today: pd.Timestamp, too_late_days: int) -> pd.Series:
    """Whether a mail that could have left on `since` is too late today (M3)."""
    return since < today - frames.days(too_late_days)


def silence_reason(mails: pd.DataFrame, templates: Mapping[str, Template]) -> pd.Series:
    """Why a mail must not reach its relation now, read from facts as fresh as the caller's (M5, P7).

    Args:
        mails: one row per mail, with template, task_status, type, status, email, is_held, suppression (why
            the relation or its address gets no mail, missing where it does).
        templates: by name.

    Returns:
        A reason per row, missing where nothing speaks against the mail.
    """
    closed = mails["task_status"].isin(list(CLOSED_STATUSES))
    email = mails["email"]
    ladder = [
        (closed, Reason.ALREADY_DONE.value),
        (mails["is_held"], Reason.QUARANTINED.value),
        (~_served(mails, "type", {n: t.applies_to for n, t in templates.items()}), Reason.WRONG_TYPE.value),
        (~_served(mails, "status", {n: t.statuses for n, t in templates.items()}), Reason.WRONG_STATUS.value),
        (mails["suppression"] == Reason.OPTED_OUT.value, Reason.OPTED_OUT.value),
        (email.isna(), Reason.NO_EMAIL.value),
        (mails["suppression"] == Reason.BOUNCED.value, Reason.BOUNCED.value),
        (~email.str.fullmatch(ADDRESS).fillna(True).astype(bool), Reason.INVALID_FIELD.value),
    ]
    return frames.first_label(mails.index, ladder)


def _served(mails: pd.DataFrame, column: str, served: Mapping[str, Sequence[str]]) -> pd.Series:
    """Whether each mail's template still serves the relation's present type or status."""
    pairs = pd.MultiIndex.from_tuples(
        [(name, value) for name, values in served.items() for value in values], names=["template", column]
    )
    known = mails["template"].isin(list(served))
    if not len(pairs):
        return ~known
    return ~known | pd.Series(pd.MultiIndex.from_frame(mails[["template", column]]).isin(pairs), index=mails.index)
