"""The outbox at the desk: messages by state, fifty at a time, and one with all that is known of it.

May touch: sql. Tests: tests/integration/desk/test_desk_outbox.py, on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, not_, or_, select, tuple_

from sql import schema
from tasks.desk.today import UNSURE
from tasks.domain.mail.states import MESSAGE_STATUSES
from tasks.mail.placeholders import MARK

A_PAGE = 50
STOPPED = ("suppressed", "cancelled", "rejected")
PUT_OFF = ("paused", "capped")
MASKED = "…"


@dataclass(frozen=True)
class MessagePage:
    """A page of messages, the latest send day first, and where the next one begins."""

    rows: Sequence[Mapping[str, Any]]
    next: tuple[date, int] | None


def read_messages(
    connection: Connection, status: str | None, relation_id: str | None, after: tuple[date, int] | None
) -> MessagePage:
    """One page of the outbox; `status` may also be `unsure` or `dropped`.

    Of one relation, and of one status, an index gives the first ones in their order; several statuses are merged.
    """
    m = schema.messages.c
    chosen: list[ColumnElement[bool]] = []
    if relation_id is not None:
        chosen.append(and_(m.recipient_kind == "relation", m.recipient_id == relation_id))
    if after is not None:
        chosen.append(tuple_(m.send_on, m.message_id) < after)
    found: list[dict[str, Any]] = []
    for condition in _of_status(status):
        wanted = _with_name().where(condition, *chosen).order_by(m.send_on.desc(), m.message_id.desc())
        found += [dict(row) for row in connection.execute(wanted.limit(A_PAGE + 1)).mappings()]
    found.sort(key=lambda row: (row["send_on"], row["message_id"]), reverse=True)
    rows = found[:A_PAGE]
    return MessagePage(rows, (rows[-1]["send_on"], rows[-1]["message_id"]) if len(found) > A_PAGE else None)


def read_message(connection: Connection, message_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """A message with its last attempt, and the events about it; None if there is none with this number."""
    m, a, e = schema.messages.c, schema.attempts.c, schema.mail_events.c
    wanted = (
        _with_name()
        .add_columns(m.body_text, m.sent_at, m.attempt_id, a.state, a.http_status, a.problem)
        .outerjoin(schema.attempts, a.attempt_id == m.attempt_id)
        .where(m.message_id == message_id)
    )
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        return None
    events = select(e.kind, e.happened_at).where(e.message_id == message_id).order_by(e.happened_at, e.kind)
    return dict(row), [dict(event) for event in connection.execute(events).mappings()]


def masked(text: str | None) -> str:
    """A message's text as it is stored, with what is filled in only as it leaves left out."""
    return MARK.sub(MASKED, text or "")


def _with_name() -> Select[Any]:
    m, r, u = schema.messages.c, schema.relations.c, schema.users.c
    user = func.trim(func.coalesce(u.first_name, "") + " " + func.coalesce(u.last_name, ""))
    shown = (m.message_id, m.task_id, m.step, m.subject, m.send_on, m.status, m.reason, m.recipient_kind)
    return (
        select(*shown, m.recipient_id, case((m.recipient_kind == "user", user), else_=r.name).label("name"))
        .add_columns(func.coalesce(m.fixed_email, m.email).label("email"))
        .outerjoin_from(
            schema.messages, schema.relations, and_(m.recipient_kind == "relation", r.relation_id == m.recipient_id)
        )
        .outerjoin(schema.users, and_(m.recipient_kind == "user", u.user_id == m.recipient_id))
    )


def _of_status(status: str | None) -> list[ColumnElement[bool]]:
    """What is asked for, as one condition for each status of the table."""
    m = schema.messages.c
    if status == "dropped":
        reason = func.coalesce(m.reason, "")
        # As sql/queries/mail/messages.sql has it: what is put off, or written anew by the next run, is not dropped.
        written_anew = and_(m.status == "suppressed", reason == "superseded")
        kept = not_(or_(reason.in_(PUT_OFF), written_anew))
        return [and_(m.status == one, kept) for one in STOPPED]
    wanted = MESSAGE_STATUSES if status is None else UNSURE if status == "unsure" else (status,)
    return [m.status == one for one in wanted]
