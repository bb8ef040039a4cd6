"""The folder transport: writes each message as a complete .eml file, which any mail client can open.

May touch: one folder. Tests: tests/unit/mail/test_folder.py, tests/integration/mail/test_outbox.py.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from tasks.mail.transport.base import (
    COMMON_HEADERS,
    Attempts,
    Mailbox,
    Outcome,
    OutgoingMessage,
    Receipt,
    TransportError,
)

PRINTABLE = re.compile(r"[\x20-\x7e]*")  # what a quoted string of RFC 5322 may contain
NEEDS_ESCAPE = re.compile(r'(["\\])')
SHORTEST_LINE_TO_FOLD = 60


class _AddressPolicy(EmailPolicy):
    """Writes From and To itself.

    Python 3.11 drops the quotes when it folds a long name, and commas in the name then separate recipients.
    """

    def fold(self, name: str, value: Any) -> str:
        """One header, folded."""
        if name.lower() not in ("from", "to"):
            return str(super().fold(name, value))
        (address,) = value.addresses
        return f"{name}: {_mailbox(address.display_name, address.addr_spec, name)}\r\n"

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same as bytes."""
        if name.lower() not in ("from", "to"):
            return bytes(super().fold_binary(name, value))
        return self.fold(name, value).encode("ascii")


def _mailbox(name: str, address: str, header: str) -> str:
    """`NAME <ADDRESS>` as one mailbox for any name: quoted if it is ASCII, else in encoded words (RFC 2047)."""
    if not name:
        return address
    if PRINTABLE.fullmatch(name) and "=?" not in name:
        quoted = '"' + NEEDS_ESCAPE.sub(r"\\\1", name) + '"'
        return f"{quoted}{chr(13) + chr(10) if len(name) > SHORTEST_LINE_TO_FOLD else ''} <{address}>"
    encoded = Header(name, "utf-8", maxlinelen=75, header_name=header).encode(linesep="\r\n")
    return f"{encoded}\r\n <{address}>"


# RFC 5322 lines end in CRLF; 8-bit bodies are encoded so that any relay may carry them.
POLICY = _AddressPolicy(linesep="\r\n", max_line_length=78, cte_type="7bit")


@dataclass(frozen=True)
class FolderTransport:
    """Writes DIR/outbox/DAY-NUMBER.eml. Writing the same message twice gives the same file."""

    folder: Path
    sender_name: str
    sender_email: str
    may_repeat: bool = True

    def send(self, messages: Sequence[OutgoingMessage], attempts: Attempts) -> Iterator[Outcome]:  # noqa: ARG002 - a transport
        """Write each message; a file is complete or does not exist.

        Raises:
            TransportError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for message in messages:
                final = self.folder / f"{message.send_at:%Y-%m-%d}-{message.message_id:06}.eml"
                unfinished = final.with_suffix(".part")
                unfinished.write_bytes(self.compose(message).as_bytes(policy=POLICY))
                unfinished.replace(final)
        except OSError as error:
            raise TransportError(
                f"{self.folder}: cannot be written: {error.strerror}. Check the folder's permissions and run again."
            ) from None
        yield Outcome([Receipt(message.message_id, "sent") for message in messages])

    def compose(self, message: OutgoingMessage) -> EmailMessage:
        """Build the e-mail with its text and HTML parts."""
        mail = EmailMessage(policy=POLICY)
        sender = message.sender or Mailbox(self.sender_name, self.sender_email)
        mail["From"] = _address(sender.name, sender.email)
        mail["To"] = _address(message.to_name, message.to_email)
        if message.reply_to is not None:
            mail["Reply-To"] = _address(message.reply_to.name, message.reply_to.email)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.send_at)
        mail["Message-ID"] = f"<relance.{message.message_id}@{self.sender_email.partition('@')[2]}>"
        for name, value in COMMON_HEADERS.items():
            mail[name] = value
        for name, value in message.unsubscribe_headers(self.sender_email).items():
            mail[name] = value
        mail.set_content(message.text, subtype="plain", charset="utf-8")
        mail.add_alternative(message.html, subtype="html", charset="utf-8")
        if message.calendar is not None:
            _add_calendar(mail, message.calendar, message.calendar_method)
        # If set before the parts exist, it would move into the first of them.
        mail["Content-Language"] = message.language
        # With a random boundary, writing one message twice would give two different files.
        for number, part in enumerate(one for one in mail.walk() if one.is_multipart()):
            part.set_boundary(f"=_relance_{message.message_id}" + (f"_{number}" if number else ""))
        return mail


def _add_calendar(mail: EmailMessage, text: str, method: str) -> None:
    """Add a calendar as a part that mail programs act on, and as a file for those that do not (RFC 6047)."""
    mail.add_alternative(text, subtype="calendar", charset="utf-8", params={"method": method})
    mail.add_attachment(text.encode(), maintype="application", subtype="ics", filename="invite.ics")


def _address(name: str, email: str) -> Address:
    return Address(display_name=name, addr_spec=email)
