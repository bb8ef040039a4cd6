"""The places in a dispatch at which it is struck by a signal, at the n-th passage; to be set in the child alone.

claimed      the claim is committed                  intended    that a cancel will be asked for is committed
opened       the attempt is committed                cancelled   it was asked for
mid_body     half of the request's body is written   confirmed   it was confirmed
written      all of it is, and no answer read        settling    the settling transaction's first statement is done
answered     the answer is read                      requeued    so is its last, and nothing is committed
closing      the closing transaction is open         settled     it is committed
                                                     recovering  after a statement of the recovery's transaction
                                                     recovered   it is committed
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

SENDING = ("claimed", "opened", "mid_body", "written", "answered", "closing")
FENCING = ("intended", "cancelled", "confirmed", "settling", "requeued", "settled")
RECOVERING = ("recovering", "recovered")


@dataclass(frozen=True)
class Strike:
    """A signal to oneself (`by`) at the n-th passage of a place, counted from the strike before it."""

    place: str
    nth: int = 1
    by: signal.Signals = signal.SIGKILL


class Passages:
    """Counts passages, and strikes when one's turn has come. `under_way`: the place that is being walked to."""

    def __init__(self, strikes: Sequence[Strike]) -> None:
        self.under_way = ""
        self._strikes = list(strikes)
        self._seen: Counter[str] = Counter()

    def awaits(self, place: str) -> bool:
        """Whether the next passage is the one that is struck."""
        return bool(self._strikes) and (self._strikes[0].place, self._strikes[0].nth - 1) == (place, self._seen[place])

    def passed(self, place: str) -> None:
        """One more."""
        is_struck = self.awaits(place)
        self._seen[place] += 1
        if is_struck:
            strike = self._strikes.pop(0)
            self._seen.clear()
            os.kill(os.getpid(), strike.by)


def watch(passages: Passages) -> None:
    """Lay the places into this process's copy of the product."""
    from tasks.mail.delivery import deliver, fence, recall
    from tasks.mail.delivery.attempts import AttemptLedger
    from tasks.mail.transport.sendgrid import SendGridClient
    from tasks.mail.transport.sendgrid_service import SendGridService

    for holder, name, place in (
        (AttemptLedger, "claim_messages", "claimed"),
        (AttemptLedger, "open", "opened"),
        (AttemptLedger, "close", "closing"),
        (SendGridClient, "send", "answered"),
        (fence, "note_cancel", "intended"),
        (recall, "note_cancel", "intended"),
        (SendGridService, "cancel", "cancelled"),
        (SendGridService, "is_cancelled", "confirmed"),
        (fence, "_resolve", "settled"),
        (recall, "_queue_again", "settled"),
        (deliver, "recover", "recovered"),
    ):
        setattr(holder, name, _then(getattr(holder, name), passages, place))
    _watch_bodies(passages)
    _watch_statements(passages)


def _then(whole: Callable[..., Any], passages: Passages, place: str) -> Callable[..., Any]:
    def done(*args: Any, **kwargs: Any) -> Any:
        passages.under_way = place
        found = whole(*args, **kwargs)
        passages.under_way = ""
        # A dispatch whose letters were taken from it opened no attempt.
        if place != "opened" or found is not None:
            passages.passed(place)
        return found

    return done


def _watch_bodies(passages: Passages) -> None:
    from httpcore._backends.sync import SyncStream

    write = SyncStream.write

    def observed(self: SyncStream, buffer: bytes, timeout: float | None = None) -> None:
        if passages.under_way != "answered" or buffer.startswith(b"POST "):
            return write(self, buffer, timeout)
        half = len(buffer) // 2
        if passages.awaits("mid_body"):
            write(self, buffer[:half], timeout)
            buffer = buffer[half:]
        passages.passed("mid_body")
        write(self, buffer, timeout)
        return passages.passed("written")

    SyncStream.write = observed  # type: ignore[method-assign]


def _watch_statements(passages: Passages) -> None:
    """Places within transactions: after the first and the last statement of a settlement, and any of a recovery."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "after_cursor_execute")
    def executed(_connection: Any, _cursor: Any, statement: str, *_words: Any) -> None:
        if passages.under_way == "settled" and statement.startswith("UPDATE"):
            passages.passed("settling" if statement.startswith("UPDATE attempts") else "requeued")
        elif passages.under_way == "recovered" and statement.startswith("UPDATE"):
            passages.passed("recovering")
