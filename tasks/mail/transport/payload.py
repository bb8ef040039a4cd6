"""Decides which messages share a SendGrid request, and builds its body. Pure: nothing is sent here.

Each client's own part is passed in two substitutions inside the shared layout; a part that is too large is sent alone,
as a whole message. The result equals what the folder transport writes (tests perform the substitution).
May touch: the sendgrid package's mail helpers. Tests: tests/unit/mail/test_payload.py.
"""

import base64
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sendgrid.helpers.mail import (
    Attachment,
    BatchId,
    Category,
    ClickTracking,
    Content,
    Disposition,
    FileContent,
    FileName,
    FileType,
    From,
    Header,
    Mail,
    MailSettings,
    OpenTracking,
    ReplyTo,
    SandBoxMode,
    SendAt,
    SubscriptionTracking,
    TrackingSettings,
)

from tasks.mail.transport.base import COMMON_HEADERS, OWN_HTML, OWN_TEXT, Mailbox, OutgoingMessage

MAX_PERSONALIZATIONS = 1000  # SendGrid v3 mail/send, personalizations.maxItems, read 2026-11
MAX_SUBSTITUTION_BYTES = 10_000  # SendGrid: substitutions of one personalization, read 2026-11
MAX_REQUEST_BYTES = 20_000_000  # SendGrid accepts 30 MB; the rest is reserved for JSON escapes
BYTES_BESIDE_A_BODY = 1_000  # of a personalization: address, name, headers, ids
CATEGORIES = ("relance",)


@dataclass(frozen=True)
class Batch:
    """The messages of one request, in the outbox's order. `is_shared`: their own parts are sent as substitutions."""

    messages: tuple[OutgoingMessage, ...]
    is_shared: bool = True

    def halves(self) -> "tuple[Batch, Batch]":
        """Two batches of half the messages each, to find the one that is refused (O2)."""
        middle = len(self.messages) // 2
        return Batch(self.messages[:middle], self.is_shared), Batch(self.messages[middle:], self.is_shared)


def batches_of(messages: Iterable[OutgoingMessage]) -> list[Batch]:
    """Group messages so that each is in exactly one batch.

    Messages in one request share layout, language, send_at, sender and reply address. An address occurs once in a
    request, ignoring case (O4); a request has at most a thousand recipients and twenty megabytes.
    """
    alone: list[Batch] = []
    groups: dict[tuple[object, ...], list[OutgoingMessage]] = defaultdict(list)
    seen: Counter[tuple[object, ...]] = Counter()
    for message in messages:
        # Content and attachments belong to a whole request, so that a calendar goes alone.
        if message.calendar is not None or _own_bytes(message) > MAX_SUBSTITUTION_BYTES:
            alone.append(Batch((message,), is_shared=False))
            continue
        common = (message.layout, message.language, message.send_at, message.sender, message.reply_to)
        address = (*common, message.to_email.casefold())
        # The second message to an address goes into a second group, and so on.
        groups[*common, seen[address]].append(message)
        seen[address] += 1
    return [batch for group in groups.values() for batch in _cut(group)] + alone


def request_body(
    batch: Batch, sender: Mailbox, token: str, send_at: datetime | None, batch_id: str | None, is_sandbox: bool = False
) -> dict[str, Any]:
    """The body of POST /v3/mail/send.

    Args:
        batch: the messages.
        sender: the firm's address, from which a message comes unless it names another.
        token: the attempt's name.
        send_at: the instant of a scheduled send; None to send at once.
        batch_id: by which a scheduled send can be cancelled (O3).
        is_sandbox: let SendGrid check the request and send nothing.
    """
    first = batch.messages[0]
    mail = Mail()
    seen = first.sender or sender
    mail.from_email = From(seen.email, seen.name)
    if first.reply_to is not None:
        mail.reply_to = ReplyTo(first.reply_to.email, first.reply_to.name)
    mail.add_content(Content("text/plain", first.layout.text if batch.is_shared else first.text))
    mail.add_content(Content("text/html", first.layout.html if batch.is_shared else first.html))
    if first.calendar is not None:
        mail.add_content(Content(f"text/calendar; method={first.calendar_method}", first.calendar))
        mail.add_attachment(_calendar_file(first.calendar))
    for name, value in (COMMON_HEADERS | {"Content-Language": first.language}).items():
        mail.add_header(Header(name, value))
    for category in CATEGORIES:
        mail.add_category(Category(category))
    mail.tracking_settings = _no_tracking()
    if send_at is not None:
        mail.send_at = SendAt(int(send_at.timestamp()))
    if batch_id is not None:
        mail.batch_id = BatchId(batch_id)
    if is_sandbox:
        mail.mail_settings = MailSettings(sandbox_mode=SandBoxMode(enable=True))
    body: dict[str, Any] = mail.get()
    return body | {
        "personalizations": [_personalization(one, sender, token, batch.is_shared) for one in batch.messages]
    }


def _personalization(message: OutgoingMessage, sender: Mailbox, token: str, is_shared: bool) -> dict[str, Any]:
    """One message's personalization, equal to what the package's helpers build ten times as slowly (held by a test)."""
    address = {"email": message.to_email}
    body: dict[str, Any] = {
        "to": [{"name": message.to_name} | address if message.to_name else address],
        "subject": message.subject,
        "headers": message.unsubscribe_headers(sender.email),
        # SendGrid treats these as "not personal data": only ids of the outbox are sent (Q5).
        "custom_args": {"message_id": str(message.message_id), "attempt": token},
    }
    return body | ({"substitutions": {OWN_TEXT: message.own_text, OWN_HTML: message.own_html}} if is_shared else {})


def _calendar_file(text: str) -> Attachment:
    """The calendar as a file, for mail programs that do not act on the part."""
    content = base64.b64encode(text.encode()).decode()
    return Attachment(
        FileContent(content), FileName("invite.ics"), FileType("application/ics"), Disposition("attachment")
    )


def _no_tracking() -> TrackingSettings:
    # Tracking rewrites links and adds pixels: the client would not receive what was written.
    settings = TrackingSettings()
    settings.click_tracking = ClickTracking(enable=False, enable_text=False)
    settings.open_tracking = OpenTracking(enable=False)
    settings.subscription_tracking = SubscriptionTracking(enable=False)
    return settings


def _own_bytes(message: OutgoingMessage) -> int:
    marks = len(OWN_TEXT) + len(OWN_HTML)
    return len(message.own_text.encode()) + len(message.own_html.encode()) + marks


def _cut(messages: Sequence[OutgoingMessage]) -> list[Batch]:
    """Split messages that may share a request into as few requests as their number and size allow."""
    batches: list[Batch] = []
    current: list[OutgoingMessage] = []
    size = 0
    for message in messages:
        # JSON may write a non-ASCII character or a quote in up to six bytes.
        weight = 2 * _own_bytes(message) + BYTES_BESIDE_A_BODY
        if current and (len(current) == MAX_PERSONALIZATIONS or size + weight > MAX_REQUEST_BYTES):
            batches.append(Batch(tuple(current)))
            current, size = [], 0
        current.append(message)
        size += weight
    return [*batches, Batch(tuple(current))] if current else batches
