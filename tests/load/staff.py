"""People of the firm at the desk, while clients use their page."""

import asyncio
import random
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

STAFF, OK = 50, 200
DESK_PAGES = (
    "/desk",
    "/desk/tasks",
    "/desk/tasks?mine=yes",
    "/desk/tasks/1",
    "/desk/relations",
    "/desk/relations/C0001",
)
DESK_PAGES += ("/desk/outbox", "/desk/activities", "/desk/quality", "/desk/quarantine", "/desk/imports")


def staff_of(settings: Any, store: Any) -> list[str]:
    """Fifty people of the firm, each with a cookie of a session at the desk."""
    from sqlalchemy import insert

    from sql import schema
    from tasks.desk.sign_in import make_link, open_session

    now, cookies = datetime.now(UTC), []
    with store.begin() as connection:
        for number in range(STAFF):
            user = {"user_id": f"S{number}", "first_name": f"S{number}", "email": f"s{number}@cabinet.example"}
            connection.execute(insert(schema.users).values(user))
            _, token = make_link(connection, user["user_id"], settings.web_key(), now)
            cookies.append(secrets.token_urlsafe(32))
            open_session(connection, token, cookies[-1], now)
    return cookies


@contextmanager
def at_the_desk(address: str, cookies: list[str]) -> Iterator[None]:
    """People who look at one page of the desk after the other, some seconds each; prints a line at the end."""
    is_over, seconds, errors = threading.Event(), list[float](), list[str]()

    async def person(cookie: str) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=120, cookies={"relance-desk": cookie}) as web:
            while not is_over.is_set():
                await asyncio.sleep(random.uniform(1, 4))
                began = time.monotonic()
                answer = await web.get(random.choice(DESK_PAGES))
                seconds.append(time.monotonic() - began)
                if answer.status_code != OK:
                    errors.append(str(answer.status_code))

    async def everybody() -> None:
        await asyncio.gather(*(person(cookie) for cookie in cookies))

    thread = threading.Thread(target=lambda: asyncio.run(everybody()))
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
    middle, late = (sorted(seconds)[int(len(seconds) * share)] * 1000 for share in (0.5, 0.95))
    figures = f"{len(seconds)} pages, p50 {middle:,.0f} ms, p95 {late:,.0f} ms, errors {len(errors)}"
    sys.stdout.write(f"the desk meanwhile: {figures}\n")
