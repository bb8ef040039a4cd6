"""Sessions: a browser that has opened links, and which of them it may see (D3).

The first device that presses the button of a link is free to see its page; each other one shows a mailed code first.
May touch: sql. Tests: tests/integration/web/test_page_sign_in.py.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, bindparam, insert, select, update

from sql import schema
from sql.store import plain
from tasks.domain.requests.tokens import token_hash
from tasks.requests.history import OPENED, SESSION_ENDED, Place, note
from tasks.requests.page.links import Link

IDLE, IDLE_UNCONFIRMED = timedelta(days=30), timedelta(hours=12)
LINK_ONLY, DEVICE = "link", "device"  # of web.check; `code` is the third


@dataclass(frozen=True)
class Session:
    """A browser's session.

    Attributes:
        session_id: its number.
        language: the one that its person chose on the page.
        links: the numbers of the links that it opened, the latest first; True if it may see the page.
    """

    session_id: int
    language: str | None
    links: dict[int, bool] = field(default_factory=dict)


def find_session(connection: Connection, secret: str, now: datetime) -> Session | None:
    """The session of a cookie; None if there is none any more."""
    row = connection.execute(_session(), {"secret_sha256": token_hash(secret)}).one_or_none()
    if row is None or row.ended_at is not None:
        return None
    links = connection.execute(_opened(), {"session_id": row.session_id}).all()
    confirmed = {link.link_id: link.confirmed_at is not None for link in links}
    idle = IDLE if any(confirmed.values()) else IDLE_UNCONFIRMED
    return Session(row.session_id, row.language, confirmed) if plain(now) <= row.seen_at + idle else None


@cache
def _session() -> Select[Any]:
    s = schema.page_sessions
    return select(s).where(s.c.secret_sha256 == bindparam("secret_sha256"))


@cache
def _opened() -> Select[Any]:
    o = schema.page_session_links.c
    mine = select(o.link_id, o.confirmed_at).where(o.session_id == bindparam("session_id"))
    return mine.order_by(o.opened_at.desc(), o.link_id.desc())


def open_link(
    connection: Connection, link: Link, session: Session | None, secret: str, *, check: str, now: datetime, address: str
) -> int:
    """Open a link in a session, which is made if there is none; returns the session's number.

    Args:
        connection: an open transaction.
        link: it.
        session: the browser's, if it has one.
        secret: of a new session.
        check: what a device must show (firm.yaml, web.check).
        now: the instant.
        address: the network address that it came from.
    """
    session_id = session.session_id if session else _make(connection, secret, now)
    is_first = link.first_session_id in (None, session_id)
    if is_first:
        p = schema.page_links
        free = and_(p.c.link_id == link.link_id, p.c.first_session_id.is_(None))
        connection.execute(update(p).where(free).values(first_session_id=session_id))
    is_free = check == LINK_ONLY or (check == DEVICE and is_first)
    if session is None or link.link_id not in session.links:
        opened = {"session_id": session_id, "link_id": link.link_id, "opened_at": plain(now)}
        connection.execute(insert(schema.page_session_links).values(opened))
        note(connection, OPENED, place_of(link, session_id, address), now)
    else:
        touch(connection, session_id, now, link.link_id)
    if is_free:
        confirm(connection, session_id, link.link_id, now)
    return session_id


def confirm(connection: Connection, session_id: int, link_id: int, now: datetime) -> None:
    """Let a session see a link's page."""
    o = schema.page_session_links
    this = and_(o.c.session_id == session_id, o.c.link_id == link_id, o.c.confirmed_at.is_(None))
    connection.execute(update(o).where(this).values(confirmed_at=plain(now)))


def touch(connection: Connection, session_id: int, now: datetime, link_id: int | None = None) -> None:
    """Note that a session is in use; a link that is named becomes its latest."""
    of = {"of_session": session_id, "of_link": link_id, "at": plain(now)}
    connection.execute(_note_seen(), of)
    if link_id is not None:
        connection.execute(_note_latest(), of)


@cache
def _note_seen() -> Update:
    s = schema.page_sessions
    return update(s).where(s.c.session_id == bindparam("of_session")).values(seen_at=bindparam("at"))


@cache
def _note_latest() -> Update:
    o = schema.page_session_links
    this = and_(o.c.session_id == bindparam("of_session"), o.c.link_id == bindparam("of_link"))
    return update(o).where(this).values(opened_at=bindparam("at"))


def choose_session_language(connection: Connection, session_id: int, language: str) -> None:
    """Show a session its pages in a language from now on."""
    s = schema.page_sessions
    connection.execute(update(s).where(s.c.session_id == session_id).values(language=language))


def end_session(connection: Connection, session: Session, link: Link, now: datetime, address: str) -> None:
    """End a session: its browser sees nothing any more until it opens a link again."""
    s = schema.page_sessions
    connection.execute(update(s).where(s.c.session_id == session.session_id).values(ended_at=plain(now)))
    note(connection, SESSION_ENDED, place_of(link, session.session_id, address), now)


def place_of(link: Link, session_id: int, address: str, item: str | None = None) -> Place:
    """Where something happens that is done on a page."""
    return Place(link.task_id, link.step, item, link.recipient_id, link.link_id, session_id, address)


def _make(connection: Connection, secret: str, now: datetime) -> int:
    row: dict[str, Any] = {"secret_sha256": token_hash(secret), "created_at": plain(now), "seen_at": plain(now)}
    made = connection.execute(insert(schema.page_sessions).values(row)).inserted_primary_key
    assert made is not None
    return int(made[0])
