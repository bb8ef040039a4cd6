"""Messages and request items that are due, with the facts that decide on them.

May touch: sql. Tests: tests/integration/mail/test_outbox.py.
"""

from datetime import date

import pandas as pd

from sql.store import Store, iso


def extract_due_mails(store: Store, as_of: date, only: str | None = None, task_id: int | None = None) -> pd.DataFrame:
    """One row per mail whose send day has come, with its merge fields; of TEMPLATE/SCHEDULE `only`, of one task."""
    template, schedule = only.split("/", 1) if only else (None, None)
    return store.read("due_mails", as_of=iso(as_of), template=template, schedule=schedule, task_id=task_id)


def extract_due_items(store: Store, as_of: date) -> pd.DataFrame:
    """One row per item that the requests of `extract_due_mails` still ask for."""
    return store.read("due_items", as_of=iso(as_of))
