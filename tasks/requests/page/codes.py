"""Codes: six digits by mail, with which a further device proves that it is the addressee's (D3).

A code works once, for ten minutes, for the session that asked for it. It is not stored: it is derived from the key and
its number, and put into its message as that leaves.
May touch: sql, tasks/mail. Tests: tests/integration/web/test_page_sign_in.py, on both databases.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, func, insert, select, update

from sql import schema
from sql.store import plain
from tasks.domain.mail.keys import CODE, RELATION
from tasks.domain.requests.tokens import derive_code, is_same
from tasks.mail.immediate import queue_message
from tasks.mail.placeholders import CODE_FILLER, placeholder
from tasks.mail.render import Renderer
from tasks.requests.history import CODE_ACCEPTED, CODE_REFUSED, CODE_SENT, note
from tasks.requests.page.links import Link
from tasks.requests.page.sessions import Session, confirm, place_of

LIFE, BETWEEN = timedelta(minutes=10), timedelta(minutes=1)
MOST_TRIES, MOST_A_DAY = 5, 5
A_DAY = timedelta(days=1)
MESSAGE = "sign_in_code"
SENT, TOO_SOON, TOO_MANY = "sent", "too_soon", "too_many"
ACCEPTED, WRONG, EXPIRED = "accepted", "wrong", "expired"


@dataclass(frozen=True)
class Recipient:
    """Whom a code is mailed to: the relation's id, and what its message needs."""

    recipient_id: str
    name: str
    language: str | None


def send_code(
    connection: Connection,
    renderer: Renderer,
    link: Link,
    session: Session,
    *,
    now: datetime,
    today: date,
    address: str,
) -> str:
    """Queue a message with a new code: at most one a minute and five a day for a link.

    Returns:
        `sent`, `too_soon` or `too_many`.
    """
    c = schema.sign_in_codes
    of_link = and_(c.c.link_id == link.link_id, c.c.created_at > plain(now - A_DAY))
    count, latest = connection.execute(select(func.count(), func.max(c.c.created_at)).where(of_link)).one()
    if latest is not None and latest > plain(now - BETWEEN):
        return TOO_SOON
    if count >= MOST_A_DAY:
        return TOO_MANY
    row = {"session_id": session.session_id, "link_id": link.link_id, "created_at": plain(now)}
    made = connection.execute(insert(c).values(row)).inserted_primary_key
    assert made is not None
    recipient = recipient_of(connection, link.recipient_id)
    key = {"cause_kind": CODE, "cause_id": str(made[0]), "step": link.step, "recipient_kind": RELATION}
    merge: dict[str, dict[str, object]] = {
        "relation": {"name": recipient.name},
        "code": {"digits": placeholder(CODE_FILLER), "minutes": int(LIFE.total_seconds() // 60)},
    }
    queue_message(
        connection,
        renderer,
        MESSAGE,
        key | {"recipient_id": link.recipient_id},
        language=session.language or recipient.language,
        merge=merge,
        send_on=today,
    )
    note(connection, CODE_SENT, place_of(link, session.session_id, address), now)
    return SENT


def check_code(
    connection: Connection, key: bytes, link: Link, session: Session, given: str, *, now: datetime, address: str
) -> str:
    """Check a code; the right one lets the session see the page.

    Returns:
        `accepted`, `wrong` (four more tries at most), or `expired` (ask for a new one).
    """
    c = schema.sign_in_codes
    mine = and_(c.c.link_id == link.link_id, c.c.session_id == session.session_id)
    row = connection.execute(select(c).where(mine).order_by(c.c.code_id.desc()).limit(1)).one_or_none()
    place = place_of(link, session.session_id, address)
    if row is None or row.used_at or row.tries >= MOST_TRIES or row.created_at <= plain(now - LIFE):
        note(connection, CODE_REFUSED, place, now, why=EXPIRED)
        return EXPIRED
    this = update(c).where(c.c.code_id == row.code_id)
    digits = "".join(sign for sign in given if sign.isdecimal() and sign.isascii())
    if not is_same(digits, derive_code(key, row.code_id)):
        connection.execute(this.values(tries=row.tries + 1))
        note(connection, CODE_REFUSED, place, now, why=WRONG)
        return WRONG
    connection.execute(this.values(used_at=plain(now)))
    confirm(connection, session.session_id, link.link_id, now)
    note(connection, CODE_ACCEPTED, place, now)
    return ACCEPTED


def has_code(connection: Connection, link: Link, session: Session, now: datetime) -> bool:
    """Whether a session has a code that it can still enter."""
    c = schema.sign_in_codes.c
    mine = and_(c.link_id == link.link_id, c.session_id == session.session_id, c.created_at > plain(now - LIFE))
    usable = and_(mine, c.used_at.is_(None), c.tries < MOST_TRIES)
    return connection.execute(select(c.code_id).where(usable)).first() is not None


def codes_of(connection: Connection, code_ids: list[int], key: bytes, now: datetime) -> dict[int, str]:
    """The digits of codes that can still be used, by their number: for the messages that are about to leave."""
    c = schema.sign_in_codes.c
    fresh = and_(c.code_id.in_(code_ids), c.used_at.is_(None), c.created_at > plain(now - LIFE))
    return {i: derive_code(key, i) for i in connection.execute(select(c.code_id).where(fresh)).scalars()}


def recipient_of(connection: Connection, relation_id: str) -> Recipient:
    """A relation, as a message to it needs it."""
    r = schema.relations.c
    wanted = select(r.relation_id, r.name, r.language).where(r.relation_id == relation_id)
    return Recipient(*connection.execute(wanted).one())
