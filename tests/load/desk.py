"""How long the desk's pages take for a large firm: `python -m tests.load.desk [RELATIONS] [TASKS] [STAFF]`.

A measurement, not a test: the 50th and 95th percentile of each page, first for one person, then for all at once, who
look at each page for some seconds. On the embedded database, or on the one that RELANCE_DATABASE_URL names.
"""

import asyncio
import os
import random
import secrets
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

from tests.load.server import serve

PAGES = {
    "today": "/desk",
    "tasks": "/desk/tasks",
    "mine": "/desk/tasks?mine=yes",
    "overdue of an owner": "/desk/tasks?owner=U7&overdue=yes",
    "to review": "/desk/tasks?state=to_review",
    "done": "/desk/tasks?status=done",
    "a task": "/desk/tasks/{task}",
    "relations": "/desk/relations",
    "a search": "/desk/relations?q=n{task}",
    "former": "/desk/relations?status=former",
    "an owner's": "/desk/relations?owner=U7",
    "a relation": "/desk/relations/R{relation:07}",
    "outbox": "/desk/outbox",
    "unsure": "/desk/outbox?status=unsure",
    "activities": "/desk/activities",
    "quality": "/desk/quality",
    "quarantine": "/desk/quarantine",
    "imports": "/desk/imports",
}
AT_ONCE, TURNS, THINKING = 5_000, 12, (1.0, 4.0)
TODAY = date(2026, 11, 24)
CLOSED_OF_TEN = 7  # of ten tasks


def main() -> None:
    """Make a firm, serve its desk, and measure."""
    from flows.home.copy import copy_home
    from flows.home.settings import load_settings
    from sql.migrate import migrate

    given = [int(word.replace(",", "")) for word in sys.argv[1:]]
    relations, tasks, staff = [*given, *(1_000_000, 400_000, 50)[len(given) :]]
    with tempfile.TemporaryDirectory(prefix="relance-load-") as folder:
        home = Path(folder) / "home"
        copy_home("starter", home)
        settings = load_settings(home, os.environ)
        store = settings.open_store()
        migrate(store)
        began = time.monotonic()
        cookies = fill(settings, store, relations, tasks, staff)
        store.close()
        sys.stdout.write(f"{relations:,} relations, {tasks:,} tasks, {time.monotonic() - began:.0f} s to fill\n")
        with serve(home) as (_, address):
            sizes = (relations, tasks)
            # The second has open tasks; those of the first are all closed.
            show("one person", asyncio.run(walk(address, cookies[1:2], sizes, (0.0, 0.0))))
            show(f"{staff} at once", asyncio.run(walk(address, cookies, sizes, THINKING)))


def fill(settings: Any, store: Any, relations: int, tasks: int, staff: int) -> list[str]:
    """Write the firm's rows; returns a cookie for each person."""
    from sql import schema
    from tasks.desk.sign_in import make_link, open_session

    users = [{"user_id": f"U{n}", "first_name": f"P{n}", "email": f"p{n}@cabinet.example"} for n in range(staff)]
    owned = ({"owner_id": f"U{n % staff}"} for n in range(relations))
    client = {"type": "person", "first_seen_on": TODAY}
    rows = (
        client
        | owner
        | {"relation_id": f"R{n:07}", "folded_id": f"r{n}", "name": f"N{n} Martin", "email": f"c{n}@x.example"}
        | {"status": "former" if n % 20 == 0 else "client"}
        for n, owner in enumerate(owned)
    )
    write(store, schema.users, iter(users))
    write(store, schema.relations, rows)
    write(store, schema.follow_up_tasks, (task_of(n, relations) for n in range(tasks)))
    write(store, schema.follow_up_subtasks, (step_of(n) for n in range(tasks)))
    write(store, schema.request_items, (item_of(n) for n in range(tasks)))
    write(store, schema.messages, (message_of(n, relations) for n in range(tasks)))
    cookies, now = [], datetime.now(UTC)
    with store.begin() as connection:
        for user in users:
            _, token = make_link(connection, user["user_id"], settings.web_key(), now)
            cookies.append(secrets.token_urlsafe(32))
            open_session(connection, token, cookies[-1], now)
    return cookies


def write(store: Any, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Insert rows, some thousand at a time."""
    while some := [row for _, row in zip(range(AT_ONCE), rows, strict=False)]:
        with store.begin() as connection:
            connection.execute(insert(table), some)


def task_of(n: int, relations: int) -> dict[str, Any]:
    """A task; seven of ten are closed."""
    due = TODAY + timedelta(days=n * 13 % 900 - 800 if n % 10 < CLOSED_OF_TEN else n * 7 % 90 - 20)
    return {
        "task_id": n + 1,
        "relation_id": f"R{n * 7919 % relations:07}",
        "template": "month",
        "schedule": "monthly",
        "occurrence": str(n),
        "label": "Pièces",
        "planned_on": due,
        "due_on": due,
        "created_on": due,
        "status": "done" if n % 10 < CLOSED_OF_TEN else "waiting_on_client",
    }


def step_of(n: int) -> dict[str, Any]:
    """The request of a task."""
    status = "done" if n % 10 < CLOSED_OF_TEN else "open"
    return {"task_id": n + 1, "key": "docs", "position": 0, "kind": "request", "status": status, "cycle": 0}


def item_of(n: int) -> dict[str, Any]:
    """What it asks for; some were answered and wait for a review."""
    status = "accepted" if n % 10 < CLOSED_OF_TEN else "received" if n % 50 == CLOSED_OF_TEN else "open"
    row = {"task_id": n + 1, "subtask": "docs", "key": "a", "position": 0, "label": "Pièce", "type": "text"}
    return row | {"status": status, "is_reviewed": True}


def message_of(n: int, relations: int) -> dict[str, Any]:
    """Its mail."""
    row = {"cause_kind": "task", "cause_id": str(n + 1), "step": "docs", "recipient_kind": "relation"}
    row |= {"recipient_id": f"R{n * 7919 % relations:07}", "subject": "Pièces", "body_text": "Bonjour"}
    return row | {"send_on": TODAY - timedelta(days=n % 800), "status": "held" if n % 5000 == 0 else "pending"}


async def walk(
    address: str, cookies: list[str], sizes: tuple[int, int], pause: tuple[float, float]
) -> dict[str, list[float]]:
    """Each person opens every page, in an order of his own, and again; the seconds by page."""
    found: dict[str, list[float]] = defaultdict(list)

    async def person(cookie: str) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=120, cookies={"relance-desk": cookie}) as web:
            for _ in range(TURNS if len(cookies) == 1 else 1):
                for name in random.sample(list(PAGES), len(PAGES)):
                    await asyncio.sleep(random.uniform(*pause))
                    numbers = {"relation": random.randrange(sizes[0]), "task": random.randrange(1, sizes[1])}
                    began = time.monotonic()
                    answer = await web.get(PAGES[name].format(**numbers))
                    assert answer.status_code == 200, (name, answer.status_code)
                    found[name].append(time.monotonic() - began)

    await asyncio.gather(*(person(cookie) for cookie in cookies))
    return found


def show(name: str, found: dict[str, list[float]]) -> None:
    """Print a line for each page, and one for all."""
    sys.stdout.write(f"\n{name}\n")
    for page, seconds in (*found.items(), ("all", [one for some in found.values() for one in some])):
        ordered = sorted(seconds)
        middle, late = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.95))
        sys.stdout.write(f"  {page:22} p50 {middle:6,.0f} ms   p95 {late:6,.0f} ms\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
