"""What follows from an import's saves: owners are notified, and rules act, in the import's transaction (V1, V2, W2).

May touch: sql, tasks/activities. Tests: tests/integration/rules/test_rules_at_import.py, on both databases.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, or_, select

from sql import schema
from tasks.activities.notify import notify_owner
from tasks.activities.reminders import withdraw_outdated
from tasks.activities.stored import read_activities
from tasks.domain.activities.activity import Activity
from tasks.domain.activities.invitations import NONE
from tasks.domain.mail.keys import ACTIVITY, USER
from tasks.domain.reasons import Reason
from tasks.intake.admit import SavesFollowed
from tasks.intake.write_rows import Writing
from tasks.rules.act import act_on_save
from tasks.rules.matching import RECORDS_A_PART, matching
from tasks.rules.records import load_record
from tasks.rules.saves import Acted, RuleBook, Save


def follow_saves(
    connection: Connection, book: RuleBook, kind: str, writing: Writing, saved: Mapping[str, bool]
) -> SavesFollowed:
    """Notify and act for the rows of an import that are new or changed; count the mails, and those left out."""
    acted = Acted()
    if kind == "activities":
        for activity_id in _spoken_of(connection, [one for one, is_new in saved.items() if not is_new]):
            withdraw_outdated(connection, activity_id, writing.now.replace(tzinfo=UTC))
        for activity in _to_be_told(connection, saved, writing.now):
            _of_activity(connection, book, activity, writing, acted, is_new=saved[activity.activity_id])
    for record_id in matching(connection, book, kind, list(saved)):
        record = load_record(connection, kind, record_id, book.firm.zone, book.data_fields(kind))
        assert record is not None  # it was written in this transaction
        before: Mapping[str, object] | None = None if saved[record_id] else {}
        quiet = _why_quiet(record, writing, book)
        now, number = writing.now.replace(tzinfo=UTC), f"import {writing.import_id}"
        acted.join(act_on_save(connection, book, Save(kind, record_id, number, before, record, now, quiet)))
    return SavesFollowed(acted.queued, len(acted.people), acted.imported)


def _spoken_of(connection: Connection, ids: Sequence[str]) -> Iterator[str]:
    """The activities of which a message waits, or may be recalled."""
    m = schema.messages.c
    for start in range(0, len(ids), RECORDS_A_PART):
        part = (m.cause_id.in_(ids[start : start + RECORDS_A_PART]), m.status.in_(("pending", "sent")))
        yield from connection.execute(select(m.cause_id).where(m.cause_kind == ACTIVITY, *part).distinct()).scalars()


def _to_be_told(connection: Connection, saved: Mapping[str, bool], now: datetime) -> Iterator[Activity]:
    """The saved activities ahead of which somebody may be told: the owner, or those invited."""
    a, ids = schema.activities.c, list(saved)
    concerns = (a.starts_at > now, or_(a.is_notified.is_(True), a.invitees.is_not(None)))
    for start in range(0, len(ids), RECORDS_A_PART):
        part = a.activity_id.in_(ids[start : start + RECORDS_A_PART])
        yield from read_activities(connection, part, *concerns)


def _why_quiet(record: Mapping[str, object], writing: Writing, book: RuleBook) -> Reason | None:
    """Why nobody is told of a row: it is a first import (V2), or over."""
    if writing.is_quiet:
        return Reason.IMPORTED
    starts_at = record.get("starts_at")
    now = writing.now.replace(tzinfo=UTC).astimezone(book.firm.zone).replace(tzinfo=None)
    return Reason.TOO_LATE if isinstance(starts_at, datetime) and starts_at <= now else None


def _of_activity(
    connection: Connection, book: RuleBook, activity: Activity, writing: Writing, acted: Acted, *, is_new: bool
) -> None:
    if writing.is_quiet:
        acted.imported += 1 if activity.send_notification and activity.owner_id else 0
        acted.imported += _know_invited(connection, activity, writing.now)
    elif activity.send_notification and notify_owner(
        connection, book.renderer, book.firm.zone, activity, writing.now.replace(tzinfo=UTC), is_new=is_new
    ):
        acted.add([f"{USER} {activity.owner_id}"])


def _know_invited(connection: Connection, activity: Activity, now: datetime) -> int:
    """Note that those who are invited were told elsewhere; a later move tells them (V5). Returns their number."""
    for user_id in activity.invitees:
        row = {"activity_id": activity.activity_id, "attendee_kind": USER, "attendee_id": user_id, "method": NONE}
        connection.execute(insert(schema.invitations).values(row | {"sequence": activity.sequence, "told_at": now}))
    return len(activity.invitees)
