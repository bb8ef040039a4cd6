"""The door through which mails leave: what a letter is, what a receipt is, what any transport must do.

May touch: nothing. Tests: with each transport.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tasks.domain.errors import RelanceError


class TransportError(RelanceError):
    """Mails cannot leave; the message says what to do. What was claimed stays in the outbox."""


# What stands in a layout where each mail's own part goes. SendGrid replaces them per recipient (substitutions).
OWN_TEXT, OWN_HTML = "-relance_text-", "-relance_html-"
# RFC 3834: an automatic mail says so, and no vacation notice answers it.
COMMON_HEADERS = {"Auto-Submitted": "auto-generated"}


def unsubscribe_header(sender_email: str, message_id: int) -> str:
    """What a mail program offers as a way out (RFC 2369); the number says of which mail."""
    return f"<mailto:{sender_email}?subject=unsubscribe%20{message_id}>"


@dataclass(frozen=True)
class Layout:
    """What many mails have in common: text and HTML with OWN_TEXT and OWN_HTML where each mail's own part goes."""

    language: str
    text: str
    html: str


@dataclass(frozen=True)
class OutgoingMessage:
    """One mail, whole and ready.

    Attributes:
        message_id: the outbox's number, opaque to the world outside.
        to_name, to_email: the recipient.
        subject: rendered.
        layout: what it shares with others.
        own_text, own_html: the client's own part, rendered.
        language: of the own part.
        send_at: the instant at which it should leave, with its zone.
    """

    message_id: int
    to_name: str
    to_email: str
    subject: str
    layout: Layout
    own_text: str
    own_html: str
    language: str
    send_at: datetime

    @property
    def text(self) -> str:
        """The whole mail as text."""
        return self.layout.text.replace(OWN_TEXT, self.own_text)

    @property
    def html(self) -> str:
        """The whole mail as HTML."""
        return self.layout.html.replace(OWN_HTML, self.own_html)


@dataclass(frozen=True)
class Receipt:
    """What became of one letter: `sent`, `rejected` or `unknown`, with a reason unless sent."""

    message_id: int
    status: str
    reason: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of letters that went together.

    Attributes:
        receipts: one per letter whose fate is known now, or known to be unknown.
        attempt_id: the attempt they were part of, None where a transport needs none.
        state: what the attempt has become.
        http_status, problem: what the service said; never a name or an address (Q5).
    """

    receipts: list[Receipt]
    attempt_id: int | None = None
    state: str = "accepted"
    http_status: int | None = None
    problem: str | None = None


class Attempts(Protocol):
    """Where an attempt is written down before its request leaves (O1)."""

    def next_token(self) -> str:
        """A name for the next attempt, which travels with its mails."""
        ...

    def open(
        self, message_ids: Sequence[int], token: str, body_sha256: str, batch_id: str | None, send_at: datetime | None
    ) -> int | None:
        """The attempt's number; None where a letter is not ours any more, and nothing may leave."""
        ...


class Transport(Protocol):
    """Takes claimed letters; says piece by piece what became of them.

    Attributes:
        may_repeat: whether handing the same letter over twice leaves one mail, so that a claim whose holder
            died can simply be taken up again.
    """

    @property
    def may_repeat(self) -> bool:
        """See above."""
        ...

    def send(self, letters: Sequence[OutgoingMessage], attempts: Attempts) -> Iterator[Outcome]:
        """Send what was claimed; each outcome is to be written down before the next is asked for.

        Raises:
            TransportError: nothing can leave at all.
        """
        ...


class NoTransport:
    """Says `sent` and sends nothing: for rehearsals."""

    may_repeat = True

    def send(self, letters: Sequence[OutgoingMessage], attempts: Attempts) -> Iterator[Outcome]:  # noqa: ARG002 - a transport
        """A receipt per letter."""
        yield Outcome([Receipt(letter.message_id, "sent") for letter in letters])
