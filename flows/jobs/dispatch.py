"""Dispatch between two nightly runs: due messages, attempts that a dead process left, the mail service's answers.

Documents that came while ClamAV was away are scanned first, as an item may be returned for one.

May touch: tasks/mail/, sql/. Tests: tests/integration/mail/test_dispatch.py.
"""

from collections.abc import Callable
from datetime import date, datetime

from flows.home.clock import now
from flows.home.outgoing import open_outgoing
from flows.home.settings import Settings
from flows.jobs.activities import queue_activity_mails
from flows.jobs.later_scan import scan_again, tell_clients
from sql.lock import LockTaken
from sql.store import Store
from tasks.mail.delivery.deliver import Delivered, deliver, deliver_immediate


def run_dispatch(
    settings: Settings, store: Store, as_of: date, clock: Callable[[], datetime] | None = None
) -> Delivered | None:
    """Send what is waiting in the outbox; None if another run is in progress, which sends by itself (O5).

    Invitations and reminders of activities that are due at this minute are written first (V3, V5).
    """
    clock = clock or now
    try:
        lock = store.lock().acquire()
    except LockTaken:
        return None
    with lock, open_outgoing(settings, store) as outgoing:
        tell_clients(settings, store, scan_again(settings, store), as_of)
        queue_activity_mails(settings, store, clock(), schedules=outgoing.service is not None)
        return deliver(store, outgoing, settings.templates, as_of=as_of, clock=clock)


def run_immediate(settings: Settings, store: Store, as_of: date) -> int:
    """Send what somebody waits for, also while another run is in progress; return the number of messages.

    Raises:
        TransportError: it cannot be sent now; it stays in the outbox.
    """
    with open_outgoing(settings, store) as outgoing:
        return deliver_immediate(store, outgoing, settings.templates, as_of=as_of, clock=now)
