"""Links to a request's page: one for each recipient, the same in every message, until it is revoked (D1).

The token is derived from a key outside the database and from the request, the recipient and the generation: not from
the link's number, which a database restored from a backup would give to another client.
May touch: sql. Tests: tests/integration/web/test_page_links.py, on both databases.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    true,
    update,
)

from sql import schema
from sql.store import plain
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.requests.tokens import derive_token, token_hash
from tasks.requests.history import LINK_MADE, LINK_REVOKED, Place, note

LIFE = timedelta(days=180)  # after the last message with it
LIFE_AFTER_CLOSING = timedelta(days=14)
TASKS_AT_ONCE = 500


class Asked(NamedTuple):
    """One recipient of one request."""

    task_id: int
    step: str
    recipient_id: str


@dataclass(frozen=True)
class Link:
    """A link that opens a page.

    Attributes:
        link_id, task_id, step, recipient_id: which.
        first_session_id: the session of the first device that opened it.
        is_closed: nothing is asked any more; the page only says so.
        expires_on: the last day on which it opens the page.
    """

    link_id: int
    task_id: int
    step: str
    recipient_id: str
    first_session_id: int | None
    is_closed: bool
    expires_on: date


def tokens_of(
    connection: Connection, wanted: Iterable[Asked], key: bytes, now: datetime, *, is_mailed: bool
) -> dict[Asked, str]:
    """The tokens of the links of recipients; a link that does not exist is made.

    Args:
        connection: an open transaction.
        wanted: whose.
        key: the secret from which they are derived.
        now: the instant.
        is_mailed: whether they are about to leave in a message.
    """
    asked = list(dict.fromkeys(wanted))
    newest = _newest(connection, [one.task_id for one in asked])
    tokens: dict[Asked, str] = {}
    for one in asked:
        known = newest.get(one)
        generation = 1 if known is None else known.generation
        token = _token(key, one, generation)
        if known is None or known.revoked_at is not None or known.token_sha256 != token_hash(token):
            generation += known is not None
            token = _token(key, one, generation)
            _make(connection, one, generation, token, known, now)
        tokens[one] = token
    if is_mailed:
        hashes = [token_hash(token) for token in tokens.values()]
        m = schema.page_links
        for start in range(0, len(hashes), TASKS_AT_ONCE):
            those = m.c.token_sha256.in_(hashes[start : start + TASKS_AT_ONCE])
            connection.execute(update(m).where(those).values(mailed_at=plain(now)))
    return tokens


def find_by_token(connection: Connection, token: str, now: datetime, today: date) -> Link | None:
    """The link of a token; None if it does not open a page any more, or never did."""
    row = connection.execute(_links_where("token_sha256"), {"wanted": token_hash(token)}).one_or_none()
    return None if row is None else _opens(row, now, today)


def find_by_id(connection: Connection, link_id: int, now: datetime, today: date) -> Link | None:
    """The link with this number; None if it does not open a page any more, or never did."""
    row = connection.execute(_links_where("link_id"), {"wanted": link_id}).one_or_none()
    return None if row is None else _opens(row, now, today)


def recipient_of_dead(connection: Connection, token: str) -> Asked | None:
    """Whose link a token was, if that person is still asked; None for a token that was never given out."""
    row = connection.execute(_links_where("token_sha256"), {"wanted": token_hash(token)}).one_or_none()
    is_asked = row is not None and row.is_recipient and not _is_closed(row)
    return Asked(row.task_id, row.step, row.recipient_id) if row is not None and is_asked else None


def revoke(connection: Connection, task_id: int, now: datetime) -> int:
    """Revoke the links of a task: they open nothing any more. Returns their number."""
    return _revoke(connection, task_id, now, true())


def revoke_others(connection: Connection, task_id: int, step: str, asked: Sequence[str], now: datetime) -> int:
    """Revoke the links to a request of all who are not asked any more (D8). Returns their number."""
    p = schema.page_links.c
    return _revoke(connection, task_id, now, and_(p.step == step, p.recipient_id.not_in(asked)))


def _revoke(connection: Connection, task_id: int, now: datetime, which: ColumnElement[bool]) -> int:
    p = schema.page_links
    this = and_(p.c.task_id == task_id, p.c.revoked_at.is_(None), which)
    rows = connection.execute(select(p.c.link_id, p.c.step, p.c.recipient_id).where(this)).all()
    connection.execute(update(p).where(this).values(revoked_at=plain(now)))
    for row in rows:
        note(connection, LINK_REVOKED, Place(task_id, row.step, None, row.recipient_id, row.link_id), now)
    return len(rows)


def last_days(connection: Connection, tokens: Sequence[str]) -> dict[str, date]:
    """The last day of each of these links."""
    by_hash = {token_hash(token): token for token in tokens}
    rows = connection.execute(_links().where(schema.page_links.c.token_sha256.in_(list(by_hash))))
    return {by_hash[row.token_sha256]: _last_day(row) for row in rows}


def _token(key: bytes, one: Asked, generation: int) -> str:
    return derive_token(key, "page", *one, generation)


def _newest(connection: Connection, task_ids: Sequence[int]) -> dict[Asked, Row[Any]]:
    p = schema.page_links.c
    found: dict[Asked, Row[Any]] = {}
    for start in range(0, len(task_ids), TASKS_AT_ONCE):
        those = p.task_id.in_(task_ids[start : start + TASKS_AT_ONCE])
        for row in connection.execute(select(schema.page_links).where(those).order_by(p.generation)):
            found[Asked(row.task_id, row.step, row.recipient_id)] = row
    return found


def _make(
    connection: Connection, one: Asked, generation: int, token: str, before: Row[Any] | None, now: datetime
) -> None:
    p = schema.page_links
    if before is not None and before.revoked_at is None:
        # The key is another than when it was made: nothing opens it any more.
        connection.execute(update(p).where(p.c.link_id == before.link_id).values(revoked_at=plain(now)))
    row = one._asdict() | {"generation": generation, "token_sha256": token_hash(token), "created_at": plain(now)}
    made = connection.execute(insert(p).values(row)).inserted_primary_key
    assert made is not None
    note(connection, LINK_MADE, Place(*one[:2], None, one.recipient_id, made[0]), now, generation=generation)


@cache
def _links_where(column: str) -> Select[Any]:
    """The links with a value; built once, because building it takes ten times as long as running it."""
    return _links().where(schema.page_links.c[column] == bindparam("wanted"))


def _links() -> Select[Any]:
    p, t, s = schema.page_links.c, schema.follow_up_tasks.c, schema.follow_up_subtasks.c
    q, r = schema.request_recipients.c, schema.relations.c
    chosen = and_(q.task_id == p.task_id, q.step == p.step, q.removed_on.is_(None))
    is_chosen = exists().where(chosen, q.recipient_id == p.recipient_id)
    is_default = and_(~exists().where(chosen), t.relation_id == p.recipient_id)
    return (
        select(
            schema.page_links,
            t.status.label("task_status"),
            t.closed_on,
            s.status.label("step_status"),
            s.completed_on,
            or_(is_chosen, is_default).label("is_recipient"),
            (r.status == "former").label("is_former"),
        )
        .join(schema.follow_up_tasks, t.task_id == p.task_id)
        .join(schema.follow_up_subtasks, and_(s.task_id == p.task_id, s.key == p.step))
        .join(schema.relations, r.relation_id == p.recipient_id)
    )


def _opens(row: Row[Any], now: datetime, today: date) -> Link | None:
    last = _last_day(row)
    if row.revoked_at is not None or not row.is_recipient or row.is_former or today > last:
        return None
    if plain(now) > (row.mailed_at or row.created_at) + LIFE:
        return None
    return Link(row.link_id, row.task_id, row.step, row.recipient_id, row.first_session_id, _is_closed(row), last)


def _is_closed(row: Row[Any]) -> bool:
    return row.task_status in CLOSED_STATUSES or row.step_status != "open"


def _last_day(row: Row[Any]) -> date:
    days: list[date] = [((row.mailed_at or row.created_at) + LIFE).date()]
    if row.task_status in CLOSED_STATUSES and row.closed_on is not None:
        days.append(row.closed_on + LIFE_AFTER_CLOSING)
    if row.completed_on is not None:
        days.append(row.completed_on + LIFE_AFTER_CLOSING)
    return min(days)
