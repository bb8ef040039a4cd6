"""Signing in to the desk: a link that is mailed to a user, works once and for a quarter of an hour, and his sessions.

May touch: sql, tasks/mail. Tests: tests/integration/desk/test_desk_sign_in.py, on both databases.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, func, insert, select, update

from sql import schema
from sql.store import Store, plain
from tasks.desk.users import User, find_user, users_with_address
from tasks.domain.mail.keys import DESK_LINK, USER, message_key
from tasks.domain.requests.tokens import derive_token, token_hash
from tasks.mail.immediate import queue_message
from tasks.mail.placeholders import DESK_FILLER, Filler, placeholder
from tasks.mail.render import Renderer

if TYPE_CHECKING:
    import pandas as pd

LINK_LIFE, BETWEEN_LINKS, A_DAY = timedelta(minutes=15), timedelta(minutes=1), timedelta(days=1)
MOST_LINKS_A_DAY = 20
IDLE, LONGEST = timedelta(hours=12), timedelta(days=7)
MESSAGE, STEP = "desk_link", "sign_in"


@dataclass(frozen=True)
class DeskSession:
    """A browser in which a user is signed in; `language` is the one that he chose."""

    session_id: int
    user: User
    language: str | None


def ask_for_links(
    connection: Connection, renderer: Renderer, key: bytes, email: str, *, language: str, now: datetime, today: date
) -> int:
    """Queue a message with a link for each user of an address; at most one a minute. Returns how many."""
    queued = 0
    for user in users_with_address(connection, email):
        if _asks_too_often(connection, user, now):
            continue
        link_id, _ = make_link(connection, user.user_id, key, now)
        merge: dict[str, dict[str, object]] = {
            "user": {"name": user.name},
            "desk": {"link": placeholder(DESK_FILLER), "minutes": int(LINK_LIFE.total_seconds() // 60)},
        }
        of_link = message_key((DESK_LINK, str(link_id)), STEP, (USER, user.user_id))
        queue_message(connection, renderer, MESSAGE, of_link, language=language, merge=merge, send_on=today)
        queued += 1
    return queued


def _asks_too_often(connection: Connection, user: User, now: datetime) -> bool:
    k = schema.desk_links.c
    mine = and_(k.user_id == user.user_id, k.created_at > plain(now - A_DAY))
    count, latest = connection.execute(select(func.count(), func.max(k.created_at)).where(mine)).one()
    return count >= MOST_LINKS_A_DAY or (latest is not None and latest > plain(now - BETWEEN_LINKS))


def make_link(connection: Connection, user_id: str, key: bytes, now: datetime) -> tuple[int, str]:
    """A new link of a user: its number and its token."""
    nonce = secrets.token_hex(16)
    token = _token(key, user_id, nonce)
    row = {"user_id": user_id, "nonce": nonce, "token_sha256": token_hash(token), "created_at": plain(now)}
    made = connection.execute(insert(schema.desk_links).values(row)).inserted_primary_key
    assert made is not None
    return int(made[0]), token


def is_link(connection: Connection, token: str, now: datetime) -> bool:
    """Whether a token still signs somebody in."""
    k = schema.desk_links.c
    usable = and_(k.token_sha256 == token_hash(token), k.used_at.is_(None), k.created_at > plain(now - LINK_LIFE))
    return connection.execute(select(k.link_id).where(usable)).first() is not None


def open_session(connection: Connection, token: str, secret: str, now: datetime) -> DeskSession | None:
    """Use a link up, and open a session under the secret of a cookie; None if the link is old, used or wrong."""
    k = schema.desk_links
    usable = and_(k.c.token_sha256 == token_hash(token), k.c.used_at.is_(None), k.c.created_at > plain(now - LINK_LIFE))
    if connection.execute(update(k).where(usable).values(used_at=plain(now))).rowcount != 1:
        return None
    user_id = connection.execute(select(k.c.user_id).where(k.c.token_sha256 == token_hash(token))).scalar_one()
    row = {"user_id": user_id, "secret_sha256": token_hash(secret), "created_at": plain(now), "seen_at": plain(now)}
    connection.execute(insert(schema.desk_sessions).values(row))
    return find_desk_session(connection, secret, now)


def find_desk_session(connection: Connection, secret: str, now: datetime) -> DeskSession | None:
    """The session of a cookie; None if it is over, or its user is gone."""
    s = schema.desk_sessions.c
    row = connection.execute(
        select(schema.desk_sessions).where(s.secret_sha256 == token_hash(secret), s.ended_at.is_(None))
    ).one_or_none()
    if row is None or plain(now) > min(row.seen_at + IDLE, row.created_at + LONGEST):
        return None
    user = find_user(connection, row.user_id)
    return None if user is None else DeskSession(row.session_id, user, row.language)


def touch_desk_session(connection: Connection, session_id: int, now: datetime) -> None:
    """Note that a session is in use."""
    s = schema.desk_sessions
    connection.execute(update(s).where(s.c.session_id == session_id).values(seen_at=plain(now)))


def choose_desk_language(connection: Connection, session_id: int, language: str) -> None:
    """Show a session its pages in a language from now on."""
    s = schema.desk_sessions
    connection.execute(update(s).where(s.c.session_id == session_id).values(language=language))


def end_desk_session(connection: Connection, session_id: int, now: datetime) -> None:
    """Sign out in one browser."""
    s = schema.desk_sessions
    this = and_(s.c.session_id == session_id, s.c.ended_at.is_(None))
    connection.execute(update(s).where(this).values(ended_at=plain(now)))


def end_desk_sessions(connection: Connection, user_id: str, now: datetime) -> int:
    """Sign a user out everywhere, and void his links; returns the number of sessions."""
    s, k = schema.desk_sessions, schema.desk_links
    links = and_(k.c.user_id == user_id, k.c.used_at.is_(None))
    connection.execute(update(k).where(links).values(used_at=plain(now)))
    these = and_(s.c.user_id == user_id, s.c.ended_at.is_(None))
    return connection.execute(update(s).where(these).values(ended_at=plain(now))).rowcount


def desk_fillers(store: Store, base: str, key: bytes, clock: Callable[[], datetime]) -> dict[str, Filler]:
    """What fills in a link as its message leaves; a link that is too old is not sent any more."""

    def links(claimed: pd.DataFrame) -> Sequence[str | None]:
        numbers = claimed["cause_id"].where(claimed["cause_kind"] == DESK_LINK, "0").astype(int).tolist()
        k = schema.desk_links.c
        fresh = and_(k.link_id.in_(numbers), k.used_at.is_(None), k.created_at > plain(clock() - LINK_LIFE))
        with store.begin(only_reads=True) as connection:
            rows = connection.execute(select(k.link_id, k.user_id, k.nonce).where(fresh)).all()
        urls = {row.link_id: desk_url(base, _token(key, row.user_id, row.nonce)) for row in rows}
        return [urls.get(number) for number in numbers]

    return {DESK_FILLER: links}


def desk_url(base: str, token: str) -> str:
    """The address of a link."""
    return f"{base}/desk/in/{token}"


def _token(key: bytes, user_id: str, nonce: str) -> str:
    return derive_token(key, "desk", user_id, nonce)
