"""Messages and request items that are due, with the facts that decide on them.

May touch: sql. Tests: tests/integration/mail/test_outbox.py.
"""

from datetime import date

import pandas as pd

from sql.store import Store, iso
from tasks.domain.scope import EVERYTHING, Scope


def extract_due_mails(store: Store, as_of: date, scope: Scope = EVERYTHING) -> pd.DataFrame:
    """One row per message of the scope whose send day has come, with its merge fields."""
    template, schedule = scope.schedule_key
    due = store.read("due_mails", as_of=iso(as_of), template=template, schedule=schedule, task_id=scope.task_id)
    return scope.of(due)


def extract_due_items(store: Store, as_of: date) -> pd.DataFrame:
    """One row per item that the requests of `extract_due_mails` still ask for."""
    return store.read("due_items", as_of=iso(as_of))
