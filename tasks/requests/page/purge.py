"""Removes what no visit needs any more: sessions that are over, and codes that are used or expired.

What happened stays in the history, with the numbers of its sessions, which are never given out again (D8).
May touch: sql. Tests: tests/integration/web/test_page_purge.py.
"""

import logging
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select

from sql import schema
from sql.store import Store, plain
from tasks.requests.page.codes import A_DAY
from tasks.requests.page.sessions import IDLE, IDLE_UNCONFIRMED

log = logging.getLogger("relance.purge")


def purge_visits(store: Store, now: datetime) -> tuple[int, int]:
    """Remove sessions that are over and codes of more than a day ago; returns how many of each.

    A code of the last day counts towards how many may be mailed, used or not: it stays, and its session with it.
    """
    c, s, o = schema.sign_in_codes, schema.page_sessions, schema.page_session_links
    with store.begin() as connection:
        old = connection.execute(delete(c).where(c.c.created_at <= plain(now - A_DAY))).rowcount
        ids = _over(connection, now)
        for start in range(0, len(ids), 500):
            those = ids[start : start + 500]
            connection.execute(delete(o).where(o.c.session_id.in_(those)))
            connection.execute(delete(s).where(s.c.session_id.in_(those)))
    if old or ids:
        log.info("removed: %d sessions, %d codes", len(ids), old)
    return len(ids), old


def _over(connection: Connection, now: datetime) -> list[int]:
    c, s = schema.sign_in_codes.c, schema.page_sessions.c
    is_counted = exists().where(c.session_id == s.session_id)
    return list(connection.execute(select(s.session_id).where(_is_over(now), ~is_counted)).scalars())


def _is_over(now: datetime) -> ColumnElement[bool]:
    """The condition under which `find_session` finds a session no more."""
    s, o = schema.page_sessions.c, schema.page_session_links.c
    is_confirmed = exists().where(o.session_id == s.session_id, o.confirmed_at.is_not(None))
    return or_(
        s.ended_at.is_not(None),
        s.seen_at < plain(now - IDLE),
        and_(~is_confirmed, s.seen_at < plain(now - IDLE_UNCONFIRMED)),
    )
