"""Send one message by hand: record the order, then run the night's own stages for that task only.

May touch: tasks/mail/, sql/store.py. Tests: tests/integration/planning/test_order.py.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.home.clock import now
from flows.home.outgoing import open_outgoing
from flows.home.settings import Settings
from flows.jobs.providers import due_providers
from sql.store import Store
from tasks.domain.scope import Scope
from tasks.mail.compose import compose
from tasks.mail.delivery.deliver import deliver
from tasks.mail.order import order_mail, what_became_of
from tasks.mail.transport.base import TransportError


@dataclass(frozen=True)
class Sending:
    """The outcome of an order: the message, and whether this call sent it."""

    message: dict[str, Any] | None
    is_new: bool


def send_by_hand(settings: Settings, store: Store, task_id: int, key: str, as_of: date) -> Sending:
    """Send one sub-task's message now, once (M1).

    Raises:
        TaskError: there is no such task or sub-task, or it cannot send.
        TransportError: nothing can be sent now; the order is kept.
        StoreError: another run held the writer's lock for too long.
    """
    templates = settings.templates
    with store.writing(), open_outgoing(settings, store) as outgoing:
        before = order_mail(store, task_id, key, as_of)
        if before is not None and before["status"] != "pending":
            return Sending(before, is_new=False)
        scope = Scope(task_id=task_id)
        compose(store, settings.renderer, due_providers(settings), as_of=as_of, scope=scope)
        delivered = deliver(store, outgoing, templates, as_of=as_of, clock=now, scope=scope)
    if delivered.problem is not None:
        raise TransportError(delivered.problem)
    return Sending(what_became_of(store, task_id, key), is_new=True)
