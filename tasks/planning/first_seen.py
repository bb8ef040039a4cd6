"""The dates on which signed services were first seen (P4), and former relations were first seen as such (U6).

May touch: sql. Tests: tests/integration/planning/test_missions.py.
"""

from datetime import date

from sql.store import Store, iso


def note_seen(store: Store, as_of: date) -> None:
    """Record today as the first date of signed services, and of relations that are former, where there is none yet.

    The import or command that signs a service records the date (its `--as-of`). A run only fills in missing dates and
    never changes a recorded one, whatever date the run is for (P4).
    """
    store.execute("note_signed", as_of=iso(as_of))
    store.execute("note_ended", as_of=iso(as_of))
    store.execute("forget_ended")
