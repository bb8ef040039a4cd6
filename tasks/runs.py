"""The table of runs: a row is inserted when a run begins, and gets its figures when it ends.

May touch: sql. Tests: tests/integration/planning/test_night.py.
"""

import json
from datetime import date, datetime

from sqlalchemy import insert, select, update

from sql import schema
from sql.store import Store


def begin_run(store: Store, as_of: date, started_at: datetime) -> int:
    """Insert a run's row and return its id; a row left `running` by a dead process becomes `crashed`."""
    runs = schema.runs
    with store.begin() as connection:
        connection.execute(update(runs).where(runs.c.status == "running").values(status="crashed"))
        row = {"as_of": as_of, "status": "running", "started_at": started_at.replace(tzinfo=None)}
        key = connection.execute(insert(runs).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def end_run(
    store: Store,
    run_id: int,
    status: str,
    finished_at: datetime,
    relations_read: int | None = None,
    figures: str | None = None,
    problem: str | None = None,
) -> None:
    """Close a run's row as `done` or `failed`."""
    runs = schema.runs
    ended = {
        "status": status,
        "finished_at": finished_at.replace(tzinfo=None),
        "relations_read": relations_read,
        "figures": figures,
        "problem": problem,
    }
    with store.begin() as connection:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(ended))


def last_good_read(store: Store) -> int | None:
    """Number of relations that the last good run read; None before the first (Q3)."""
    found = store.read("last_good_run")
    return None if found.empty else int(found["relations_read"].iloc[0])


def last_planned_day(store: Store, not_after: date) -> date | None:
    """The latest date up to `not_after` that a complete run was done for; None before the first.

    A run for one schedule or for some relations does not count, and a run for a later date says nothing about today.
    """
    runs = schema.runs.c
    done = select(runs.as_of, runs.figures).where(runs.status == "done", runs.as_of <= not_after)
    with store.begin(only_reads=True) as connection:
        for as_of, figures in connection.execute(done.order_by(runs.as_of.desc())):
            if json.loads(figures or "{}").get("is_whole", True):
                found: date = as_of
                return found
    return None
