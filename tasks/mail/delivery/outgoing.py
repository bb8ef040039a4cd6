"""Outgoing messages: what a claimed row becomes for the transport.

May touch: pandas. Tests: tests/integration/mail/test_digest.py.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pandas as pd

from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.firm import is_address
from tasks.domain.mail.keys import ACTIVITY, IMMEDIATE_CAUSES, RULE
from tasks.mail.placeholders import Filler
from tasks.mail.render import Renderer
from tasks.mail.transport.base import Mailbox, Outcome, OutgoingMessage, Receipt, Transport
from tasks.mail.transport.service import MailService

COLUMNS = (
    "message_id",
    "cause_kind",
    "name",
    "email",
    "subject",
    "body_text",
    "body_html",
    "mail_language",
    "send_on",
    "send_at",
    "calendar",
    "is_from_owner",
)
# Causes that say themselves whose name a message bears; the others do as firm.yaml says.
BEAR_A_NAME = (ACTIVITY, RULE)
OWNER = ("owner_name", "owner_email")


@dataclass(frozen=True)
class Outgoing:
    """How messages are sent: the transport, the renderer and the hour.

    Attributes:
        transport: sends the messages.
        renderer: adds the layout around each message.
        zone, send_hour: messages are sent at this local hour.
        too_late_days: M3.
        service: the mail service behind the transport, if what was handed over can be cancelled (O3).
        labels: of the task that a suppressed address opens (M7), by reason, in the firm's language.
        fillers: of the placeholders that are filled in as a message leaves, by name.
        quiet: the calendar of days on which messages may be sent (T5); None if all are.
        is_digest: whether the messages of a day to one recipient leave as one (K1).
        is_from_owner: whether the client sees the owner as the sender.
        unsubscribe_url: of a message and its address; None if the firm has no page.
    """

    transport: Transport
    renderer: Renderer
    zone: ZoneInfo
    send_hour: time
    too_late_days: int
    service: MailService | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    fillers: Mapping[str, Filler] = field(default_factory=dict)
    quiet: Workdays | None = None
    is_digest: bool = False
    is_from_owner: bool = False
    unsubscribe_url: Callable[[int, str], str] | None = None


def outgoing_messages(
    leaving: pd.DataFrame, outgoing: Outgoing, carrier_of: Mapping[int, int], now: datetime
) -> list[OutgoingMessage]:
    """The messages as the transport sends them.

    Args:
        leaving: the claimed rows that are sent.
        outgoing: how messages are sent.
        now: the instant, at which messages leave that do not wait for the send hour.
        carrier_of: by the id of a message that leaves within another one, that one's id (K1).
    """
    carried: dict[int, list[int]] = defaultdict(list)
    for message_id, carrier in carrier_of.items():
        carried[carrier].append(message_id)
    leaving = leaving.assign(send_at=pd.to_datetime(leaving["send_at"], utc=True))
    columns = [leaving[name].tolist() for name in (*COLUMNS, *OWNER)]
    return [
        OutgoingMessage(
            message_id=number,
            to_name=name if isinstance(name, str) else email,
            to_email=email,
            subject=subject,
            layout=outgoing.renderer.layout(language),
            own_text=text.strip(),
            own_html=html,
            language=language,
            send_at=_leaves_at(cause, send_on, send_at, outgoing, now),
            reply_to=(owner := _mailbox(owner_name, owner_email)),
            sender=owner if (own if cause in BEAR_A_NAME else outgoing.is_from_owner) else None,
            carried=tuple(carried[number]),
            unsubscribe_url=outgoing.unsubscribe_url(number, email) if outgoing.unsubscribe_url else None,
            calendar=calendar if isinstance(calendar, str) else None,
        )
        for (
            number,
            cause,
            name,
            email,
            subject,
            text,
            html,
            language,
            send_on,
            send_at,
            calendar,
            own,
            owner_name,
            owner_email,
        ) in zip(*columns, strict=True)
    ]


def _leaves_at(cause: str, send_on: date, send_at: datetime, outgoing: Outgoing, now: datetime) -> datetime:
    """The instant at which a message leaves: its own, if it has one that is ahead; now; or the send hour of its day."""
    if cause in IMMEDIATE_CAUSES:
        soonest = now if pd.isna(send_at) else max(now, send_at)
        return soonest.astimezone(outgoing.zone)
    return datetime.combine(send_on, outgoing.send_hour, tzinfo=outgoing.zone)


def _mailbox(name: object, email: object) -> Mailbox | None:
    """The owner's mailbox; None if there is none to which mail can be sent."""
    if not isinstance(email, str) or not is_address(email):
        return None
    return Mailbox(name if isinstance(name, str) else email, email)


def with_receipts_of_carried(outcome: Outcome, carrier_of: Mapping[int, int]) -> Outcome:
    """An outcome with a receipt for each carried message, too: what befell its carrier."""
    if not carrier_of:
        return outcome
    fate = {receipt.message_id: receipt for receipt in outcome.receipts}
    also = [
        Receipt(message_id, fate[carrier].status, fate[carrier].reason, is_carried=True)
        for message_id, carrier in carrier_of.items()
        if carrier in fate
    ]
    return replace(outcome, receipts=[*outcome.receipts, *also])
