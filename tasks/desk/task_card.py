"""Everything about one task: its steps, items, documents, mails, comments, and what happened to it.

May touch: sql. Tests: tests/integration/desk/test_desk_card.py, on both databases.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, func, select

from sql import schema

MOST_EVENTS = 200


@dataclass(frozen=True)
class TaskCard:
    """A task as the desk shows it.

    Attributes:
        task: its row, with the relation's name, owner_id and e-mail address.
        steps: in order, each with `items` and `recipients`; items have their `documents`.
        messages, comments: the latest last.
        timeline: what happened, the latest first: `at`, `what`, `item`, `who` (a user, a recipient or None), `detail`.
    """

    task: dict[str, Any]
    steps: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    comments: list[dict[str, Any]]
    timeline: list[dict[str, Any]]

    @property
    def is_open(self) -> bool:
        """Whether anything can still be done."""
        return self.task["status"] not in ("done", "cancelled")


def read_task_card(connection: Connection, task_id: int) -> TaskCard | None:
    """A task; None if there is none with this number."""
    t, r = schema.follow_up_tasks.c, schema.relations.c
    wanted = (
        select(schema.follow_up_tasks, r.name, r.owner_id, r.email, r.is_opted_out)
        .join(schema.relations, r.relation_id == t.relation_id)
        .where(t.task_id == task_id)
    )
    task = connection.execute(wanted).mappings().one_or_none()
    if task is None:
        return None
    c, u = schema.task_comments.c, schema.users.c
    comments = (
        select(c.written_at, c.text, u.first_name, u.last_name)
        .outerjoin(schema.users, u.user_id == c.user_id)
        .where(c.task_id == task_id)
        .order_by(c.comment_id)
    )
    return TaskCard(
        dict(task),
        _steps(connection, dict(task)),
        _of_task(connection, schema.messages, task_id, "message_id"),
        [dict(row) for row in connection.execute(comments).mappings()],
        _timeline(connection, task_id),
    )


def find_document(connection: Connection, task_id: int, document_id: int) -> dict[str, Any] | None:
    """A document of a task that is still there."""
    d = schema.documents
    this = and_(d.c.document_id == document_id, d.c.task_id == task_id, d.c.removed_on.is_(None))
    row = connection.execute(select(d).where(this)).mappings().one_or_none()
    return None if row is None else dict(row)


def _of_task(connection: Connection, table: Table, task_id: int, *order: str) -> list[dict[str, Any]]:
    wanted = select(table).where(table.c.task_id == task_id).order_by(*(table.c[name] for name in order))
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _steps(connection: Connection, task: dict[str, Any]) -> list[dict[str, Any]]:
    task_id = task["task_id"]
    documents: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _of_task(connection, schema.documents, task_id, "document_id"):
        documents[row["step"], row["item"]].append(row)
    items: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _of_task(connection, schema.request_items, task_id, "position"):
        items[row["subtask"]].append(row | {"documents": documents[row["subtask"], row["key"]]})
    recipients = _recipients(connection, task_id)
    names = {row["user_id"]: row["name"] for row in _assignees(connection, task_id)}
    default = [{"recipient_id": task["relation_id"], "name": task["name"]}]
    return [
        step
        | {
            "items": items[step["key"]],
            "recipients": recipients[step["key"]] or default,
            "assignee": names.get(step["assignee_id"]),
        }
        for step in _of_task(connection, schema.follow_up_subtasks, task_id, "position")
    ]


def _assignees(connection: Connection, task_id: int) -> list[dict[str, Any]]:
    s, u = schema.follow_up_subtasks.c, schema.users.c
    name = func.coalesce(u.first_name, "") + " " + func.coalesce(u.last_name, "")
    wanted = select(u.user_id, func.trim(name).label("name")).join_from(
        schema.follow_up_subtasks, schema.users, u.user_id == s.assignee_id
    )
    return [dict(row) for row in connection.execute(wanted.where(s.task_id == task_id)).mappings()]


def _recipients(connection: Connection, task_id: int) -> dict[str, list[dict[str, Any]]]:
    q, r = schema.request_recipients.c, schema.relations.c
    wanted = (
        select(q.step, q.recipient_id, r.name)
        .join_from(schema.request_recipients, schema.relations, r.relation_id == q.recipient_id)
        .where(q.task_id == task_id, q.removed_on.is_(None))
        .order_by(r.relation_id)
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(wanted).mappings():
        found[row["step"]].append(dict(row))
    return found


def _timeline(connection: Connection, task_id: int) -> list[dict[str, Any]]:
    """What the client did and what the firm did, in one order."""
    e, d, u = schema.request_events.c, schema.desk_acts.c, schema.users.c
    theirs = select(e.happened_at, e.kind, e.item, e.recipient_id, e.detail).where(e.task_id == task_id)
    ours = (
        select(d.happened_at, d.act, d.detail, u.first_name, u.last_name, d.user_id)
        .outerjoin(schema.users, u.user_id == d.user_id)
        .where(d.about_kind == "task", d.about_id == str(task_id))
    )
    found = [
        _event(row.happened_at, row.kind, row.item, row.recipient_id, row.detail)
        for row in connection.execute(theirs.order_by(e.event_id.desc()).limit(MOST_EVENTS))
    ]
    for row in connection.execute(ours.order_by(d.act_id.desc()).limit(MOST_EVENTS)):
        name = " ".join(part for part in (row.first_name, row.last_name) if part) or row.user_id
        found.append(_event(row.happened_at, f"act_{row.act}", None, name, row.detail))
    return sorted(found, key=lambda event: event["at"], reverse=True)


def _event(at: datetime, what: str, item: str | None, who: str | None, detail: str | None) -> dict[str, Any]:
    known = json.loads(detail) if detail else {}
    return {"at": at, "what": what, "item": item or known.get("item"), "who": who, "detail": known}
