"""Invitations to activities: written a minute after a save, for those who were told something else (V5, V7).

May touch: sql, tasks/mail. Tests: tests/integration/activities/test_invitations.py, on both databases.
"""

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, insert, select, update

from sql import schema
from sql.store import Store, plain
from tasks.activities.merge import merge_of, relation_of, user_fields
from tasks.activities.stored import read_activities, set_uid, users_by_id
from tasks.domain.activities.activity import Activity
from tasks.domain.activities.calendar import Person, calendar_text
from tasks.domain.activities.invitations import CANCEL, REQUEST, Attendee, Told, due_invitations
from tasks.domain.activities.times import local_of
from tasks.domain.definitions.firm import Sender, is_address
from tasks.domain.mail.keys import ACTIVITY, RELATION, USER, message_key
from tasks.domain.reasons import Reason
from tasks.mail.immediate import note_unsent, queue_message
from tasks.mail.render import Renderer

# What is moved and moved back within this time tells nobody anything.
SETTLED_AFTER = timedelta(seconds=60)
MESSAGES = {REQUEST: "activity_invitation", CANCEL: "activity_cancelled"}
ACTIVITIES_A_PART = 200
SEQUENCE = re.compile(r"^SEQUENCE:(\d+)", re.MULTILINE)


def queue_invitations(store: Store, renderer: Renderer, sender: Sender, zone: ZoneInfo, now: datetime) -> int:
    """Write what is to be told of activities that were saved since; return the number of messages.

    Args:
        store: the database.
        renderer: for the firm's messages.
        sender: the firm's; who organizes, for the life of each activity.
        zone: the firm's.
        now: the instant, UTC.
    """
    a, queued = schema.activities.c, 0
    settled = and_(a.is_invitation_due.is_(True), a.saved_at <= plain(now - SETTLED_AFTER))
    while True:
        with store.begin() as connection:
            part = read_activities(connection, settled, most=ACTIVITIES_A_PART)
            for activity in part:
                queued += _tell(connection, renderer, sender, zone, activity, plain(now))
        if len(part) < ACTIVITIES_A_PART:
            return queued


def _tell(
    connection: Connection, renderer: Renderer, sender: Sender, zone: ZoneInfo, activity: Activity, now: datetime
) -> int:
    """Tell everybody who is to be told something of one activity, in one transaction with the note of it."""
    told = told_of(connection, activity.activity_id)
    due = due_invitations(activity, _asked(activity, told), {one: last for one, (last, _) in told.items()}, now)
    activity = with_uid(connection, activity, sender) if due else activity
    merge = merge_of(connection, activity, zone) if due else {}
    told_now = Telling(renderer, merge, Person(sender.name, sender.email), local_of(now, zone).date(), now)
    sent = sum(
        _tell_one(connection, told_now, activity, attendee, method, told.get(attendee)) for attendee, method in due
    )
    _note_silence(connection, activity, told, {one for one, _ in due}, now, zone)
    a = schema.activities
    connection.execute(update(a).where(a.c.activity_id == activity.activity_id).values(is_invitation_due=False))
    return sent


def _note_silence(
    connection: Connection,
    activity: Activity,
    told: Mapping[Attendee, tuple[Told, str | None]],
    due: Collection[Attendee],
    now: datetime,
    zone: ZoneInfo,
) -> None:
    """Say of whoever is asked, and is told nothing of this save, that it changes nothing in his calendar (V5)."""
    if not activity.is_planned or activity.is_over(now):
        return
    i = schema.invitations.c
    before = and_(i.activity_id == activity.activity_id, i.method == REQUEST, i.told_at < activity.saved_at)
    rows = connection.execute(select(i.attendee_kind, i.attendee_id).where(before)).tuples()
    known = {Attendee(kind, attendee_id) for kind, attendee_id in rows}
    for attendee in _asked(activity, told):
        if attendee in known and attendee not in due:
            key = {**_key(activity, attendee, REQUEST), "cycle": activity.saves}
            note_unsent(connection, key, Reason.NOT_SIGNIFICANT, local_of(now, zone).date())


@dataclass(frozen=True)
class Telling:
    """What the messages of one look at an activity share."""

    renderer: Renderer
    merge: Mapping[str, Mapping[str, object]]
    organizer: Person
    today: date
    now: datetime


def _tell_one(
    connection: Connection,
    telling: Telling,
    activity: Activity,
    attendee: Attendee,
    method: str,
    told: tuple[Told, str | None] | None,
) -> bool:
    """Queue one person's message and note it; False, with a row that says why, if no address is known."""
    key = _key(activity, attendee, method)
    person, fields = _reader(connection, attendee, told, method)
    if person is None:
        note_unsent(connection, key, Reason.NO_EMAIL, telling.today)
        return False
    is_internal = attendee.kind == USER
    text = calendar_text(activity, method, telling.organizer, person, telling.now, with_description=is_internal)
    leaves = {"calendar": text, "about_at": activity.starts_at, "owner_id": activity.owner_id}
    own = {"reader": fields | {"name": person.name}, "invitation": {"is_update": told is not None}}
    queue_message(
        connection,
        telling.renderer,
        MESSAGES[method],
        key,
        language=fields.get("language"),
        merge={**telling.merge, **own},
        send_on=telling.today,
        cycle=activity.saves,
        leaves=leaves | {"fixed_email": person.email if method == CANCEL else None},
    )
    note_told(connection, activity, attendee, method, person.email, telling.now)
    return True


def with_uid(connection: Connection, activity: Activity, sender: Sender) -> Activity:
    """The activity with its name in calendars, given once, for life."""
    if activity.uid is not None:
        return activity
    named = replace(activity, uid=f"{uuid.uuid4().hex}@{sender.email.partition('@')[2]}")
    set_uid(connection, named.activity_id, str(named.uid))
    return named


def _key(activity: Activity, attendee: Attendee, method: str) -> dict[str, str]:
    return message_key((ACTIVITY, activity.activity_id), method.lower(), (attendee.kind, attendee.id))


def _reader(
    connection: Connection, attendee: Attendee, told: tuple[Told, str | None] | None, method: str
) -> tuple[Person | None, dict[str, Any]]:
    """Who reads it: a cancellation goes where the invitation went, although the address has changed since."""
    person, fields = _person(connection, attendee)
    if method == CANCEL and told is not None and told[1]:
        return Person(person.name if person else told[1], told[1]), fields
    return person, fields


def _asked(activity: Activity, told: Mapping[Attendee, Any]) -> list[Attendee]:
    """Who is asked to an activity: those invited, and the contact once a mail has invited him.

    An owner who is also invited is told of each save already, if the box for it is ticked (V7).
    """
    asked = [Attendee(USER, one) for one in activity.invitees]
    if activity.send_notification and activity.owner_id:
        asked = [one for one in asked if one.id != activity.owner_id or one in told]
    contact = Attendee(RELATION, activity.contact_id or "")
    return [*asked, *([contact] if contact in told else [])]


def _person(connection: Connection, attendee: Attendee) -> tuple[Person | None, dict[str, Any]]:
    """The attendee's name and address; None if no mail can reach him."""
    if attendee.kind == USER:
        fields: dict[str, Any] = user_fields(users_by_id(connection, [attendee.id]).get(attendee.id))
        name = " ".join(part for part in (fields.get("first_name"), fields.get("last_name")) if part)
    else:
        fields = dict(relation_of(connection, attendee.id))
        name = fields.get("name") or ""
    email = fields.get("email")
    return (Person(name or email, email) if email and is_address(email) else None), fields


def told_of(connection: Connection, activity_id: str) -> dict[Attendee, tuple[Told, str | None]]:
    """What each person was told last of an activity, and at which address.

    A message that came too late to leave told nobody anything: what counts is the one before it.
    """
    i = schema.invitations.c
    rows = connection.execute(select(schema.invitations).where(i.activity_id == activity_id)).mappings()
    told = {
        Attendee(row["attendee_kind"], row["attendee_id"]): (Told(row["method"], row["sequence"]), row["email"])
        for row in rows
    }
    return _without_those_too_late(connection, activity_id, told)


def _without_those_too_late(
    connection: Connection, activity_id: str, told: dict[Attendee, tuple[Told, str | None]]
) -> dict[Attendee, tuple[Told, str | None]]:
    m = schema.messages.c
    about = and_(m.cause_kind == ACTIVITY, m.cause_id == activity_id, m.calendar.is_not(None))
    shown = (m.recipient_kind, m.recipient_id, m.step, m.calendar, m.email, m.fixed_email, m.reason)
    latest: dict[Attendee, Row[Any]] = {}
    lost: set[Attendee] = set()
    for row in connection.execute(select(*shown).where(about).order_by(m.message_id.desc())):
        attendee = Attendee(row.recipient_kind, row.recipient_id)
        if row.reason == Reason.TOO_LATE and attendee not in latest:
            lost.add(attendee)
        else:
            latest.setdefault(attendee, row)
    before = {one: _told_by(latest[one]) for one in lost if one in latest}
    return {one: last for one, last in (told | before).items() if one not in lost or one in before}


def _told_by(message: Row[Any]) -> tuple[Told, str | None]:
    sequence = SEQUENCE.search(message.calendar)
    return Told(message.step.upper(), int(sequence[1]) if sequence else 0), message.fixed_email or message.email


def note_told(
    connection: Connection, activity: Activity, attendee: Attendee, method: str, email: str | None, now: datetime
) -> None:
    """Note what a person is told of an activity."""
    i = schema.invitations
    key = {"activity_id": activity.activity_id, "attendee_kind": attendee.kind, "attendee_id": attendee.id}
    values = {"method": method, "email": email, "sequence": activity.sequence, "told_at": now}
    known = and_(*(i.c[name] == value for name, value in key.items()))
    if connection.execute(update(i).where(known).values(values)).rowcount == 0:
        connection.execute(insert(i).values(key | values))
