"""When a request is complete (A3): from the states of its items.

An item is `open` until it is answered, `received` with an answer, `returned` when a person of the firm gave it back
(R4), `accepted` after a review, `not_applicable` when the client said so with a reason (R7).
May touch: nothing. Tests: tests/unit/requests/test_completion.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass

OPEN, RECEIVED, RETURNED, ACCEPTED, NOT_APPLICABLE = "open", "received", "returned", "accepted", "not_applicable"
ITEM_STATUSES = (OPEN, RECEIVED, RETURNED, ACCEPTED, NOT_APPLICABLE)
WANTED = (OPEN, RETURNED)


@dataclass(frozen=True)
class ItemState:
    """What completion depends on, of one item."""

    status: str
    is_optional: bool = False
    is_reviewed: bool = False

    @property
    def is_wanted(self) -> bool:
        """Whether the client still has to answer it."""
        return self.status in WANTED

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it: answered, and accepted if it is reviewed."""
        return self.status in (ACCEPTED, NOT_APPLICABLE) or (self.status == RECEIVED and not self.is_reviewed)


@dataclass(frozen=True)
class Progress:
    """How far a request is.

    Attributes:
        received, total: its items answered, and all.
        is_complete: the client has answered all that is required.
        is_done: all of that is final, too; a request without items never is by itself.
    """

    received: int
    total: int
    is_complete: bool
    is_done: bool


def progress_of(items: Iterable[ItemState]) -> Progress:
    """The progress of one request."""
    known = list(items)
    # Who returns an optional item wants it (R4).
    required = [item for item in known if not item.is_optional or item.status == RETURNED] or known
    return Progress(
        received=sum(not item.is_wanted for item in known),
        total=len(known),
        is_complete=bool(required) and not any(item.is_wanted for item in required),
        is_done=bool(required) and all(item.is_final for item in required),
    )
