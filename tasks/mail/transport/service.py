"""The mail service beside its door: what can be asked of it about mails that were handed over, and about addresses.

May touch: nothing. Tests: with each service.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class MailService(Protocol):
    """What a dispatch asks before it sends. Every method may raise transport.TransportError."""

    def cancel(self, batch_id: str) -> None:
        """Ask that nothing of a batch leaves."""
        ...

    def is_cancelled(self, batch_id: str) -> bool:
        """Whether that is confirmed."""
        ...

    def cancelled_batches(self) -> list[str]:
        """Every batch of which a cancel stands."""
        ...

    def forget_cancel(self, batch_id: str) -> None:
        """Give back the place of a cancel whose hour is past."""
        ...

    def suppressed(self, kind: str, since: datetime, until: datetime) -> Iterator[tuple[str, datetime]]:
        """Addresses that came onto a list (mail_events.REASON_OF_LIST) within a time, both ends included, and when."""
        ...

    def unsuppress(self, kind: str, address: str) -> None:
        """Take an address off a list."""
        ...

    def has_mail(self, address: str, token: str, since: datetime) -> bool:
        """Whether the service's logs show a mail of an attempt; False says nothing, as logs come late."""
        ...
