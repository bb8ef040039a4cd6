"""The Prefect flow of the night: the rooms of flows/night.py, each a Prefect task.

Prefect starts it and shows it; the product's own lock and keys decide what happens (P9), so a doubled schedule,
a replay or a retry does no harm.
May touch: prefect. Tests: tests/end_to_end/test_nightly_flow.py.
"""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.night import Request, run_night
from flows.settings import load_settings
from sql.migrate import ensure_ready
from sql.store import Store


def as_prefect_task(room: Callable[..., Any]) -> Callable[..., Any]:
    """An usher who lets Prefect see a room. Nothing of it is cached or kept: frames are large, and personal (Q5)."""
    seen: Callable[..., Any] = task(name=room.__name__.replace("_", "-"), cache_policy=NO_CACHE, persist_result=False)(
        room
    )
    return seen


@flow(name="nightly", persist_result=False)
def nightly(home: str | None = None, as_of: date | None = None) -> dict[str, Any]:
    """Check the data, plan the follow-ups, write the tasks, send the mails, report.

    Args:
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
        as_of: The day to act for. Empty: today in the firm's time zone.
    """
    logger = get_run_logger()
    settings = load_settings(Path(home or os.environ.get("RELANCE_HOME", ".")), os.environ)
    store = Store(settings.database_url)
    try:
        ensure_ready(store)
        figures = run_night(settings, store, Request(as_of or settings.today()), as_prefect_task)
    finally:
        store.close()
    logger.info(
        "%s: %d tasks created, %d closed, %d mails sent, %d automations blocked, %d rows quarantined",
        figures.status,
        figures.created,
        figures.closed,
        figures.delivered.sent,
        figures.blocked,
        figures.quarantined,
    )
    return figures.to_json()
