"""Acts on mails: what a person found out about one of which nobody knows whether it left (O3).

May touch: tasks/mail. Tests: tests/integration/desk/test_desk_outbox.py.
"""

from datetime import datetime

from flows.home.settings import Settings
from sql.store import Store
from tasks.mail.delivery.unresolved import resolve_by_hand


def resolve(settings: Settings, store: Store, message_id: int, was_sent: bool, now: datetime) -> int:  # noqa: ARG001 - all acts are called alike
    """Record that a mail was sent, or that it was not and is sent again; returns how many were resolved."""
    return resolve_by_hand(store, [message_id], was_sent, now)
