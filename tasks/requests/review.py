"""Review: a person of the firm accepts what came, or returns it with a reason (R4).

A returned item is open again. The client is told in one message with the reasons, and reminders begin a new cycle.
May touch: sql. Tests: tests/integration/requests/test_reminders.py.
"""

from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from sql import schema
from tasks.domain.reasons import Reason
from tasks.domain.requests.completion import ACCEPTED, NOT_APPLICABLE, RECEIVED, RETURNED
from tasks.domain.requests.values import AnswerError
from tasks.open_tasks import find_open_task
from tasks.requests.answers import (
    LONGEST_NOTE,
    advance_request,
    find_item,
    move_task,
    put_off_rendered,
    this_item,
)
from tasks.requests.profile import write_to_profile

WAITING = ("pending", "suppressed")  # written, and not sent
ANSWERED = (RECEIVED, ACCEPTED, NOT_APPLICABLE)


def accept(connection: Connection, task_id: int, step: str, item: str | None, as_of: date) -> list[str]:
    """Accept one item, or every received item of a request; answers with `field` are written to the profile then.

    Returns:
        The items accepted now; an item that was accepted before stays so.

    Raises:
        TaskError: there is no such open task.
        AnswerError: there is no such item, or it is not answered.
    """
    keys = [item] if item is not None else _received(connection, task_id, step)
    accepted = []
    for key in keys:
        found = find_item(connection, task_id, step, key)
        if found["status"] == ACCEPTED:
            continue
        if found["status"] != RECEIVED:
            raise AnswerError(f"Item {key} of task {task_id} is {found['status']}: there is nothing to accept.")
        connection.execute(update(schema.request_items).where(this_item(found)).values(status=ACCEPTED))
        if found["is_reviewed"]:
            write_to_profile(connection, found)
        accepted.append(key)
    advance_request(connection, task_id, step, as_of)
    return accepted


def return_item(connection: Connection, task_id: int, step: str, item: str, reason: str, as_of: date) -> None:
    """Give an answer back to the client with a reason; also one that was accepted.

    Raises:
        TaskError: there is no such open task.
        AnswerError: there is no such item, it is not answered, or the reason is empty.
    """
    found = find_item(connection, task_id, step, item)
    if not reason.strip():
        raise AnswerError(f"Say why item {item} of task {task_id} is returned; the client reads it.")
    if found["status"] not in ANSWERED:
        raise AnswerError(f"Item {item} of task {task_id} is {found['status']}: there is nothing to return.")
    s = schema.follow_up_subtasks
    returned = {"status": RETURNED, "note": reason.strip()[:LONGEST_NOTE]}
    connection.execute(update(schema.request_items).where(this_item(found)).values(returned))
    request = and_(s.c.task_id == task_id, s.c.key == step)
    before = connection.execute(select(s.c.cycle, s.c.on_returned).where(request)).one()
    # Several items returned before the client is told belong to one return.
    cycle = before.cycle if before.cycle and not _is_told(connection, task_id, step, before.cycle) else before.cycle + 1
    reopened: dict[str, Any] = {"status": "open", "completed_on": None, "exhausted_on": None, "cycle": cycle}
    connection.execute(update(s).where(request).values(reopened | {"remind_on": as_of}))
    _cancel_reminders(connection, task_id, step, cycle)
    put_off_rendered(connection, task_id, step)
    move_task(connection, task_id, before.on_returned)


def _received(connection: Connection, task_id: int, step: str) -> list[str]:
    find_open_task(connection, task_id)
    i = schema.request_items.c
    wanted = select(i.key).where(i.task_id == task_id, i.subtask == step, i.status == RECEIVED).order_by(i.position)
    found = list(connection.execute(wanted).scalars())
    if not found:
        raise AnswerError(f"Request {step} of task {task_id} has nothing to accept.")
    return found


def _cancel_reminders(connection: Connection, task_id: int, step: str, cycle: int) -> None:
    """What waits of the cycles before is not sent; the request's first message still is."""
    m = schema.messages
    of_before = and_(m.c.task_id == task_id, m.c.step == step, m.c.cycle < cycle, m.c.status.in_(WAITING))
    is_first = and_(m.c.cycle == 0, m.c.sequence == 0)
    cancelled = {"status": "cancelled", "reason": Reason.SUPERSEDED.value}
    connection.execute(update(m).where(of_before, ~is_first).values(cancelled))


def _is_told(connection: Connection, task_id: int, step: str, cycle: int) -> bool:
    m = schema.messages.c
    gone = select(func.count()).where(m.task_id == task_id, m.step == step, m.cycle == cycle, m.status.not_in(WAITING))
    return bool(connection.execute(gone).scalar_one())
