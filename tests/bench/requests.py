"""Reminders: SIZE open requests, one in ten of which is reminded tonight; which, and with what, is what is measured.

One item a request, its first mail sent; the rows are made by SQLite itself.
"""

import time
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import text

from sql.store import iso
from tasks.domain.definitions.request import MOST_REMINDERS
from tasks.domain.requests.decide import decide_reminders
from tests.bench.firm import NIGHT, make_empty, open_home
from tests.bench.measure import peak_mb

TIMES = 3
ROWS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :size)"
DUE = "date(:night, CASE WHEN i % 10 = 0 THEN '0 days' ELSE '+' || (1 + i % 9) || ' days' END)"
MADE = (
    """INSERT INTO relations (relation_id, type, status, name, email, language, first_seen_on, folded_id)
    SELECT 'R' || i, 'person', 'client', 'Client ' || i, 'r' || i || '@x.example', 'fr', :night, 'r' || i FROM n""",
    """INSERT INTO follow_up_tasks (task_id, relation_id, template, schedule, occurrence, label, planned_on, due_on,
    created_on, status)
    SELECT i, 'R' || i, 'id-card', 'renewal', '2026-12-01', 'T', :night, :night, :night, 'waiting_on_client' FROM n""",
    f"""INSERT INTO follow_up_subtasks (task_id, key, position, kind, label, message, send_on, status,
    remind_every_days, remind_max, remind_on)
    SELECT i, 'ask', 0, 'request', 'R', 'request_documents', :night, 'open', 3, 5, {DUE} FROM n""",
    """INSERT INTO request_items (task_id, subtask, key, position, label, type, status)
    SELECT i, 'ask', 'card', 0, 'Carte', 'document', 'open' FROM n""",
    """INSERT INTO messages (cause_kind, cause_id, step, recipient_kind, recipient_id, email, send_on, status)
    SELECT 'task', i, 'ask', 'relation', 'R' || i, 'r' || i || '@x.example', :night, 'sent' FROM n""",
)


def make_requests(home: Path, size: int) -> dict[str, float]:
    """A home with `size` open requests."""
    make_empty(home)
    _, store = open_home(home)
    with store.begin() as connection:
        for statement in MADE:
            insert, _, select = statement.partition("SELECT")
            connection.execute(text(f"{insert} {ROWS} SELECT{select}"), {"size": size, "night": NIGHT.isoformat()})
    store.close()
    return {"bytes": float((home / "relance.db").stat().st_size)}


def planned(home: Path) -> dict[str, Any]:
    """Which requests are reminded tonight, and with what: read and decided."""
    settings, store = open_home(home)
    seconds, decided = [], pd.DataFrame()
    for _ in range(TIMES):
        started = time.perf_counter()
        due = store.read(
            "due_reminders",
            as_of=iso(NIGHT),
            template=None,
            schedule=None,
            task_id=None,
            step=None,
            most_reminders=MOST_REMINDERS,
        )
        decided = decide_reminders(due, settings.templates, settings.quiet, NIGHT)
        seconds.append(time.perf_counter() - started)
    store.close()
    return {
        "seconds": min(seconds),
        "due": len(decided),
        "sent": int(decided["reason"].isna().sum()),
        "peak_mb": peak_mb(),
    }


def scanned(home: Path) -> dict[str, float]:
    """What one would write without `remind_on`: every open request read, and its last mail, joined in pandas."""
    _, store = open_home(home)
    started = time.perf_counter()
    with store.begin(only_reads=True) as connection:
        steps = pd.read_sql(
            text("SELECT task_id, key, remind_every_days, remind_max FROM follow_up_subtasks WHERE status = 'open'"),
            connection,
        )
        sent = pd.read_sql(
            text("SELECT task_id, step, sequence, send_on FROM messages WHERE status = 'sent'"), connection
        )
    last = sent.groupby(["task_id", "step"]).agg(sequence=("sequence", "max"), send_on=("send_on", "max")).reset_index()
    joined = steps.merge(last, left_on=["task_id", "key"], right_on=["task_id", "step"])
    next_on = pd.to_datetime(joined["send_on"]) + pd.to_timedelta(joined["remind_every_days"], unit="D")
    due = joined.loc[(next_on >= pd.Timestamp(NIGHT)) & (joined["sequence"] < joined["remind_max"])]
    store.close()
    return {"seconds": time.perf_counter() - started, "due": float(len(due))}
