"""The folder transport: each mail a complete .eml file, to be opened in any mail client.

May touch: one folder. Tests: tests/integration/test_outbox.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from tasks.mail.transport import COMMON_HEADERS, Attempts, Letter, Outcome, Receipt, TransportError, unsubscribe_header

# RFC 5322 lines end in CRLF; 8-bit bodies are encoded so that any relay may carry them.
POLICY = SMTP.clone(max_line_length=78, cte_type="7bit")


@dataclass(frozen=True)
class FolderTransport:
    """Writes DIR/outbox/DAY-NUMBER.eml. Writing the same letter twice leaves the same file."""

    folder: Path
    sender_name: str
    sender_email: str
    may_repeat: bool = True

    def send(self, letters: Sequence[Letter], attempts: Attempts) -> Iterator[Outcome]:  # noqa: ARG002 - a transport
        """Write each letter; a file is there whole or not at all.

        Raises:
            TransportError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for letter in letters:
                final = self.folder / f"{letter.send_at:%Y-%m-%d}-{letter.message_id:06}.eml"
                unfinished = final.with_suffix(".part")
                unfinished.write_bytes(self.compose(letter).as_bytes(policy=POLICY))
                unfinished.replace(final)
        except OSError as error:
            raise TransportError(
                f"{self.folder}: cannot be written: {error.strerror}. Mend the folder and run again."
            ) from None
        yield Outcome([Receipt(letter.message_id, "sent") for letter in letters])

    def compose(self, letter: Letter) -> EmailMessage:
        """The letter as a message of both parts."""
        mail = EmailMessage(policy=POLICY)
        mail["From"] = _address(self.sender_name, self.sender_email)
        mail["To"] = _address(letter.to_name, letter.to_email)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(letter.send_at)
        mail["Message-ID"] = f"<relance.{letter.message_id}@{self.sender_email.partition('@')[2]}>"
        for name, value in COMMON_HEADERS.items():
            mail[name] = value
        mail["List-Unsubscribe"] = unsubscribe_header(self.sender_email, letter.message_id)
        mail.set_content(letter.text, subtype="plain", charset="utf-8")
        mail.add_alternative(letter.html, subtype="html", charset="utf-8")
        # Set before the parts are there, it would move into the first of them.
        mail["Content-Language"] = letter.language
        # A random boundary would make two writings of one letter differ.
        mail.set_boundary(f"=_relance_{letter.message_id}")
        return mail


def _address(name: str, email: str) -> Address:
    return Address(display_name=name, addr_spec=email)
