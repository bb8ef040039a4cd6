"""Acts on tasks: close, remind, send, assign, review, edit, comment (A1, M4, R4, R6, R8).

Those on many tasks go on where one of them says no, and return what each said.
May touch: flows/jobs, tasks/. Tests: tests/integration/desk/test_desk_tasks.py.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select, update

from flows.home.settings import Settings
from flows.jobs.links import list_links
from flows.jobs.requests import accept_answers, change_items, return_answer
from flows.jobs.requests import remind as remind_of
from flows.jobs.send_now import send_by_hand
from sql import schema
from sql.store import Store
from tasks.desk.users import UserError
from tasks.domain.errors import RelanceError
from tasks.open_tasks import TaskError, find_open_task
from tasks.planning.close import close_finished
from tasks.planning.close import close_step as close_one_step
from tasks.planning.close import close_task as close_by_hand
from tasks.planning.comments import add_comment
from tasks.requests.edits import ItemEdits
from tasks.requests.recipients import choose_recipients

Problems = dict[int, str]  # by task


def _each(task_ids: Sequence[int], act: Callable[[int], object]) -> Problems:
    problems = {}
    for task_id in task_ids:
        try:
            act(task_id)
        except RelanceError as error:
            problems[task_id] = str(error)
    return problems


def close_tasks(settings: Settings, store: Store, task_ids: Sequence[int], status: str, as_of: date) -> Problems:  # noqa: ARG001 - all acts are called alike
    """Close tasks as done or cancelled."""
    return _each(task_ids, lambda task_id: close_by_hand(store, task_id, status, as_of))


def remind(settings: Settings, store: Store, task_ids: Sequence[int], as_of: date, step: str | None = None) -> Problems:
    """Send one reminder now for each open request of tasks, or for one of their requests."""

    def of_task(task_id: int) -> None:
        steps = [step] if step else _open_requests(store, task_id)
        if not steps:
            raise TaskError(f"Task {task_id} has no open request to remind of.")
        for key in steps:
            remind_of(settings, store, task_id, key, as_of)

    return _each(task_ids, of_task)


def assign_tasks(settings: Settings, store: Store, task_ids: Sequence[int], user_id: str) -> Problems:  # noqa: ARG001
    """Give the open steps of tasks to a user.

    Raises:
        UserError: there is no such user.
    """
    u, s = schema.users.c, schema.follow_up_subtasks
    with store.begin(only_reads=True) as connection:
        if connection.execute(select(u.user_id).where(u.user_id == user_id)).first() is None:
            raise UserError(f"There is no user {user_id}. `relance import users` brings users in.")

    def give(task_id: int) -> None:
        with store.begin() as connection:
            find_open_task(connection, task_id)
            still_open = and_(s.c.task_id == task_id, s.c.status == "open")
            connection.execute(update(s).where(still_open).values(assignee_id=user_id))

    return _each(task_ids, give)


def close_step(settings: Settings, store: Store, task_id: int, step: str, as_of: date) -> str:
    """Close one step; returns the status that it had."""
    before = close_one_step(store, task_id, step)
    close_finished(store, settings.templates, as_of)
    return before


def send_step(settings: Settings, store: Store, task_id: int, step: str, as_of: date) -> dict[str, Any] | None:
    """Send the mail of one step now; returns its message.

    Raises:
        TaskError: it was not sent.
    """
    message = send_by_hand(settings, store, task_id, step, as_of).message
    if message is None or message["status"] != "sent":
        status = {"status": "not made", "reason": None} if message is None else message
        raise TaskError(f"Nothing was sent: the mail is {status['status']} ({status['reason']}).")
    return message


def accept(
    settings: Settings, store: Store, task_id: int, step: str, as_of: date, item: str | None = None
) -> list[str]:
    """Accept one answer, or all of a request; returns the items."""
    return accept_answers(settings, store, task_id, step=step, item=item, as_of=as_of)


def give_back(
    settings: Settings, store: Store, task_id: int, step: str, item: str, reason: str, as_of: date
) -> dict[str, Any] | None:
    """Give an answer back with a reason; returns the message to the client."""
    return return_answer(settings, store, task_id, step=step, item=item, reason=reason, as_of=as_of)


def edit_items(settings: Settings, store: Store, task_id: int, step: str, edits: dict[str, Any], as_of: date) -> None:
    """Add, remove or rename items of a request."""
    change_items(settings, store, task_id, step, ItemEdits(**edits), as_of)


def edit_recipients(
    settings: Settings,  # noqa: ARG001
    store: Store,
    task_id: int,
    step: str,
    recipients: Sequence[str],
    as_of: date,
    now: datetime,
) -> list[str]:
    """Choose who is asked by a request."""
    return choose_recipients(store, task_id, recipients, step, as_of, now=now)


def links(settings: Settings, store: Store, task_id: int) -> list[dict[str, Any]]:
    """The links to the pages of a task's requests."""
    return list_links(settings, store, task_id)


def comment(settings: Settings, store: Store, task_id: int, text: str, user_id: str, now: datetime) -> int:  # noqa: ARG001
    """Write a comment on a task, in somebody's name."""
    return add_comment(store, task_id, text, now, user_id)


def _open_requests(store: Store, task_id: int) -> list[str]:
    s = schema.follow_up_subtasks.c
    waiting = (s.task_id == task_id, s.kind == "request", s.status == "open", s.completed_on.is_(None))
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(select(s.key).where(*waiting).order_by(s.position)).scalars())
