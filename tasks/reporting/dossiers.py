"""What the report says of update groups: what became of what they asked, and what need not be kept any more (U6).

May touch: sql, domain. Tests: tests/integration/planning/test_update_groups.py,
tests/integration/requests/test_erase.py.
"""

from datetime import date, timedelta
from typing import Any

from sql.store import Store, iso
from tasks.domain.dates.retention import kept_until
from tasks.domain.definitions.update_group import SCHEDULE
from tasks.rows import plain_rows

DAYS_BACK, DATES_OF_A_GROUP = 800, 4


def updates_of(store: Store, as_of: date) -> list[dict[str, Any]]:
    """What became of the fields that each update group asked, on its latest dates: template, schedule and figures."""
    found = store.read("dossiers", since_on=iso(as_of - timedelta(days=DAYS_BACK)))
    return plain_rows(found.groupby("template").head(DATES_OF_A_GROUP).assign(schedule=SCHEDULE))


def past_retention(store: Store, years: int, as_of: date) -> list[dict[str, Any]]:
    """Former relations whose documents need not be kept any more: relation_id, name, documents, kept_until (U6)."""
    former = store.read("documents_of_former")
    last_days = [kept_until(day.date(), years) for day in former["ended_on"]]
    rows = former.drop(columns="ended_on").assign(kept_until=last_days)
    found: list[Any] = rows.to_dict("records")
    return [row for row in found if row["kept_until"] < as_of]
