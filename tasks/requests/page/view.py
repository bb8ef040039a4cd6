"""What the page of a request shows: its items with their states, and who asks for them.

A stored value is shown masked, except to the session that wrote it; a stored document is never shown again (D3).
May touch: sql. Tests: tests/integration/web/test_page_answers.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, select

from sql import schema
from tasks.domain.definitions.languages import choose_language, label_in, options_of, stored_label_in
from tasks.domain.requests.completion import NOT_APPLICABLE, RETURNED
from tasks.domain.requests.typed import masked
from tasks.requests.answers import MOST_PROMISES, OF_PAGE
from tasks.requests.documents import INFECTED
from tasks.requests.history import ITEM_SAVED
from tasks.requests.page.links import Link
from tasks.requests.page.model import Page, PageFile, PageItem
from tasks.requests.still_correct import can_be_confirmed

LANGUAGES = ("fr", "nl", "en")


def read_page(
    connection: Connection,
    link: Link,
    *,
    session_id: int | None,
    chosen_language: str | None,
    firm_language: str,
    as_of: date,
) -> Page:
    """What the page behind a link shows.

    Args:
        connection: a transaction.
        link: it.
        session_id: the session, which sees in full what it wrote itself.
        chosen_language: the one that the reader chose.
        firm_language: where a recipient has none (M9).
        as_of: today.
    """
    head = connection.execute(_head_of_link(), _of(link)).mappings().one()
    recipient = connection.execute(_recipient(), _of(link)).one()
    language = choose_language(chosen_language or recipient.language, firm_language, LANGUAGES) or "fr"
    of = "step" if head["step_label"] else "task"
    owner = {name: head[name] for name in ("first_name", "last_name", "email") if head[name]}
    return Page(
        link=link,
        language=language,
        label=stored_label_in(head[f"{of}_label"], head[f"{of}_labels"], language, firm_language) or "",
        relation_id=head["relation_id"],
        relation_name=head["relation_name"],
        recipient_name=recipient.name,
        due_on=head["due_on"],
        owner=owner,
        owner_id=head["owner_id"],
        items=_items(connection, link, session_id, language, firm_language, as_of),
    )


# The statements of a page are built once: building one takes ten times as long as running it.


@cache
def _head_of_link() -> Select[Any]:
    t, s, r, u = schema.follow_up_tasks.c, schema.follow_up_subtasks.c, schema.relations.c, schema.users.c
    return (
        select(
            t.relation_id,
            t.due_on,
            t.label.label("task_label"),
            t.labels.label("task_labels"),
            s.label.label("step_label"),
            s.labels.label("step_labels"),
            r.name.label("relation_name"),
            u.user_id.label("owner_id"),
            u.first_name,
            u.last_name,
            u.email,
        )
        .join(schema.follow_up_subtasks, and_(s.task_id == t.task_id, s.key == bindparam("step")))
        .join(schema.relations, r.relation_id == t.relation_id)
        .outerjoin(schema.users, u.user_id == r.owner_id)
        .where(t.task_id == bindparam("task_id"))
    )


@cache
def _recipient() -> Select[Any]:
    r = schema.relations.c
    return select(r.name, r.language).where(r.relation_id == bindparam("recipient_id"))


@cache
def _items_of_link() -> Select[Any]:
    i, f, t = schema.request_items.c, schema.relation_fields.c, schema.follow_up_tasks.c
    known = and_(f.relation_id == t.relation_id, f.field == i.field)
    return (
        select(schema.request_items, f.value.label("known_value"), f.expires_on.label("known_expires_on"))
        .join(schema.follow_up_tasks, t.task_id == i.task_id)
        .outerjoin(schema.relation_fields, known)
        .where(i.task_id == bindparam("task_id"), i.subtask == bindparam("step"))
        .order_by(i.position)
    )


@cache
def _files_of_link() -> Select[Any]:
    d = schema.documents.c
    this = and_(d.task_id == bindparam("task_id"), d.step == bindparam("step"), d.scan != INFECTED)
    return select(d.item, d.document_id, d.name, d.size, d.received_at).where(this).order_by(d.document_id)


@cache
def _savings_of_link() -> Select[Any]:
    e = schema.request_events.c
    saved = and_(e.task_id == bindparam("task_id"), e.step == bindparam("step"), e.kind == ITEM_SAVED)
    return select(e.item, e.session_id).where(saved).order_by(e.event_id)


@cache
def _drafts_of_link() -> Select[Any]:
    d = schema.drafts.c
    mine = and_(d.task_id == bindparam("task_id"), d.step == bindparam("step"))
    return select(d.item, d.value).where(mine, d.recipient_id == bindparam("recipient_id"))


def _of(link: Link) -> dict[str, Any]:
    return {"task_id": link.task_id, "step": link.step, "recipient_id": link.recipient_id}


def _items(
    connection: Connection, link: Link, session_id: int | None, language: str, firm_language: str, as_of: date
) -> tuple[PageItem, ...]:
    rows = [dict(row) for row in connection.execute(_items_of_link(), _of(link)).mappings()]
    files, own, drafts = _files(connection, link), _own_items(connection, link, session_id), _drafts(connection, link)
    items = [
        _item(
            row,
            files.get(row["key"], ()),
            row["key"] in own and row["source"] == OF_PAGE,
            drafts.get(row["key"]),
            language,
            firm_language,
            as_of,
        )
        for row in rows
    ]
    # What was given back first, then what is open, what is optional, and what has come.
    order = {RETURNED: 0, "open": 1}
    return tuple(sorted(items, key=lambda item: (order.get(item.status, 2), item.is_wanted and item.is_optional)))


def _item(
    row: Mapping[str, Any],
    files: tuple[PageFile, ...],
    is_own: bool,
    draft: str | None,
    language: str,
    firm_language: str,
    as_of: date,
) -> PageItem:
    value = row["value"] if row["type"] in ("yes_no", "choice") or is_own else masked(row["value"] or "")
    known = _Known(row["known_value"], row["known_expires_on"])
    is_known = bool(row["field"]) and can_be_confirmed(row, known, as_of)
    return PageItem(
        key=row["key"],
        type=row["type"],
        status=row["status"],
        label=stored_label_in(row["label"], row["labels"], language, firm_language) or row["key"],
        help=stored_label_in(row["help"], row["helps"], language, firm_language),
        is_optional=bool(row["is_optional"]),
        check=row["check_name"],
        options={value: label_in(text, language, firm_language) for value, text in options_of(row["options"]).items()},
        accept=tuple((row["accept"] or "").split()),
        min_files=row["min_files"] or 1,
        max_files=row["max_files"],
        is_expiry_asked=bool(row["is_expiry_asked"]),
        due_on=row["due_on"],
        note=row["note"] if row["status"] in (RETURNED, NOT_APPLICABLE) else None,
        answered_on=row["answered_on"],
        value=value if row["value"] else None,
        is_value_masked=not is_own,
        expires_on=row["expires_on"] if is_own else None,
        promised_on=row["promised_on"] if row["promised_on"] and row["promised_on"] >= as_of else None,
        may_promise=(row["promises"] or 0) < MOST_PROMISES,
        known=(masked(known.value or "") if row["type"] != "document" else "") if is_known else None,
        files=files,
        draft=draft,
        version=_version(row, files),
    )


@dataclass(frozen=True)
class _Known:
    value: str | None
    expires_on: date | None


def _version(row: Mapping[str, Any], files: tuple[PageFile, ...]) -> str:
    parts = [row[name] for name in ("status", "value", "expires_on", "note", "answered_on", "promised_on", "label")]
    whole = json.dumps([*parts, [file.document_id for file in files]], default=str)
    return sha256(whole.encode()).hexdigest()[:16]


def _files(connection: Connection, link: Link) -> dict[str, tuple[PageFile, ...]]:
    found: dict[str, tuple[PageFile, ...]] = {}
    for row in connection.execute(_files_of_link(), _of(link)):
        found[row.item] = (*found.get(row.item, ()), PageFile(*row[1:]))
    return found


def _own_items(connection: Connection, link: Link, session_id: int | None) -> set[str]:
    """The items whose last answer was written by this session."""
    last: dict[str, int | None] = {}
    for row in connection.execute(_savings_of_link(), _of(link)):
        last[row.item] = row.session_id
    return {item for item, writer in last.items() if writer is not None and writer == session_id}


def _drafts(connection: Connection, link: Link) -> dict[str, str]:
    return {row.item: row.value for row in connection.execute(_drafts_of_link(), _of(link))}
