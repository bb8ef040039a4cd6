"""Activities: SIZE of them, one in fifty of which is reminded of within two days; finding those that are due.

Beside it, what a product does that keeps no instant: every activity ahead is read and its reminder computed.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import text

from sql.store import plain
from tasks.activities.reminders import due_activities
from tests.bench.firm import NIGHT, make_empty, open_home
from tests.bench.measure import peak_mb

TIMES = 3
NOW = datetime(NIGHT.year, NIGHT.month, NIGHT.day, 6, tzinfo=UTC)
TWO_DAYS = timedelta(days=2)
# One in fifty begins within the next two days, each with a reminder of half an hour; the others are over, or lie further
# ahead.
ROWS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :size),
t(i, minutes) AS (
    SELECT i, CASE
        WHEN i % 50 = 0 THEN 31 + (i / 50) % 2840
        WHEN i % 2 = 0 THEN -60 - i % 500000
        ELSE 3000 + i % 500000
    END FROM n
)
INSERT INTO activities (activity_id, folded_id, kind, subject, starts_at, owner_id, remind_minutes, remind_at, saved_at,
saves, sequence)
SELECT 'A' || i, 'a' || i, 'meeting', 'Bilan', strftime('%Y-%m-%d %H:%M:%S.000000', :now, minutes || ' minutes'), 'U1', 30,
CASE WHEN minutes > 0 THEN strftime('%Y-%m-%d %H:%M:%S.000000', :now, (minutes - 30) || ' minutes') END, :now || '.000000', 1, 0 FROM t
"""


def make_activities(home: Path, size: int) -> dict[str, float]:
    """A home with `size` activities of one user."""
    make_empty(home)
    _, store = open_home(home)
    with store.begin() as connection:
        connection.execute(text("INSERT INTO users (user_id, email) VALUES ('U1', 'u1@x.example')"))
        connection.execute(text(ROWS), {"size": size, "now": plain(NOW).isoformat(" ")})
    store.close()
    return {"bytes": float((home / "relance.db").stat().st_size)}


def found(home: Path) -> dict[str, Any]:
    """The activities whose reminder a dispatch after two days away finds, and one that was not away."""
    _, store = open_home(home)
    figures: dict[str, Any] = {}
    for name, at in (("one", NOW), ("all", NOW + TWO_DAYS)):
        seconds = []
        for _ in range(TIMES):
            started = time.perf_counter()
            figures[f"{name}_due"] = len(due_activities(store, plain(at)))
            seconds.append(time.perf_counter() - started)
        figures[f"{name}_seconds"] = min(seconds)
    store.close()
    return figures | {"peak_mb": peak_mb()}


def scanned(home: Path) -> dict[str, Any]:
    """The same found by reading every activity that is planned."""
    _, store = open_home(home)
    started = time.perf_counter()
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(text("SELECT activity_id, starts_at, remind_minutes FROM activities")).all()
    frame = pd.DataFrame(rows, columns=["activity_id", "starts_at", "remind_minutes"])
    at = pd.to_datetime(frame["starts_at"]) - pd.to_timedelta(frame["remind_minutes"], unit="min")
    due = int(at.between(plain(NOW), plain(NOW + TWO_DAYS)).sum())
    store.close()
    return {"seconds": time.perf_counter() - started, "due": due}
