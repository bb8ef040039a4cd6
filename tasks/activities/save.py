"""One save of an activity: the command's, an import's, or a person's at the firm's pages (V1, W1).

A save states the whole record. All that is wrong with it is said at once, and then nothing is written.
May touch: sql, tasks/mail. Tests: tests/integration/activities/test_save.py, on both databases.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from sql import schema
from sql.store import plain
from tasks.activities.notify import notify_owner
from tasks.activities.reminders import withdraw_outdated
from tasks.activities.stored import find_activity, write_activity
from tasks.domain.activities.activity import CANCELLED, Activity, ActivityError, is_significant, problems_of
from tasks.domain.definitions.firm import Activities
from tasks.domain.definitions.form import Form
from tasks.domain.rules.judge import changed_closed_fields, missing_fields
from tasks.domain.rules.records import record_of
from tasks.mail.render import Renderer


@dataclass(frozen=True)
class SaveContext:
    """What a save of an activity needs to know of the firm.

    Attributes:
        kinds: of activities, with their durations.
        forms: by name.
        renderer: for the firm's messages.
        zone: the firm's.
    """

    kinds: Activities
    forms: Mapping[str, Form]
    renderer: Renderer
    zone: Any


@dataclass(frozen=True)
class Saved:
    """An activity as it was saved, and before; None if it is new."""

    activity: Activity
    before: Activity | None

    @property
    def is_change(self) -> bool:
        """Whether anything of the record differs."""
        return self.before is None or self.before.record() != self.activity.record()


def save_activity(
    connection: Connection,
    context: SaveContext,
    written: Activity,
    now: datetime,
    *,
    by: str | None = None,
    expects: int | None = None,
) -> Saved:
    """Save an activity, new or known.

    Args:
        connection: an open transaction.
        context: of the firm.
        written: the whole record; what it does not state of the product's own columns is kept.
        now: the instant of the save, UTC.
        by: the user who saves it, who is not notified of it.
        expects: how often it was saved when the user read it; None where nobody has.

    Raises:
        ActivityError: it cannot be saved; the message says everything that is wrong.
    """
    before = find_activity(connection, written.activity_id)
    if expects is not None and expects != (before.saves if before else 0):
        raise ActivityError(f"{written.activity_id} was saved by somebody else meanwhile. Nothing was saved.")
    activity = _counted(_with_end(written, context.kinds), before, now)
    problems = (
        problems_of(activity) + _unknown_people(connection, activity) + _refused_by_forms(context, before, activity)
    )
    if problems:
        raise ActivityError("\n".join([*problems, "Nothing was saved."]))
    write_activity(connection, activity, is_new=before is None)
    withdraw_outdated(connection, activity.activity_id, now)
    if activity.send_notification and activity.owner_id != by:
        notify_owner(connection, context.renderer, context.zone, activity, now, is_new=before is None)
    return Saved(activity, before)


def _with_end(activity: Activity, kinds: Activities) -> Activity:
    """An activity without an end takes as long as its kind."""
    if activity.ends_at is not None:
        return activity
    return replace(activity, ends_at=activity.starts_at + timedelta(minutes=kinds.minutes_of(activity.kind)))


def _counted(activity: Activity, before: Activity | None, now: datetime) -> Activity:
    """The activity with the product's own columns: its saves and SEQUENCE (V5)."""
    if before is None:
        return replace(activity, saves=1, saved_at=plain(now))
    turned = (before.status == CANCELLED) != (activity.status == CANCELLED)
    return replace(
        activity,
        activity_id=before.activity_id,
        saves=before.saves + 1,
        saved_at=plain(now),
        sequence=before.sequence + (1 if turned or is_significant(before, activity) else 0),
        uid=before.uid,
        quiet_until=before.quiet_until,
        follows_id=before.follows_id,
    )


def _unknown_people(connection: Connection, activity: Activity) -> list[str]:
    u, r = schema.users.c, schema.relations.c
    asked = list(dict.fromkeys([*([activity.owner_id] if activity.owner_id else []), *activity.invitees]))
    known = set(connection.execute(select(u.user_id).where(u.user_id.in_(asked))).scalars()) if asked else set()
    found = [f"There is no user {one}. Import users first, or correct the id." for one in asked if one not in known]
    contact = activity.contact_id
    if contact and not connection.execute(select(r.relation_id).where(r.relation_id == contact)).first():
        found.append(f"There is no relation {contact}, the contact. Import it first, or correct the id.")
    return found


def _refused_by_forms(context: SaveContext, before: Activity | None, activity: Activity) -> list[str]:
    """What the firm's forms ask of the record (W1)."""
    forms, record = context.forms.values(), record_of(activity.record(), "activities", context.zone)
    found = [
        f"{one.field} is empty, and required by the form {one.form}."
        for one in missing_fields(forms, "activities", record)
    ]
    if before is not None:
        was = record_of(before.record(), "activities", context.zone)
        closed = changed_closed_fields(forms, "activities", was, record)
        found += [f"{one.field} cannot be changed: the form {one.form} makes it {one.state}." for one in closed]
    return found
