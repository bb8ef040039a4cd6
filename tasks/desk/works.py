"""Works of the desk that take longer than a page is waited for: one row each, from asked to ended.

A work is done by a process of its own, which holds a lock while it lives: a work that is running and whose lock is free
is lost, whatever its process died of.
May touch: sql. Tests: tests/integration/desk/test_desk_works.py, on both databases.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from sql import schema
from sql.store import plain
from tasks.domain.errors import RelanceError

REHEARSAL, RUN, PREVIEW, IMPORT, UNDO = "rehearsal", "run", "preview", "import", "undo"
# Only one work of a group at a time.
GROUPS = (frozenset({REHEARSAL, RUN}), frozenset({PREVIEW, IMPORT, UNDO}))
RUNNING, DONE, FAILED, LOST = "running", "done", "failed", "lost"
KEPT, RESULTS_KEPT = timedelta(days=30), timedelta(days=1)


class WorkError(RelanceError):
    """A work that cannot begin; the message says why."""


@dataclass(frozen=True)
class Work:
    """A work.

    Attributes:
        work_id, kind, user_id, asked_at, ended_at, status: as stored.
        options: what is asked for.
        result: what came of it; None while it is running, or when it was removed since.
        problem: why it failed, in words.
    """

    work_id: int
    kind: str
    user_id: str
    asked_at: datetime
    ended_at: datetime | None
    status: str
    options: Mapping[str, Any]
    result: Mapping[str, Any] | None
    problem: str | None


def group_of(kind: str) -> frozenset[str]:
    """The kinds of which only one work is under way at a time."""
    return next(group for group in GROUPS if kind in group)


def begin_work(connection: Connection, kind: str, user_id: str, options: Mapping[str, Any], now: datetime) -> int:
    """Note that a work is asked for; returns its number.

    Raises:
        WorkError: another of its group is running.
    """
    w = schema.desk_works
    busy = and_(w.c.kind.in_(group_of(kind)), w.c.status == RUNNING)
    if (other := connection.execute(select(w.c.work_id).where(busy)).scalar()) is not None:
        raise WorkError(f"Another one is under way (no. {other}): wait for it, then ask again.")
    row = {"kind": kind, "user_id": user_id, "asked_at": plain(now), "status": RUNNING}
    made = connection.execute(insert(w).values(row | {"options": json.dumps(options)})).inserted_primary_key
    assert made is not None
    return int(made[0])


def find_work(connection: Connection, work_id: int) -> Work | None:
    """The work with this number."""
    w = schema.desk_works
    row = connection.execute(select(w).where(w.c.work_id == work_id)).one_or_none()
    return None if row is None else _work(row)


def latest_works(connection: Connection, kinds: Collection[str], most: int = 10) -> list[Work]:
    """The last works of some kinds, the latest first."""
    w = schema.desk_works
    wanted = select(w).where(w.c.kind.in_(kinds)).order_by(w.c.work_id.desc()).limit(most)
    return [_work(row) for row in connection.execute(wanted)]


def running_works(connection: Connection) -> list[int]:
    """The numbers of the works that are not ended."""
    w = schema.desk_works.c
    return list(connection.execute(select(w.work_id).where(w.status == RUNNING)).scalars())


def end_work(
    connection: Connection, work_id: int, status: str, now: datetime, *, result: Any = None, problem: str | None = None
) -> bool:
    """Note how a work ended; False if it had ended already."""
    w = schema.desk_works
    this = and_(w.c.work_id == work_id, w.c.status == RUNNING)
    values = {"status": status, "ended_at": plain(now), "problem": problem}
    values["result"] = None if result is None else json.dumps(result, ensure_ascii=False, default=str)
    return connection.execute(update(w).where(this).values(values)).rowcount == 1


def use_up(connection: Connection, work_id: int) -> bool:
    """Take a rehearsal or a preview for the real thing, once: its result, with what it held of clients, is removed."""
    w = schema.desk_works
    this = and_(w.c.work_id == work_id, w.c.status == DONE, w.c.result.is_not(None))
    return connection.execute(update(w).where(this).values(result=None)).rowcount == 1


def purge_works(connection: Connection, now: datetime) -> list[int]:
    """Remove results after a day, and works after a month; returns the works of which nothing is needed any more."""
    w = schema.desk_works
    old = and_(w.c.status != RUNNING, w.c.asked_at < plain(now - RESULTS_KEPT))
    numbers = list(connection.execute(select(w.c.work_id).where(old)).scalars())
    connection.execute(update(w).where(old, w.c.kind.in_((REHEARSAL, PREVIEW))).values(result=None))
    connection.execute(delete(w).where(w.c.status != RUNNING, w.c.asked_at < plain(now - KEPT)))
    return numbers


def _work(row: Any) -> Work:
    return Work(
        row.work_id,
        row.kind,
        row.user_id,
        row.asked_at,
        row.ended_at,
        row.status,
        json.loads(row.options or "{}"),
        json.loads(row.result) if row.result else None,
        row.problem,
    )
