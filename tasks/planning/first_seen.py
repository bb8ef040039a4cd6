"""The day on which relations and signed services were first seen (P4).

May touch: sql. Tests: tests/integration/planning/test_missions.py.
"""

from datetime import date

from sql.store import Store, iso


def note_seen(store: Store, as_of: date) -> None:
    """Note today as the first day of signed services that have none yet.

    The import or the act that signs notes it (its `--as-of`); a run only fills what is missing, and never moves a day
    that is noted, whatever day it is dated (P4).
    """
    store.execute("note_signed", as_of=iso(as_of))
