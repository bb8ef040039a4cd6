"""Edits: the items of one task's request, changed as long as they are open; later occurrences keep the template's (R8).

An item added is in the next reminder, and the count does not restart.
May touch: sql. Tests: tests/integration/requests/test_edits.py.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from sql import schema
from tasks.domain.definitions.base import KEY
from tasks.domain.definitions.request import ItemType
from tasks.domain.requests.completion import OPEN, WANTED
from tasks.domain.requests.values import AnswerError
from tasks.open_tasks import TaskError, find_open_task
from tasks.requests.answers import advance_request, find_item, put_off_rendered, this_item

LONGEST_LABEL = 200
# A choice needs options, which one line cannot give.
ADDED_TYPES = tuple(name for name in get_args(ItemType) if name != "choice")


@dataclass(frozen=True)
class ItemEdits:
    """What is to change in one request.

    Attributes:
        add: KEY=LABEL, or KEY=LABEL:TYPE; a text without a type.
        remove: keys.
        label: KEY=LABEL.
    """

    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    label: Sequence[str] = ()


def edit_items(connection: Connection, task_id: int, step: str, edits: ItemEdits, as_of: date) -> None:
    """Change the items of one request of an open task; all changes are made, or none.

    Raises:
        TaskError: there is no such open task or request.
        AnswerError: a change is not possible; the text says which and why.
    """
    find_open_task(connection, task_id)
    s = schema.follow_up_subtasks.c
    this = select(s.status).where(s.task_id == task_id, s.key == step, s.kind == "request")
    if connection.execute(this).scalar_one_or_none() != "open":
        raise TaskError(f"Task {task_id} has no open request {step!r}.")
    if not (edits.add or edits.remove or edits.label):
        raise AnswerError("Say what to change: --add, --remove or --label.")
    for key in edits.remove:
        _remove(connection, _open_item(connection, task_id, step, key))
    for words in edits.label:
        key, label = _split(words)
        item = _open_item(connection, task_id, step, key)
        connection.execute(update(schema.request_items).where(this_item(item)).values(label=label, labels=None))
    for words in edits.add:
        _add(connection, task_id, step, words)
    i = schema.request_items.c
    if not connection.execute(select(func.count()).where(i.task_id == task_id, i.subtask == step)).scalar_one():
        raise AnswerError(
            f"Request {step} of task {task_id} would ask for nothing: `relance cancel {task_id}` ends it."
        )
    advance_request(connection, task_id, step, as_of)
    put_off_rendered(connection, task_id, step)


def _open_item(connection: Connection, task_id: int, step: str, key: str) -> Mapping[str, Any]:
    item = find_item(connection, task_id, step, key)
    if item["status"] not in WANTED:
        raise AnswerError(f"Item {key} of task {task_id} is {item['status']}: it can no longer be changed.")
    return item


def _remove(connection: Connection, item: Mapping[str, Any]) -> None:
    if item["files"]:
        raise AnswerError(
            f"Item {item['key']} of task {item['task_id']} has files already: it can no longer be removed."
        )
    connection.execute(delete(schema.request_items).where(this_item(item)))


def _add(connection: Connection, task_id: int, step: str, words: str) -> None:
    key, label = _split(words)
    label, kind = _type_of(label)
    i = schema.request_items
    here = and_(i.c.task_id == task_id, i.c.subtask == step)
    if connection.execute(select(i.c.key).where(here, i.c.key == key)).first():
        raise AnswerError(f"Request {step} of task {task_id} has an item {key} already.")
    last = connection.execute(select(func.max(i.c.position)).where(here)).scalar_one()
    row = {"task_id": task_id, "subtask": step, "key": key, "position": 0 if last is None else last + 1}
    row |= {"label": label, "type": kind, "status": OPEN, "is_optional": False, "is_reviewed": False}
    row |= {"is_expiry_asked": False, "min_files": 1 if kind == "document" else None}
    connection.execute(insert(i).values(row))


def _type_of(label: str) -> tuple[str, str]:
    text, colon, kind = label.rpartition(":")
    if colon and kind.strip() in ADDED_TYPES:
        return text.strip(), kind.strip()
    if colon and re.fullmatch(r"[a-z_]+", kind):
        raise AnswerError(f"{kind!r} is not a type of item that can be added; there are {', '.join(ADDED_TYPES)}.")
    return label, "text"


def _split(words: str) -> tuple[str, str]:
    key, equals, label = (part.strip() for part in words.partition("="))
    if not equals or not re.fullmatch(KEY, key) or not label or len(label) > LONGEST_LABEL:
        raise AnswerError(f"{words!r} is not KEY=LABEL, with a key of small letters, digits, - and _.")
    return key, label
