"""What open requests wait for: the client, a review, nothing any more; and the day of the next reminder.

May touch: sql. Tests: tests/integration/requests/test_overview.py.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from sql.store import Store, iso
from tasks.domain.dates.workdays import Workdays
from tasks.domain.reasons import Reason
from tasks.requests.pauses import paused_until
from tasks.rows import plain_rows

UNSENT, CLIENT, REVIEW, NOBODY = "sending", "client", "review", "nobody"
SHOWN = ("task_id", "step", "waits_for", "wanted_items", "items_to_review", "next_reminder_on", "reminder", "reason")


def list_requests(store: Store, relation_id: str, quiet: Workdays, as_of: date) -> list[dict[str, Any]]:
    """The open requests of a relation.

    Args:
        store: the database.
        relation_id: the relation.
        quiet: the calendar of days on which messages may be sent.
        as_of: today.

    Returns:
        For each: task_id, template, schedule, mission_id, step; `waits_for` (sending, client, review, nobody), the
        numbers of items; `next_reminder_on`, `reminder` (its number and how many there are at most), and `reason`, why
        there is none or why it comes later.
    """
    found = store.read("open_requests", relation_id=relation_id, as_of=iso(as_of))
    pauses = paused_until(store, as_of)
    return [row | _state(row, quiet, pauses, as_of) for row in plain_rows(found)]


def _state(row: Mapping[str, Any], quiet: Workdays, pauses: Mapping[str, date | None], as_of: date) -> dict[str, Any]:
    state: dict[str, Any] = {"waits_for": _waits_for(row), "next_reminder_on": None, "reminder": None, "reason": None}
    if state["waits_for"] != CLIENT or row["remind_max"] is None:
        return state | {"reason": row["stopped_by"] if state["waits_for"] in (UNSENT, CLIENT) else None}
    sequence = 1 if row["last_sequence"] is None else row["last_sequence"] + 1
    if row["exhausted_on"] is not None or sequence > row["remind_max"] or row["remind_on"] is None:
        return state | {"reason": row["stopped_by"]}
    state["reminder"] = f"{sequence} of {row['remind_max']}"
    day, reason = max(date.fromisoformat(row["remind_on"]), as_of), row["stopped_by"]
    if row["wanted_items"] and not row["unpromised_items"]:
        day, reason = max(day, date.fromisoformat(row["promised_on"]) + timedelta(days=1)), "promised"
    if row["relation_id"] in pauses:
        last = pauses[row["relation_id"]]
        if last is None:
            return state | {"reason": Reason.PAUSED.value}
        day, reason = max(day, last + timedelta(days=1)), Reason.PAUSED.value
    if row["waiting_send_on"] is not None:
        day = max(day, date.fromisoformat(row["waiting_send_on"]))
    rolled = quiet.roll(pd.Series([pd.Timestamp(day)]), "next").iloc[0].date()
    return state | {"next_reminder_on": iso(rolled), "reason": reason}


def _waits_for(row: Mapping[str, Any]) -> str:
    if row["last_sequence"] is None:
        return UNSENT
    if row["completed_on"] is None:
        return NOBODY if row["exhausted_on"] is not None else CLIENT
    return REVIEW if row["items_to_review"] else NOBODY


def count_requests(store: Store, as_of: date) -> dict[str, int]:
    """The numbers of open requests that wait for the client, for a review, and that are exhausted."""
    return {str(name): int(n) for name, n in store.read("count_requests", as_of=iso(as_of)).iloc[0].items()}
