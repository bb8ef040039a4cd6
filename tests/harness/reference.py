"""The slow reference: planning said once more, one row at a time, in the words of the rules.

Written without numpy or pandas on purpose; tests hold the vectorised planner to it.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from dateutil.relativedelta import relativedelta

from tasks.domain.planning.field_dates import TemplateSchedule


def plan_one(row: Mapping[str, Any], rule: TemplateSchedule, is_day_off: Any, as_of: date) -> dict[str, Any]:
    """One candidate's verdict: due_on, planned_on and the first reason against it, or None."""
    schedule, template = rule.schedule, rule.template
    due_on = planned_on = None
    anchor = row["expires_on"] if row["block"] is None else None
    if anchor is not None:
        due_on = _placed(anchor, schedule, is_day_off)
        planned_on = due_on - timedelta(days=schedule.plan_before_days)
    since = row["start_on"] or min(row["first_seen_on"], as_of)
    return {
        "anchor_on": anchor,
        "due_on": due_on,
        "planned_on": planned_on,
        "reason": _reason(row, template, schedule, anchor, planned_on, since, as_of),
    }


def _reason(
    row: Mapping[str, Any],
    template: Any,
    schedule: Any,
    anchor: date | None,
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
    if anchor is not None and schedule.until is not None and anchor > schedule.until:
        return "after_end"
    if row["block"] is not None:
        return str(row["block"])
    assert anchor is not None
    assert planned_on is not None
    unadjusted = anchor + timedelta(days=schedule.due_offset_days)
    if unadjusted < since - timedelta(days=schedule.max_overdue_days):
        return "too_old"
    if since > as_of and unadjusted < since:
        return "before_start"
    if planned_on > as_of:
        return "not_yet"
    return None


def follow_one(
    tasks: list[Mapping[str, Any]], rule: TemplateSchedule, is_day_off: Any
) -> dict[int, tuple[str, date, date]]:
    """What becomes of one relation's tasks when their field's date changed (A2): change, anchor and due day by task."""
    by_data, lead = rule.template.close_when is not None, timedelta(days=rule.schedule.plan_before_days)
    changes, wanting = {}, []
    for task in tasks:
        new, anchor = task["expires_on"], task["anchor_on"]
        past = rule.schedule.until is not None and new > rule.schedule.until and new != anchor
        corrected = new <= max(anchor, task["redated_from_on"] or anchor) or (not by_data and new < anchor + lead)
        if task["is_open"] and new != anchor:
            if not corrected and by_data:
                changes[task["task_id"]] = "renewed"
            elif corrected and task["has_twin"]:
                changes[task["task_id"]] = "superseded"
            elif corrected and past:
                changes[task["task_id"]] = "after_end"
            elif corrected:
                wanting.append((0, anchor, task["task_id"], "redated"))
        elif task["closed_by"] == "superseded" and not task["is_open"] and new == anchor:
            wanting.append((4, anchor, task["task_id"], "reopened"))
        elif corrected and not task["is_open"] and not task["has_twin"] and not past:
            if task["closed_by"] == "steps" and new != anchor:
                wanting.append((1, anchor, task["task_id"], "redated"))
            elif task["closed_by"] in ("renewed", "after_end"):
                rank = 2 if task["closed_by"] == "renewed" else 3
                wanting.append((rank, anchor, task["task_id"], "reopened"))
    for place, (rank, _, task_id, change) in enumerate(sorted(wanting)):
        if place == 0:
            changes[task_id] = change
        elif rank == 0:
            changes[task_id] = "superseded"
    return {
        task["task_id"]: (
            changes[task["task_id"]],
            task["expires_on"],
            _placed(task["expires_on"], rule.schedule, is_day_off),
        )
        for task in tasks
        if task["task_id"] in changes
    }


def plan_recurring_one(
    row: Mapping[str, Any], rule: TemplateSchedule, is_day_off: Any, as_of: date
) -> list[tuple[str | None, date | None, date | None, str | None]]:
    """One recurring candidate's verdicts: (occurrence, due_on, planned_on, reason) of each due period, or of the next."""
    schedule, is_mission = rule.schedule, rule.schedule.anchor == "mission"
    since = None if is_mission else row["start_on"] or min(row["first_seen_on"], as_of)
    first = {"mission": row["first_on"], "start": since, "period": schedule.starts_on}[schedule.anchor]
    every, unit = FREQUENCIES[row["frequency"] or schedule.frequency]
    until = min((d for d in (row["until_on"], schedule.until) if d), default=None)
    standing = _standing(row, rule, first)
    due, upcoming = [], None
    for number in range(row["quantity"] or (1 if unit == "none" else 3000)):
        day = first and _nth(
            {"first": first, "every": every, "unit": unit, "is_last_day": schedule.month_end == "last_day"}, number
        )
        if day is None or (until and day > until):
            break
        due_on = _placed(day, schedule, is_day_off)
        planned_on = due_on - timedelta(days=schedule.plan_before_days)
        unadjusted = day + timedelta(days=schedule.due_offset_days)
        if unadjusted < (_floor_one(row, schedule, since, as_of) or unadjusted):
            continue
        if _is_made(row, day, unit):
            continue
        upcoming = upcoming or (day.isoformat(), due_on, planned_on)
        if day > as_of + timedelta(days=schedule.plan_before_days - schedule.due_offset_days + 40):
            break
        stopped = row["stop_on"] and row["stop_on"] < max(planned_on, since or planned_on)
        if planned_on <= as_of and not standing and not stopped and not _is_made_once(row, unit, day, number):
            occurrence = day.isoformat() + (f"#{number + 1:03}" if unit == "none" and number else "")
            due.append((occurrence, due_on, planned_on, None))
    if due:
        return due
    reason = standing or _idle(row, first, until, unit, upcoming, since)
    return [(*(upcoming or (None, None, None)), reason)]


FREQUENCIES = {
    "none": (0, "none"),
    "weekly": (7, "days"),
    "every 10 days": (10, "days"),
    "monthly": (1, "months"),
    "quarterly": (3, "months"),
    "every 2 years": (24, "months"),
}


def _standing(row: Mapping[str, Any], rule: TemplateSchedule, first: date | None) -> str | None:
    if row["is_held"]:
        return "quarantined"
    if not row["is_assigned"]:
        return "not_assigned"
    if row["type"] not in rule.template.applies_to:
        return "wrong_type"
    if row["status"] not in rule.template.statuses:
        return "wrong_status"
    if row["mission_status"] == "ended":
        return "after_end"
    if row["mission_status"] in ("draft", "sent"):
        return "not_signed"
    if first is None:
        return "missing_field"
    return None


def _floor_one(row: Mapping[str, Any], schedule: Any, since: date | None, as_of: date) -> date | None:
    if schedule.anchor == "mission":
        return None if row["is_backfill"] else row["signed_seen_on"] or as_of
    return since if schedule.anchor == "period" else None


def _is_made(row: Mapping[str, Any], day: date, unit: str) -> bool:
    if row["made_to"] is None:
        return False
    made_from, made_to = (date.fromisoformat(row[key][:10]) for key in ("made_from", "made_to"))
    if unit == "none" and day == made_to:
        return False
    return day <= made_to and (day >= made_from or not row["is_backfill"])


def _is_made_once(row: Mapping[str, Any], unit: str, day: date, number: int) -> bool:
    if unit != "none" or row["made_to"] is None or row["made_to"][:10] != day.isoformat():
        return False
    return number < int(row["made_to"][11:] or 1)


def _idle(
    row: Mapping[str, Any],
    first: date | None,
    until: date | None,
    unit: str,
    upcoming: tuple[str, date, date] | None,
    since: date | None,
) -> str:
    assert first is not None
    if unit == "none" and row["made_to"] and (upcoming is None or upcoming[0] == row["made_to"][:10]):
        return "already_done" if row["task_status"] in ("done", "cancelled") else "already_created"
    if upcoming is None:
        return "after_end" if unit != "none" or (until is not None and first > until) else "too_old"
    if row["stop_on"] and row["stop_on"] < max(upcoming[2], since or upcoming[2]):
        return "after_end"
    return "not_yet"


def _placed(day: date, schedule: Any, is_day_off: Any) -> date:
    due_on = day + timedelta(days=schedule.due_offset_days)
    step = {"none": 0, "previous": -1, "next": 1}[schedule.adjust]
    while step and is_day_off(due_on):
        due_on += timedelta(days=step)
    return due_on


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
        due_on = _placed(day, SimpleNamespace(due_offset_days=offset_days, adjust=adjust), is_day_off)
        planned_on = due_on - timedelta(days=lead_days)
        if row["since"] is not None and day < row["since"]:
            continue
        if planned_on <= as_of and (row["floor"] is None or day + timedelta(days=offset_days) >= row["floor"]):
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


def carrier_one(
    message: Mapping[str, Any], messages: list[Mapping[str, Any]], *, is_digest: bool, as_of: date
) -> int | None:
    """The message whose mail carries this one (P4, K1); None if it leaves by itself."""
    with_it = [other for other in messages if _leave_together(message, other, is_digest)]
    is_first = message["first_mail_id"] is None
    if not is_digest and is_first and not any(other["due_on"] < as_of for other in with_it):
        return None
    lowest = min([other["message_id"] for other in with_it], default=message["message_id"])
    return None if lowest == message["message_id"] else int(lowest)


def _leave_together(one: Mapping[str, Any], other: Mapping[str, Any], is_digest: bool) -> bool:
    alike = ["cause_kind", "recipient_kind", "recipient_id", "send_on", "mail_language"]
    if one["cause_kind"] != "task" or any(one[name] != other[name] for name in alike):
        return False
    if is_digest:
        return True
    if one["first_mail_id"] is not None or other["first_mail_id"] is not None:
        return bool(one["first_mail_id"] == other["first_mail_id"])
    periods = ["relation_id", "template", "schedule", "step", "kind"]
    return one["kind"] == "request" and all(one[name] == other[name] for name in periods)


def put_off_one(
    reminder: Mapping[str, Any],
    earlier: list[Mapping[str, Any]],
    *,
    pauses: Mapping[str, date | None],
    recent: list[tuple[str, date]],
    max_per_week: int,
) -> str | None:
    """Why a reminder that is due is put off (K2): None where it leaves.

    Args:
        reminder: the one asked about.
        earlier: the others of this run that waited longer.
        pauses: paused relations.
        recent: recipient and day of the reminders of the last week.
        max_per_week: the firm's limit; 0: none.
    """
    if reminder["sequence"] == 0:
        return None
    if reminder["relation_id"] in pauses or reminder["recipient_id"] in pauses:
        return "paused"
    if not max_per_week:
        return None
    others = [e for e in earlier if e["recipient_id"] == reminder["recipient_id"]]
    leaving = 0
    for number, other in enumerate(others):
        words = {"pauses": pauses, "recent": recent, "max_per_week": max_per_week}
        if other["sequence"] and put_off_one(other, others[:number], **words) is None:
            leaving += 1
    had = sum(recipient == reminder["recipient_id"] for recipient, _ in recent)
    return "capped" if had + leaving >= max_per_week else None


def fold_one(text: str) -> str:
    """One id as a person reads it (Q6)."""
    for _ in range(2):
        text = "".join(c for c in text if not _is_invisible(c))
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return text


def key_of_one(text: str) -> str:
    """One id's key: its fold, or the value of a whole number."""
    folded = fold_one(text)
    number = re.fullmatch(r"([0-9]+)(?:[.,]0+)?", folded)
    return str(int(number[1])) if number else folded


def _is_invisible(c: str) -> bool:
    others = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    is_unassigned_format = "\u2060" <= c <= "\u206f" or "\ufff0" <= c <= "\ufffb" or "\U000e0000" <= c <= "\U000e0fff"
    is_selector = "\ufe00" <= c <= "\ufe0f"
    return (
        unicodedata.category(c) in ("Zs", "Zl", "Zp", "Cc", "Cf") or c in others or is_selector or is_unassigned_format
    )
