"""Which due reminders leave, with which message, and which are put off (R1, R3, K2): over whole columns.

May touch: pandas. Tests: tests/unit/requests/test_decide_reminders.py, against a slow reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.request import REMINDER, REMINDER_STARTED
from tasks.domain.definitions.template import Template
from tasks.domain.mail.decide import silence_reason
from tasks.domain.reasons import Reason

RETURNED_MESSAGE = "returned"
WEEK = 7
NO_REMINDERS = pd.DataFrame({"recipient_id": pd.Series(dtype=frames.TEXT), "send_on": pd.Series(dtype=frames.DATE)})


@dataclass(frozen=True)
class Restraint:
    """What puts reminders off (K2).

    Attributes:
        pauses: paused relations, with the last day; None if a person has to end the pause.
        recent: recipient_id and send_on of the reminders of the last seven days.
        max_per_week: of reminders to one recipient; 0: no limit.
    """

    pauses: Mapping[str, date | None] = field(default_factory=dict)
    recent: pd.DataFrame = field(default_factory=NO_REMINDERS.copy)
    max_per_week: int = 0


NO_RESTRAINT = Restraint()


def decide_reminders(
    due: pd.DataFrame,
    templates: Mapping[str, Template],
    quiet: Workdays,
    as_of: date,
    *,
    restraint: Restraint = NO_RESTRAINT,
    is_by_hand: bool = False,
) -> pd.DataFrame:
    """Decide for each due reminder whether it is sent, on which day, and with which message.

    Args:
        due: one row per recipient and request, with sequence (0: the message of a return), received_items, remind_on,
            the messages of its rhythm, relation_id, recipient_id, and the facts that `silence_reason` reads.
        templates: by name.
        quiet: the calendar of days on which messages may be sent.
        as_of: today.
        restraint: what puts reminders off; not the message of a return, nor what a person ordered.
        is_by_hand: whether a person ordered it; it leaves on a quiet day, too.

    Returns:
        The same rows with message, send_on and reason (missing: it is sent). What is put off has the day on which it
        is expected.
    """
    today = pd.Series(pd.Timestamp(as_of), index=due.index, dtype=frames.DATE)
    is_begun = due["received_items"] > 0
    message = due["remind_message"].fillna(REMINDER)
    message = message.mask(is_begun, due["remind_message_started"].fillna(REMINDER_STARTED))
    decided = due.assign(
        send_on=today if is_by_hand else quiet.roll(today, "next"),
        reason=silence_reason(due, templates),
        message=message.mask(due["sequence"] == 0, RETURNED_MESSAGE),
    )
    return decided if is_by_hand else _capped(_paused(decided, restraint, quiet), restraint, quiet)


def _paused(decided: pd.DataFrame, restraint: Restraint, quiet: Workdays) -> pd.DataFrame:
    """Put off the reminders of paused relations to the day after the pause."""
    leaving = decided["reason"].isna() & (decided["sequence"] > 0)
    for column in ("relation_id", "recipient_id"):
        is_paused = leaving & decided["reason"].isna() & decided[column].isin(list(restraint.pauses))
        if not is_paused.any():
            continue
        last = frames.dates(decided.loc[is_paused, column].map(dict(restraint.pauses)))
        expected = (last + frames.days(1)).fillna(decided.loc[is_paused, "send_on"])
        put_off = decided["send_on"].mask(is_paused, quiet.roll(expected, "next").reindex(decided.index))
        decided = decided.assign(send_on=put_off, reason=decided["reason"].mask(is_paused, Reason.PAUSED.value))
    return decided


def _capped(decided: pd.DataFrame, restraint: Restraint, quiet: Workdays) -> pd.DataFrame:
    """Put off what is more than a recipient gets in a week; the request that has waited longest goes first."""
    if not restraint.max_per_week:
        return decided
    leaving = decided.loc[decided["reason"].isna() & (decided["sequence"] > 0)]
    ranked = leaving.sort_values(["remind_on", "task_id", "step"])
    before = restraint.recent.groupby("recipient_id")["send_on"].agg(["size", "min"])
    had = before["size"].reindex(ranked["recipient_id"]).fillna(0).set_axis(ranked.index)
    is_over = had + ranked.groupby("recipient_id").cumcount() >= restraint.max_per_week
    over = ranked.loc[is_over]
    if over.empty:
        return decided
    oldest = frames.dates(before["min"].reindex(over["recipient_id"]).set_axis(over.index)).fillna(over["send_on"])
    expected = quiet.roll(oldest + frames.days(WEEK), "next").reindex(decided.index)
    is_over = is_over.reindex(decided.index, fill_value=False)
    return decided.assign(
        send_on=decided["send_on"].mask(is_over, expected), reason=decided["reason"].mask(is_over, Reason.CAPPED.value)
    )
