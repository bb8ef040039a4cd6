"""The interface of a transport: messages, receipts, outcomes, and what every transport must do.

May touch: nothing. Tests: with each transport.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tasks.domain.errors import RelanceError


class TransportError(RelanceError):
    """Messages cannot be sent; the text says what to do. Claimed messages stay in the outbox."""


# Placeholders for each message's own part in a layout. SendGrid replaces them per recipient (substitutions).
OWN_TEXT, OWN_HTML = "-relance_text-", "-relance_html-"
# RFC 3834: marks a message as automatic, so that no vacation notice answers it.
COMMON_HEADERS = {"Auto-Submitted": "auto-generated"}


@dataclass(frozen=True)
class Mailbox:
    """A name and an address."""

    name: str
    email: str


@dataclass(frozen=True)
class Layout:
    """The shared part of messages: text and HTML with OWN_TEXT and OWN_HTML in place of each message's own part."""

    language: str
    text: str
    html: str


@dataclass(frozen=True)
class OutgoingMessage:
    """One complete message, ready to send.

    Attributes:
        message_id: its id in the outbox, opaque to others.
        to_name, to_email: the recipient.
        subject: rendered.
        layout: the part it shares with others.
        own_text, own_html: its own part, rendered.
        language: of its own part.
        send_at: the instant at which to send it, with time zone.
        reply_to: who gets the answer, if not the sender.
        sender: whom the client sees as the sender; None for the firm.
        carried: ids of the messages that leave within this one (K1).
        unsubscribe_url: where a mail program asks for no more messages with one click; None if there is no page.
        calendar: an iCalendar text that goes with it (V5).
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
    reply_to: Mailbox | None = None
    sender: Mailbox | None = None
    carried: tuple[int, ...] = ()
    unsubscribe_url: str | None = None
    calendar: str | None = None

    @property
    def calendar_method(self) -> str:
        """What its calendar asks of a mail program: REQUEST or CANCEL."""
        return (self.calendar or "").partition("METHOD:")[2].partition("\r\n")[0]

    def unsubscribe_headers(self, sender_email: str) -> dict[str, str]:
        """The headers by which a recipient asks for no more: by mail (RFC 2369), and with one click (RFC 8058)."""
        by_mail = f"<mailto:{sender_email}?subject=unsubscribe%20{self.message_id}>"
        if self.unsubscribe_url is None:
            return {"List-Unsubscribe": by_mail}
        both = f"<{self.unsubscribe_url}>, {by_mail}"
        return {"List-Unsubscribe": both, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}

    @property
    def text(self) -> str:
        """The complete message as text."""
        return self.layout.text.replace(OWN_TEXT, self.own_text)

    @property
    def html(self) -> str:
        """The complete message as HTML."""
        return self.layout.html.replace(OWN_HTML, self.own_html)


@dataclass(frozen=True)
class Receipt:
    """The outcome for one message: `sent`, `rejected` or `unknown`, with a reason unless sent.

    `is_carried`: it left within another one (K1).
    """

    message_id: int
    status: str
    reason: str | None = None
    is_carried: bool = False


@dataclass(frozen=True)
class Outcome:
    """The outcome of messages sent together.

    Attributes:
        receipts: one per message whose outcome is known, or known to be unknown.
        attempt_id: their attempt; None for a transport that needs none.
        state: the attempt's state.
        http_status, problem: the service's answer; never a name or an address (Q5).
    """

    receipts: list[Receipt]
    attempt_id: int | None = None
    state: str = "accepted"
    http_status: int | None = None
    problem: str | None = None


class Attempts(Protocol):
    """Records an attempt before its request is made (O1)."""

    def next_token(self) -> str:
        """A name for the next attempt, which is sent along with its messages."""
        ...

    def open(
        self, message_ids: Sequence[int], token: str, body_sha256: str, batch_id: str | None, send_at: datetime | None
    ) -> int | None:
        """The attempt's id; None if another dispatch has taken a message, and nothing may be sent."""
        ...


class Transport(Protocol):
    """Sends claimed messages, and yields their outcomes piece by piece.

    Attributes:
        may_repeat: whether sending the same message twice has the effect of sending it once, so that messages of a
            claim whose holder died can simply be claimed again.
    """

    @property
    def may_repeat(self) -> bool:
        """See the class."""
        ...

    def send(self, messages: Sequence[OutgoingMessage], attempts: Attempts) -> Iterator[Outcome]:
        """Send the claimed messages; each outcome must be recorded before the next is requested.

        Raises:
            TransportError: nothing can be sent at all.
        """
        ...


class NoTransport:
    """Reports `sent` and sends nothing: for dry runs."""

    may_repeat = True

    def send(self, messages: Sequence[OutgoingMessage], attempts: Attempts) -> Iterator[Outcome]:  # noqa: ARG002 - a transport
        """Yield a receipt for each message."""
        yield Outcome([Receipt(message.message_id, "sent") for message in messages])
