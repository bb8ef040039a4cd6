"""Recipients: who is asked by a request (R6): the task's relation, the persons of a company, or whoever is chosen.

A new recipient gets the first message of the request; the count of reminders goes on.
May touch: sql. Tests: tests/integration/requests/test_recipients.py, on both databases.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Date, and_, bindparam, func, insert, select, text, update

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, iso, query
from tasks.domain import frames
from tasks.domain.requests.values import AnswerError
from tasks.open_tasks import find_open_task
from tasks.requests.page.links import revoke_others
from tasks.spelling import as_stored


def choose_defaults(store: Store, as_of: date) -> None:
    """Give new requests their recipients: those that the mission service names, or a company's persons."""
    with store.begin() as connection:
        named = read_frame(connection, query("services_recipients"), {})
        if not named.empty:
            _insert(connection, named, as_of)
        contacts = text(query("insert_contacts")).bindparams(bindparam("as_of", as_of, Date))
        connection.execute(contacts)
        connection.execute(text(query("cancel_passed_on")))


def _insert(connection: Connection, named: pd.DataFrame, as_of: date) -> None:
    each = named.assign(recipient_id=named["recipients"].str.split()).explode("recipient_id").drop_duplicates()
    rows = each[["task_id", "step", "recipient_id"]].assign(added_on=pd.Timestamp(as_of))
    typed = rows.astype({"recipient_id": frames.TEXT, "added_on": frames.DATE})
    with staged(connection, schema.request_recipients, typed.reset_index(drop=True)):
        connection.execute(text(query("insert_recipients")))


def list_recipients(store: Store, task_id: int) -> list[dict[str, Any]]:
    """Who is asked by each request of a task: step, recipient_id, name, added_on (null for the task's own relation)."""
    q, s, t, r = schema.request_recipients.c, schema.follow_up_subtasks.c, schema.follow_up_tasks.c, schema.relations.c
    chosen = and_(q.task_id == s.task_id, q.step == s.key, q.removed_on.is_(None))
    wanted = (
        select(s.key.label("step"), r.relation_id.label("recipient_id"), r.name, q.added_on)
        .join_from(schema.follow_up_subtasks, schema.follow_up_tasks, t.task_id == s.task_id)
        .outerjoin(schema.request_recipients, chosen)
        .join(schema.relations, r.relation_id == func.coalesce(q.recipient_id, t.relation_id))
        .where(s.task_id == task_id, s.kind == "request")
        .order_by(s.position, r.relation_id)
    )
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(wanted).mappings().all()
    return [dict(row) | {"added_on": iso(row["added_on"]) if row["added_on"] else None} for row in rows]


def choose_recipients(
    store: Store, task_id: int, chosen: Sequence[str], step: str | None, as_of: date, *, now: datetime
) -> list[str]:
    """Choose who is asked from now on, by one request of a task or by all of them; others' links are revoked (D1).

    Args:
        store: the database.
        task_id: the task's id.
        chosen: ids of relations; all that are not among them are asked no longer.
        step: the request; None for all of the task that are open.
        as_of: today.
        now: the instant.

    Returns:
        The requests.

    Raises:
        TaskError: there is no such open task.
        AnswerError: it has no such open request, or there is no such relation; nothing changes.
    """
    ids = list(as_stored(store, "relations", pd.Series(list(dict.fromkeys(chosen)), dtype=frames.TEXT)))
    r, q = schema.relations.c, schema.request_recipients
    with store.begin() as connection:
        find_open_task(connection, task_id)
        known = set(connection.execute(select(r.relation_id).where(r.relation_id.in_(ids))).scalars())
        if unknown := [one for one in ids if one not in known]:
            raise AnswerError(f"There is no relation {', '.join(unknown)}. Nobody's choice was changed.")
        steps = _open_requests(connection, task_id, step)
        for key in steps:
            here = and_(q.c.task_id == task_id, q.c.step == key)
            gone = and_(here, q.c.recipient_id.not_in(ids), q.c.removed_on.is_(None))
            connection.execute(update(q).where(gone).values(removed_on=as_of))
            back = and_(here, q.c.recipient_id.in_(ids), q.c.removed_on.is_not(None))
            connection.execute(update(q).where(back).values(removed_on=None, added_on=as_of))
            there = set(connection.execute(select(q.c.recipient_id).where(here)).scalars())
            new = [{"task_id": task_id, "step": key, "recipient_id": i, "added_on": as_of} for i in ids]
            if rows := [row for row in new if row["recipient_id"] not in there]:
                connection.execute(insert(q), rows)
            revoke_others(connection, task_id, key, ids or [_relation_of(connection, task_id)], now)
        connection.execute(text(query("cancel_passed_on")))
    return steps


def _relation_of(connection: Connection, task_id: int) -> str:
    """Who is asked where nobody is chosen."""
    t = schema.follow_up_tasks.c
    return str(connection.execute(select(t.relation_id).where(t.task_id == task_id)).scalar_one())


def _open_requests(connection: Connection, task_id: int, step: str | None) -> list[str]:
    s = schema.follow_up_subtasks.c
    requests = and_(s.task_id == task_id, s.kind == "request")
    found = connection.execute(select(s.key, s.status).where(requests).order_by(s.position)).all()
    steps = [row.key for row in found if row.status == "open" and step in (None, row.key)]
    if not steps:
        known = ", ".join(row.key for row in found if row.status == "open") or "none"
        asked = "no open request" if step is None else f"no open request {step!r}; it has {known}"
        raise AnswerError(f"Task {task_id} has {asked}.")
    return steps
