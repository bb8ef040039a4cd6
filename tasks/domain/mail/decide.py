"""Which messages are sent, wait, or are dropped, and why: M2, M3, M5, M6, M9 over whole columns.

May touch: numpy, pandas. Tests: tests/unit/mail/test_decide.py.
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
    """Decide for each due message on which day it is sent, or why it is not.

    Args:
        due: one row per sub-task of an open task whose raw_send_on has come and that has no message
            yet, with latest_sent_on (the send day of the task's latest message so far, NaT if none) and the
            facts that `silence_reason` reads.
        templates: by name; a task whose template no longer exists keeps its messages (P7 covers relations only).
        quiet: the calendar whose days off are days without messages; it only ever moves the send day later (T5).
        too_late_days: M3.
        as_of: today.

    Returns:
        The same rows with send_on (M2: never before the task's creation) and reason (missing: it is sent on
        send_on, which may be after as_of).
    """
    today = pd.Timestamp(as_of)
    earliest = due[["raw_send_on", "created_on"]].max(axis=1)
    latest = due.groupby(["task_id", "recipient_id"])["raw_send_on"].transform("max")
    latest = pd.concat([latest, due["latest_sent_on"]], axis=1).max(axis=1)
    reason = (
        silence_reason(due, templates)
        .mask(is_too_late(earliest, today, too_late_days), Reason.TOO_LATE.value)
        .mask(due["raw_send_on"] < latest, Reason.SUPERSEDED.value)
    )
    # A message that could have been sent before today is sent today, or on the first day that is not quiet.
    soonest = earliest.mask(earliest < today, today)
    return due.assign(send_on=quiet.roll(soonest, "next").mask(due["is_by_hand"], soonest), reason=reason)


def is_too_late(since: pd.Series, today: pd.Timestamp, too_late_days: int) -> pd.Series:
    """Whether a message that could have been sent on `since` is too late today (M3)."""
    return since < today - frames.days(too_late_days)


def silence_reason(mails: pd.DataFrame, templates: Mapping[str, Template]) -> pd.Series:
    """The reason why a message must not be sent now, based on facts that the caller has just read (M5, P7).

    Args:
        mails: one row per message, with template, task_status, type, status, email, is_held, suppression (why
            the recipient or its address gets no e-mail; missing if it does), is_without_recipient (R6).
        templates: by name.

    Returns:
        A reason per row, missing if the message may be sent.
    """
    closed = mails["task_status"].isin(list(CLOSED_STATUSES))
    email = mails["email"]
    ladder = [
        (closed, Reason.ALREADY_DONE.value),
        (mails["is_held"], Reason.QUARANTINED.value),
        (~_served(mails, "type", {n: t.applies_to for n, t in templates.items()}), Reason.WRONG_TYPE.value),
        (~_served(mails, "status", {n: t.statuses for n, t in templates.items()}), Reason.WRONG_STATUS.value),
        (mails["suppression"] == Reason.OPTED_OUT.value, Reason.OPTED_OUT.value),
        (mails["is_without_recipient"], Reason.NO_RECIPIENT.value),
        (email.isna(), Reason.NO_EMAIL.value),
        (mails["suppression"] == Reason.BOUNCED.value, Reason.BOUNCED.value),
        (~email.str.fullmatch(ADDRESS).fillna(True).astype(bool), Reason.INVALID_FIELD.value),
    ]
    return frames.first_label(mails.index, ladder)


def _served(mails: pd.DataFrame, column: str, served: Mapping[str, Sequence[str]]) -> pd.Series:
    """Whether each message's template is still for the relation's current type or status."""
    pairs = pd.MultiIndex.from_tuples(
        [(name, value) for name, values in served.items() for value in values], names=["template", column]
    )
    known = mails["template"].isin(list(served))
    if not len(pairs):
        return ~known
    return ~known | pd.Series(pd.MultiIndex.from_frame(mails[["template", column]]).isin(pairs), index=mails.index)
