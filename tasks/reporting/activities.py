"""What the report says of activities and rules: what is ahead, what was told, and what rules could not do (V3, W3).

May touch: sql. Tests: tests/integration/reporting/test_report_activities.py, on both databases.
"""

from datetime import date, timedelta

from sql.store import Store, iso

DAYS_AHEAD, DAYS_BACK = 7, 7


def activity_figures(store: Store, as_of: date) -> dict[str, int]:
    """Counts by name; empty if the firm has no activities and no rule has acted."""
    found = store.read(
        "count_activities",
        as_of=iso(as_of),
        until_on=iso(as_of + timedelta(days=DAYS_AHEAD)),
        since_on=iso(as_of - timedelta(days=DAYS_BACK)),
    )
    counts = {str(name): int(n) for name, n in zip(found["name"], found["n"], strict=True)}
    return counts if any(counts.values()) else {}
