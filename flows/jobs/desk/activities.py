"""Acts on activities: save one, hold it or not, copy it, cancel it (V1, V6, W1, W2); and how one stands.

May touch: flows/jobs, tasks/. Tests: tests/integration/desk/test_desk_activities.py.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.home.settings import Settings
from flows.jobs.activities import calendar_of, rule_book, run_save, run_status
from sql.store import Store
from tasks.activities.follow_up import new_id
from tasks.activities.overview import shown
from tasks.activities.stored import follower_of, get_activity
from tasks.domain.activities.activity import Activity, ActivityError
from tasks.domain.activities.times import instant_of
from tasks.domain.rules.judge import states_of
from tasks.domain.rules.records import record_of
from tasks.rules.explain import explain_rules

KIND = "activities"
TEXTS = ("kind", "subject", "owner_id", "contact_id", "location", "description")


def look(settings: Settings, store: Store, activity_id: str) -> dict[str, Any]:
    """An activity, what forms say of its fields, what it follows and what follows it, and what rules do about it.

    Raises:
        ActivityError: there is none.
    """
    with store.begin(only_reads=True) as connection:
        activity = get_activity(connection, activity_id)
        follower = follower_of(connection, activity.activity_id)
    record = record_of(activity.record(), KIND, settings.firm.zone)
    return {
        "activity": shown(activity, settings.firm.zone),
        "saves": activity.saves,
        "follows": activity.follows_id,
        "followed_by": follower,
        "states": {name: one.state for name, one in states_of(settings.forms.values(), KIND, record).items()},
        "explained": explain_rules(store, settings.forms.values(), rule_book(settings), activity.activity_id),
    }


def save(
    settings: Settings, store: Store, activity_id: str | None, written: Mapping[str, Any], user_id: str, now: datetime
) -> dict[str, Any]:
    """Save an activity as somebody typed it; returns its id, and what is doubtful about its times.

    Args:
        settings: the home's.
        store: the database.
        activity_id: its id; None for a new one.
        written: its columns as text, `invitees` as a list, the boxes as yes or no; and `saves`, as they were read.
        user_id: who saves it, and so is not notified (V1).
        now: the instant.

    Raises:
        ActivityError: it cannot be saved; the message says everything that is wrong.
    """
    starts_at, first = _instant(settings, written["starts_at"])
    ends_at, second = _instant(settings, written["ends_at"]) if written["ends_at"] else (None, None)
    if starts_at is None:
        raise ActivityError("The start is empty.")
    texts = {name: written[name].strip() or None for name in TEXTS}
    activity = Activity(
        activity_id=activity_id or new_id(),
        starts_at=starts_at,
        ends_at=ends_at,
        status=written["status"],
        remind_minutes=_minutes(written["remind_minutes"]),
        invitees=tuple(written["invitees"]),
        send_notification=bool(written["send_notification"]),
        notify_contact=bool(written["notify_contact"]),
        **(texts | {"kind": texts["kind"] or "", "subject": texts["subject"] or ""}),
    )
    expects = int(written["saves"]) if written["saves"] else None
    saved = run_save(settings, store, activity, now, by=user_id, expects=expects)
    return {"activity_id": saved.activity.activity_id, "doubts": [doubt for doubt in (first, second) if doubt]}


def end(
    settings: Settings, store: Store, activity_id: str, status: str, again_at: str, subject: str, now: datetime
) -> dict[str, Any]:
    """Hold an activity, or not, or cancel it; copy it to another time if one is given. Returns the copy's id.

    Raises:
        ActivityError: there is none, it cannot be saved so, or it is followed up otherwise already.
    """
    at, doubt = _instant(settings, again_at) if again_at else (None, None)
    again = None if at is None else (at, subject.strip() or None)
    _, copy = run_status(settings, store, activity_id, status, now, again)
    return {"copy": None if copy is None else copy.activity.activity_id, "doubts": [doubt] if doubt else []}


def calendar(settings: Settings, store: Store, activity_id: str) -> str:
    """An activity as an iCalendar text."""
    return calendar_of(settings, store, activity_id)


def _instant(settings: Settings, written: str) -> tuple[datetime | None, str | None]:
    return instant_of(written, settings.firm.zone) if written.strip() else (None, None)


def _minutes(written: str) -> int | None:
    if not written.strip():
        return None
    try:
        return int(written)
    except ValueError:
        raise ActivityError(f"{written!r} is no whole number of minutes.") from None
