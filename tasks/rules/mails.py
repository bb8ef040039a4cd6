"""The mails of a rule, rendered from the record as it was saved (W3).

A mail about an activity to its contact or to those invited carries the activity for their calendar (V5).
May touch: sql, tasks/activities, tasks/mail. Tests: tests/integration/rules/test_act.py, on both databases.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from sql import schema
from sql.store import plain
from tasks.activities.invitations import note_told, with_uid
from tasks.activities.merge import merge_of, relation_of, user_fields
from tasks.activities.stored import find_activity, users_by_id
from tasks.domain.activities.calendar import Person, calendar_text
from tasks.domain.activities.invitations import REQUEST, Attendee
from tasks.domain.definitions.firm import Firm, is_address
from tasks.domain.definitions.rule import MailAction, Rule
from tasks.domain.errors import RelanceError
from tasks.domain.mail.keys import RELATION, RULE, USER, message_key
from tasks.domain.reasons import Reason
from tasks.mail.immediate import queue_message
from tasks.mail.render import Renderer
from tasks.rules.records import people_of
from tasks.rules.saves import Save


class CannotMail(RelanceError):
    """A rule's mail that can reach nobody; the message says why."""

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def queue_mails(
    connection: Connection, renderer: Renderer, firm: Firm, rule: Rule, save: Save, act_id: int
) -> list[str]:
    """Put a rule's mails into the outbox; return the recipients.

    Raises:
        CannotMail: one of them can reach nobody.
        tasks.mail.render.MergeFieldMissing, tasks.mail.render.UnsafeMail: one of them cannot be rendered.
    """
    if not rule.mails:
        return []
    contact, owner = people_of(connection, save.kind, dict(save.record))
    merge = _merge(connection, firm, save, contact, owner)
    reached: list[str] = []
    for mail in rule.mails:
        for attendee, email, language in _recipients(connection, mail, save, contact, owner):
            queue_message(
                connection,
                renderer,
                mail.message,
                message_key((RULE, str(act_id)), mail.message, (attendee.kind, attendee.id)),
                language=language,
                merge=merge,
                send_on=save.now.astimezone(firm.zone).date(),
                leaves={
                    "owner_id": owner,
                    "is_from_owner": mail.sender == "owner",
                    "calendar": _calendar(connection, firm, save, mail, attendee, email),
                },
            )
            reached.append(f"{attendee.kind} {attendee.id}")
    return reached


def _merge(
    connection: Connection, firm: Firm, save: Save, contact: str | None, owner: str | None
) -> dict[str, dict[str, object]]:
    """The merge fields of a mail: of an activity as in its own messages; of others the record's own fields."""
    if save.kind == "activities":
        activity = save.activity or find_activity(connection, save.record_id)
        assert activity is not None  # saved in this transaction
        return merge_of(connection, activity, firm.zone)
    relation = relation_of(connection, contact)
    people = users_by_id(connection, [owner] if owner else [])
    merge: dict[str, dict[str, object]] = {
        "relation": relation,
        "contact": relation,
        "owner": user_fields(people.get(owner or "")),
    }
    own = dict(save.record)
    if save.kind == "missions":
        return merge | {"mission": own}
    return merge | {"relation": relation | own, "contact": relation | own}


def _recipients(
    connection: Connection, mail: MailAction, save: Save, contact: str | None, owner: str | None
) -> list[tuple[Attendee, str, str | None]]:
    """Who gets a mail, with address and language; those without an address are left out (V7).

    Raises:
        CannotMail: nobody is left.
    """
    if mail.to == "contact":
        return [_client(connection, mail, contact)]
    ids = [owner] if mail.to == "owner" else list(save.record.get("invitees") or [])
    users = users_by_id(connection, [one for one in ids if one])
    found = [(Attendee(USER, one), str(user["email"]), None) for one, user in users.items() if user["email"]]
    if not found:
        raise CannotMail(Reason.NO_EMAIL, f"message {mail.message}: there is no {mail.to} with an address")
    return sorted(found)


def _client(connection: Connection, mail: MailAction, contact: str | None) -> tuple[Attendee, str, str | None]:
    r = schema.relations.c
    wanted = select(r.email, r.language, r.is_opted_out).where(r.relation_id == contact)
    row = connection.execute(wanted).first() if contact else None
    if row is None:
        raise CannotMail(Reason.NO_RECIPIENT, f"message {mail.message}: the record names no contact")
    if not row.email or not is_address(row.email):
        raise CannotMail(Reason.NO_EMAIL, f"message {mail.message}: {contact} has no e-mail address")
    s = schema.suppressions.c
    silenced = select(func.max(s.reason)).where(s.address == row.email.lower())
    reason = Reason.OPTED_OUT.value if row.is_opted_out else connection.execute(silenced).scalar_one()
    if reason:
        raise CannotMail(Reason(reason), f"message {mail.message}: {contact} gets no mails: {reason}")
    return Attendee(RELATION, str(contact)), row.email, row.language


def _calendar(
    connection: Connection, firm: Firm, save: Save, mail: MailAction, attendee: Attendee, email: str
) -> str | None:
    """The activity for the reader's calendar, noted as an invitation, so that later moves reach him (V5)."""
    if save.kind != "activities" or mail.to == "owner":
        return None
    activity = find_activity(connection, save.record_id)
    now = plain(save.now)
    if activity is None or not activity.is_planned or activity.is_over(now):
        return None
    activity = with_uid(connection, activity, firm.sender)
    name = _name(connection, attendee)
    organizer = Person(firm.sender.name, firm.sender.email)
    note_told(connection, activity, attendee, REQUEST, email, now)
    return calendar_text(activity, REQUEST, organizer, Person(name or email, email), now)


def _name(connection: Connection, attendee: Attendee) -> str:
    if attendee.kind == RELATION:
        return str(relation_of(connection, attendee.id).get("name") or "")
    user: Mapping[str, Any] = users_by_id(connection, [attendee.id])[attendee.id]
    return " ".join(part for part in (user["first_name"], user["last_name"]) if part)
