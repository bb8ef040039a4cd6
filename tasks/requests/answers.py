"""Answers: one function takes what a client answers, whichever way it came (A3, D6).

An answer closes its item. When all that a request requires is answered, its waiting messages are cancelled and its task
gets the status that the request names; when nothing of it is open, the request is done.
May touch: sql. Tests: tests/integration/requests/test_answers.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Update, and_, bindparam, func, select, update

from sql import schema
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.definitions.languages import options_of
from tasks.domain.reasons import Reason
from tasks.domain.requests.completion import (
    ACCEPTED,
    NOT_APPLICABLE,
    OPEN,
    RECEIVED,
    WANTED,
    ItemState,
    Progress,
    progress_of,
)
from tasks.domain.requests.values import AnswerError, check_date, check_value
from tasks.open_tasks import find_open_task
from tasks.requests.documents import INFECTED
from tasks.requests.profile import write_to_profile
from tasks.requests.still_correct import confirm_known

LONGEST_NOTE = 500
MOST_PROMISES = 2  # R7
PROMISED_AT_MOST = timedelta(days=30)  # after the task's due date
OF_HAND, OF_IMPORT, OF_PAGE = "hand", "import", "page"


@dataclass(frozen=True)
class Answer:
    """One answer to one item.

    Attributes:
        task_id, step, item: which.
        answered_on: when.
        value: of any item but a document; of a document whose expiry date is asked, that date.
        expires_on: the expiry date, as the client wrote it.
        not_applicable: why the item does not concern the client.
        source: page, import or hand.
        import_id: the import that brought it.
        is_still_correct: what the firm knows is confirmed (U4).
    """

    task_id: int
    step: str
    item: str
    answered_on: date
    value: str | None = None
    expires_on: str | None = None
    not_applicable: str | None = None
    source: str = OF_HAND
    import_id: int | None = None
    is_still_correct: bool = False


def find_item(connection: Connection, task_id: int, step: str, item: str) -> dict[str, Any]:
    """An item of an open task's request, with its number of files.

    Raises:
        TaskError: there is no such open task.
        AnswerError: it has no such request or item; the text lists those that it has.
    """
    find_open_task(connection, task_id)
    return find_request_item(connection, task_id, step, item)


def find_request_item(connection: Connection, task_id: int, step: str, item: str) -> dict[str, Any]:
    """The same of any task, also a closed one.

    Raises:
        AnswerError: it has no such request or item; the text lists those that it has.
    """
    of = {"task_id": task_id, "step": step, "item": item}
    found = connection.execute(_one_item(), of).mappings().one_or_none()
    if found is not None:
        return dict(found)
    i = schema.request_items.c
    known = connection.execute(select(i.subtask, i.key).where(i.task_id == task_id).order_by(i.position)).all()
    steps = sorted({row.subtask for row in known})
    if step not in steps:
        raise AnswerError(f"Task {task_id} has no request {step!r} with items; it has {', '.join(steps) or 'none'}.")
    mine = [row.key for row in known if row.subtask == step]
    raise AnswerError(f"Request {step} of task {task_id} has no item {item!r}; it has {', '.join(mine)}.")


@cache
def _one_item() -> Select[Any]:
    i, d = schema.request_items, schema.documents.c
    this = and_(i.c.task_id == bindparam("task_id"), i.c.subtask == bindparam("step"), i.c.key == bindparam("item"))
    its = and_(d.task_id == i.c.task_id, d.step == i.c.subtask, d.item == i.c.key, d.scan != INFECTED)
    files = select(func.count()).where(its).scalar_subquery()
    return select(i, files.label("files")).where(this)


def record_answer(connection: Connection, answer: Answer) -> Progress:
    """Check and record one answer; files are recorded before, by tasks/requests/documents.py.

    Returns:
        How far the request is now.

    Raises:
        TaskError: there is no such open task.
        AnswerError: there is no such item, or this is no answer to it; the text says what is wanted. Nothing changes.
    """
    item = find_item(connection, answer.task_id, answer.step, answer.item)
    if item["status"] == ACCEPTED:
        raise AnswerError(
            f"Item {answer.item} of task {answer.task_id} is accepted already; return it first.", "accepted_already"
        )
    try:
        values = (
            confirm_known(connection, item, answer.answered_on)
            if answer.is_still_correct
            else check_answer(item, answer)
        )
    except AnswerError as error:
        raise AnswerError(
            f"Item {answer.item} of request {answer.step}, task {answer.task_id}: {error}.", error.code
        ) from None
    stamp = {"answered_on": answer.answered_on, "source": answer.source}
    connection.execute(update(schema.request_items).where(this_item(item)).values(values | stamp))
    put_off_rendered(connection, answer.task_id, answer.step)
    if values["status"] == RECEIVED and not item["is_reviewed"]:
        write_to_profile(connection, item | values | stamp, answer.import_id)
    return advance_request(connection, answer.task_id, answer.step, answer.answered_on)


def record_promise(
    connection: Connection, task_id: int, step: str, item: str, *, promised_on: date, as_of: date
) -> None:
    """Record that the client will have an item on a day: it is not reminded of until the day after (R7).

    Raises:
        TaskError: there is no such open task.
        AnswerError: there is no such open item, or no such promise can be taken; the text says why.
    """
    found = find_item(connection, task_id, step, item)
    at = f"Item {item} of request {step}, task {task_id}"
    if found["status"] not in WANTED:
        raise AnswerError(f"{at} is {found['status']}: nothing is left to promise.")
    t = schema.follow_up_tasks.c
    due_on = connection.execute(select(t.due_on).where(t.task_id == task_id)).scalar_one()
    last = max(due_on + PROMISED_AT_MOST, as_of)
    if not as_of <= promised_on <= last:
        raise AnswerError(
            f"{at} can be promised for a day from {as_of} to {last}, not for {promised_on}.", "promise_too_far"
        )
    promises = found["promises"] or 0
    if promises >= MOST_PROMISES:
        raise AnswerError(f"{at} was promised {promises} times already.", "promised_too_often")
    values = {"promised_on": promised_on, "promises": promises + 1}
    connection.execute(update(schema.request_items).where(this_item(found)).values(values))
    put_off_rendered(connection, task_id, step)


def put_off_rendered(connection: Connection, task_id: int, step: str) -> None:
    """Have the waiting messages of a request written anew by the next run: what they list has changed (M4)."""
    connection.execute(_put_off(), {"of_task": task_id, "of_step": step})


@cache
def _put_off() -> Update:
    m = schema.messages
    waiting = and_(m.c.task_id == bindparam("of_task"), m.c.step == bindparam("of_step"), m.c.status == "pending")
    return update(m).where(waiting).values(status="suppressed", reason=Reason.SUPERSEDED.value)


def check_answer(item: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """The columns that an answer gives its item.

    Raises:
        AnswerError: it is no answer to it; the text says what is wanted.
    """
    if answer.not_applicable is not None:
        reason = answer.not_applicable.strip()
        if not reason:
            raise AnswerError("say why it does not apply", "no_reason")
        return {"status": NOT_APPLICABLE, "note": reason[:LONGEST_NOTE], "value": None, "expires_on": None}
    is_document = item["type"] == "document"
    expires = answer.expires_on or (answer.value if is_document and item["is_expiry_asked"] else None)
    known = {"note": None, "expires_on": _expiry(item, expires)}
    if not is_document:
        if answer.value is None:
            raise AnswerError("give the answer", "empty")
        options = options_of(item["options"])
        return known | {
            "status": RECEIVED,
            "value": check_value(item["type"], answer.value, options, item["check_name"]),
        }
    if answer.value is not None and not item["is_expiry_asked"]:
        raise AnswerError("a document is asked for: give a file", "no_file")
    if item["files"] == 0:
        raise AnswerError("a document is asked for: give a file", "no_file")
    return known | {"status": RECEIVED if item["files"] >= (item["min_files"] or 1) else OPEN, "value": None}


def _expiry(item: Mapping[str, Any], text: str | None) -> date | None:
    if text is None:
        if item["is_expiry_asked"]:
            raise AnswerError("its expiry date is asked, too", "no_expiry")
        return None
    if not item["is_expiry_asked"]:
        raise AnswerError("no expiry date is asked for it")
    return check_date(text)


def advance_request(connection: Connection, task_id: int, step: str, as_of: date) -> Progress:
    """Bring a request and its task up to date with its items (A3); a status is set once for a cause.

    Returns:
        How far the request is.
    """
    of, s = {"task_id": task_id, "step": step}, schema.follow_up_subtasks
    rows = connection.execute(_states(), of).all()
    progress = progress_of(ItemState(r.status, bool(r.is_optional), bool(r.is_reviewed)) for r in rows)
    this = and_(s.c.task_id == task_id, s.c.key == step)
    before = connection.execute(_request(), of).one()
    if progress.is_complete and before.completed_on is None:
        connection.execute(update(s).where(this).values(completed_on=as_of))
        _cancel_waiting(connection, task_id, step)
        move_task(connection, task_id, before.on_complete)
    if progress.is_done and before.status == "open":
        connection.execute(update(s).where(this).values(status="done"))
    return progress


@cache
def _states() -> Select[Any]:
    i = schema.request_items.c
    its = and_(i.task_id == bindparam("task_id"), i.subtask == bindparam("step"))
    return select(i.status, i.is_optional, i.is_reviewed).where(its)


@cache
def _request() -> Select[Any]:
    s = schema.follow_up_subtasks.c
    this = and_(s.task_id == bindparam("task_id"), s.key == bindparam("step"))
    return select(s.completed_on, s.on_complete, s.status).where(this)


def move_task(connection: Connection, task_id: int, status: str | None) -> None:
    """Give a task a status, if one is named and the task is not closed."""
    t = schema.follow_up_tasks
    if status is not None:
        is_open = t.c.status.not_in(CLOSED_STATUSES)
        connection.execute(update(t).where(t.c.task_id == task_id, is_open).values(status=status))


def _cancel_waiting(connection: Connection, task_id: int, step: str) -> None:
    """Nothing more is sent for a request that is answered (R1)."""
    m = schema.messages
    waiting = and_(m.c.task_id == task_id, m.c.step == step, m.c.status.in_(("pending", "suppressed")))
    connection.execute(update(m).where(waiting).values(status="cancelled", reason=Reason.ANSWERED.value))


def this_item(item: Mapping[str, Any]) -> ColumnElement[bool]:
    """The row of an item."""
    i = schema.request_items.c
    return and_(i.task_id == item["task_id"], i.subtask == item["subtask"], i.key == item["key"])
