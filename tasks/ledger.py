"""The ledger of runs: a row when one begins, its figures when it ends.

May touch: sql. Tests: tests/integration/test_night.py.
"""

from datetime import date, datetime

from sqlalchemy import func, insert, select, update

from sql import schema
from sql.store import Store


def begin_run(store: Store, as_of: date, started_at: datetime) -> int:
    """Open a run's row; a row left `running` by a process that died becomes `crashed`. Its number."""
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
    """Relations that the last good run read, None before the first (Q3)."""
    found = store.read("last_good_run")
    return None if found.empty else int(found["relations_read"].iloc[0])


def last_planned_day(store: Store) -> date | None:
    """The latest day that a good run acted for, None before the first."""
    runs = schema.runs.c
    with store.begin(only_reads=True) as connection:
        found: date | None = connection.execute(select(func.max(runs.as_of)).where(runs.status == "done")).scalar_one()
    return found
