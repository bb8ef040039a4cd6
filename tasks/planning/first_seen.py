"""The date on which relations and signed services were first seen (P4).

May touch: sql. Tests: tests/integration/planning/test_missions.py.
"""

from datetime import date

from sql.store import Store, iso


def note_seen(store: Store, as_of: date) -> None:
    """Record today as the first date of signed services that have none yet.

    The import or command that signs a service records the date (its `--as-of`). A run only fills in missing dates and
    never changes a recorded one, whatever date the run is for (P4).
    """
    store.execute("note_signed", as_of=iso(as_of))
