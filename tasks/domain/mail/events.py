"""Interprets the mail service's events: their kind, their severity, and what they say about an address.

Events may be repeated, late and out of order: for each message the most severe kind counts, not the latest.
May touch: nothing. Tests: tests/unit/mail/test_read_events.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from tasks.domain.reasons import Reason

# Increasing severity; a message's `delivery` only ever rises.
WEIGHTS = {
    "processed": 0,
    "deferred": 1,
    "delivered": 2,
    "blocked": 3,
    "bounced": 4,
    "refused": 5,
    "dropped": 6,
    "unsubscribed": 7,
    "reported": 8,
}
# SendGrid's event names, read 2026-11; a bounce of type `blocked` concerns one message, any other the address.
KIND_OF = {
    "processed": "processed",
    "deferred": "deferred",
    "delivered": "delivered",
    "bounce": "bounced",
    "dropped": "dropped",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
    "spamreport": "reported",
}
# Why SendGrid drops a message before sending; any other reason concerns the message or the account, not the address.
LIST_OF_DROP = {
    "bounced address": "bounces",
    "invalid": "invalid_emails",
    "spam reporting address": "spam_reports",
    "unsubscribed address": "unsubscribes",
}
LIST_OF_KIND = {"bounced": "bounces", "unsubscribed": "unsubscribes", "reported": "spam_reports", "blocked": "blocks"}
# The lists an address may be on, and the reason given to its messages (M7); None does not suppress the address.
REASON_OF_LIST = {
    "bounces": Reason.BOUNCED.value,
    "invalid_emails": Reason.BOUNCED.value,
    "spam_reports": Reason.OPTED_OUT.value,
    "unsubscribes": Reason.OPTED_OUT.value,
    "blocks": None,
}
# SendGrid tries a message for up to 72 hours before it bounces (read 2026-11); its clock may differ by minutes.
TRIED_FOR = timedelta(hours=72)
CLOCKS_APART = timedelta(minutes=5)
LONGEST = {"sg_event_id": 128, "email": 320, "attempt": 64}


class EventError(ValueError):
    """An event that cannot be read; the message says what is missing, without personal data."""


@dataclass(frozen=True)
class MailEvent:
    """One event.

    Attributes:
        event_id: the service's id, which is the same when the event is repeated.
        kind: a key of WEIGHTS.
        happened_at: UTC.
        address: in lower case.
        message_id, token: our own ids, sent along with the message; None if it is not ours.
        on_list: the list that the address is now on, or None if this event puts it on none.
    """

    event_id: str
    kind: str
    happened_at: datetime
    address: str
    message_id: int | None = None
    token: str | None = None
    on_list: str | None = None


def resolve_bounces(
    sent: Sequence[Mapping[str, Any]], bounced: Mapping[str, datetime]
) -> tuple[list[int], list[Mapping[str, Any]]]:
    """Find the messages that came back when a bounce names only an address (M7).

    The last message sent to the address in the 72 hours before the bounce is certain. Uncertain are other messages sent
    in that time and not delivered, and a last message that was sent earlier.

    Args:
        sent: messages sent to these addresses: message_id, address, delivery, left_at (UTC without a zone); those of
            one address newest first.
        bounced: addresses with the instant of the bounce, UTC.

    Returns:
        The ids of the messages that came back, and the messages that a person has to check.
    """
    came_back: list[int] = []
    uncertain = []
    seen: set[str] = set()
    for mail in sent:
        address, at = mail["address"], bounced[mail["address"]].astimezone(UTC).replace(tzinfo=None)
        if mail["left_at"] > at + CLOCKS_APART:
            continue
        is_recent = mail["left_at"] >= at - TRIED_FOR
        if address not in seen and is_recent:
            came_back.append(mail["message_id"])
        elif address not in seen or (is_recent and mail["delivery"] != "delivered"):
            uncertain.append(mail)
        seen.add(address)
    return came_back, uncertain


def read_event(raw: object) -> MailEvent | None:
    """Interpret one object of a webhook's body.

    Returns:
        The event, or None for a kind that says nothing about delivery (an opened e-mail, a click).

    Raises:
        EventError: it is not a valid SendGrid event.
    """
    if not isinstance(raw, Mapping):
        raise EventError("it is no object")
    kind = KIND_OF.get(str(raw.get("event")))
    if kind is None:
        return None
    event_id, address = _text(raw, "sg_event_id"), parseaddr(_text(raw, "email"))[1]
    if "@" not in address:
        raise EventError("its email is missing or cannot be read")
    on_list = LIST_OF_KIND.get(kind)
    if kind == "bounced" and raw.get("type") == "blocked":
        kind, on_list = "blocked", LIST_OF_KIND["blocked"]
    if kind == "dropped":
        on_list = LIST_OF_DROP.get(str(raw.get("reason")).strip().lower())
        kind = "dropped" if on_list else "refused"
    number, token = raw.get("message_id"), raw.get("attempt")
    is_ours = isinstance(token, str) and str(number).isdecimal() and len(token) <= LONGEST["attempt"]
    ours: dict[str, Any] = {"message_id": int(str(number)), "token": token} if is_ours else {}
    return MailEvent(event_id, kind, _instant(raw.get("timestamp")), address.lower(), on_list=on_list, **ours)


def _text(raw: Mapping[str, object], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST[name] or not value.isprintable():
        raise EventError(f"its {name} is missing or cannot be read")
    return value


def _instant(value: object) -> datetime:
    try:
        return datetime.fromtimestamp(int(float(str(value))), UTC)
    except (ValueError, OverflowError, OSError):
        raise EventError("its timestamp is missing or cannot be read") from None
