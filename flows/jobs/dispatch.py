"""Dispatch between two nights: what became due since, what a dead dispatch left, and what the mail service told.

May touch: the rooms. Tests: tests/integration/mail/test_dispatch.py.
"""

import uuid
from datetime import date

from flows.home.clock import now
from flows.home.outgoing import post_of
from flows.home.settings import Settings
from sql.lock import LockTaken
from sql.store import Store
from tasks.mail.delivery.deliver import Delivered, deliver
from tasks.planning.close import close_finished


def run_dispatch(settings: Settings, store: Store, as_of: date) -> Delivered | None:
    """Send what waits in the outbox; None where a run is under way, which sends by itself (O5)."""
    try:
        lock = store.lock().acquire()
    except LockTaken:
        return None
    with lock, post_of(settings) as post:
        delivered = deliver(store, post, settings.templates, as_of, now, uuid.uuid4().hex)
        close_finished(store, settings.templates, as_of)
    return delivered
