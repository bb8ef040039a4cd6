"""The product, broken on purpose: what the proof must notice (`--broken NAME`), in the child alone.

unfenced     an attempt under way is queued again as if nothing had left
careless     whoever wakes late writes his answer down whatever has become of the attempt since
credulous    a cancel is taken for confirmed, of a service that shows and keeps none
hasty        a mail is `sent` before its request leaves
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from sql import schema
from sql.store import Store


def break_product(how: str) -> None:
    """Break it, or leave it whole where nothing is named."""
    if how:
        BREAKAGES[how]()


def _unfenced() -> None:
    from tasks.mail.delivery import deliver

    whole = deliver.recover

    def recover(store: Store, now: datetime) -> None:
        whole(store, now)
        m, a = schema.messages, schema.attempts
        with store.begin() as connection:
            connection.execute(update(m).where(m.c.status == "unknown").values(status="pending", attempt_id=None))
            connection.execute(update(a).where(a.c.state == "unknown").values(state="resolved"))

    deliver.recover = recover


def _careless() -> None:
    from tasks.mail.delivery.attempts import AttemptLedger

    whole = AttemptLedger.close

    def close(self: AttemptLedger, connection: Any, outcome: Any) -> bool:
        whole(self, connection, outcome)
        m = schema.messages
        ids = [receipt.message_id for receipt in outcome.receipts]
        taken = update(m).where(m.c.message_id.in_(ids))
        connection.execute(taken.values(status="sending", claimed_by=self.claim))
        return True

    AttemptLedger.close = close  # type: ignore[method-assign]


def _credulous() -> None:
    from tasks.mail.transport.sendgrid_service import SendGridService

    SendGridService.cancel = lambda *_words: None  # type: ignore[method-assign]
    SendGridService.is_cancelled = lambda *_words: True  # type: ignore[method-assign]


def _hasty() -> None:
    from tasks.mail.delivery.attempts import AttemptLedger

    whole = AttemptLedger.open

    def open_(self: AttemptLedger, message_ids: Any, *words: Any) -> int | None:
        found = whole(self, message_ids, *words)
        m, a = schema.messages, schema.attempts
        with self._store.begin() as connection:
            known = select(a.c.attempt_id).where(a.c.attempt_id == found)
            connection.execute(update(m).where(m.c.attempt_id.in_(known)).values(status="sent"))
        return found

    AttemptLedger.open = open_  # type: ignore[method-assign]


BREAKAGES: dict[str, Callable[[], None]] = {
    "unfenced": _unfenced,
    "careless": _careless,
    "credulous": _credulous,
    "hasty": _hasty,
}
