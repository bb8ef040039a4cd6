"""The interface of a mail service: questions about messages already handed over, and about addresses.

May touch: nothing. Tests: with each service.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class MailService(Protocol):
    """What a dispatch asks the service before it sends. Every method may raise transport.TransportError."""

    def cancel(self, batch_id: str) -> None:
        """Ask to cancel a batch."""
        ...

    def is_cancelled(self, batch_id: str) -> bool:
        """Whether the cancel is confirmed."""
        ...

    def cancelled_batches(self) -> list[str]:
        """Every batch with a cancel in force."""
        ...

    def forget_cancel(self, batch_id: str) -> None:
        """Release the place of a past cancel."""
        ...

    def suppressed(self, kind: str, since: datetime, until: datetime) -> Iterator[tuple[str, datetime]]:
        """Addresses added to a list (mail_events.REASON_OF_LIST) within a period, both ends included, and when."""
        ...

    def unsuppress(self, kind: str, address: str) -> None:
        """Remove an address from a list."""
        ...

    def has_mail(self, address: str, token: str, since: datetime) -> bool:
        """Whether the service's logs show a message of an attempt; False proves nothing, as logs come late."""
        ...
