"""One mail sent by hand, and steps closed by hand: the order, then the night's own rooms for that task alone.

May touch: the rooms. Tests: tests/integration/planning/test_order.py.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.home.clock import now
from flows.home.outgoing import open_outgoing
from flows.home.settings import Settings
from sql.store import Store
from tasks.domain.scope import Scope
from tasks.mail.compose import compose
from tasks.mail.delivery.deliver import deliver
from tasks.mail.order import order_mail, what_became_of
from tasks.mail.transport.base import TransportError


@dataclass(frozen=True)
class Sending:
    """What became of an order: the message, and whether it was there before."""

    message: dict[str, Any] | None
    is_new: bool


def send_by_hand(settings: Settings, store: Store, task_id: int, key: str, as_of: date) -> Sending:
    """Send one step's mail now, once (M1).

    Raises:
        TaskError: no such task or step, or one that cannot send.
        TransportError: nothing can leave now; the order is kept.
        StoreError: a run has been writing for too long.
    """
    templates = settings.templates
    with store.writing(), open_outgoing(settings) as post:
        before = order_mail(store, task_id, key, as_of)
        if before is not None and before["status"] != "pending":
            return Sending(before, is_new=False)
        too_late = settings.firm.mail.too_late_days
        scope = Scope(task_id=task_id)
        compose(
            store, settings.renderer, templates, quiet=settings.quiet, too_late_days=too_late, as_of=as_of, scope=scope
        )
        delivered = deliver(store, post, templates, as_of=as_of, clock=now, scope=scope)
    if delivered.problem is not None:
        raise TransportError(delivered.problem)
    return Sending(what_became_of(store, task_id, key), is_new=True)
