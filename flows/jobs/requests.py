"""Client requests by hand: an answer that came another way, its review, a reminder now.

May touch: flows/home, tasks/requests, tasks/mail. Tests: tests/integration/requests/.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import and_, func, select

from flows.home.clock import now
from flows.home.outgoing import open_outgoing
from flows.home.settings import Settings
from sql import schema
from sql.store import Store
from tasks.domain.requests.completion import Progress
from tasks.domain.requests.values import AnswerError
from tasks.domain.scope import Scope
from tasks.mail.compose import compose
from tasks.mail.delivery.deliver import deliver
from tasks.mail.delivery.recall import mark_crossed
from tasks.mail.transport.base import TransportError
from tasks.open_tasks import find_open_task
from tasks.planning.close import close_finished
from tasks.requests.answers import Answer, find_item, record_answer, record_promise
from tasks.requests.documents import keep_document
from tasks.requests.edits import ItemEdits, edit_items
from tasks.requests.history import ITEM_ACCEPTED, ITEM_RETURNED, Place, note
from tasks.requests.reminders import ReminderMessages
from tasks.requests.review import accept, return_item


def take_answer(settings: Settings, store: Store, answer: Answer, files: Sequence[Path] = ()) -> Progress:
    """Record an answer with its files, and close the task if nothing else is open.

    Raises:
        TaskError: there is no such open task.
        AnswerError: there is no such item, or this is no answer to it; nothing is recorded.
    """
    with store.begin() as connection:
        for file in files:
            item = find_item(connection, answer.task_id, answer.step, answer.item)
            keep_document(connection, settings.documents, item, file, now())
        progress = record_answer(connection, answer)
        mark_crossed(connection, answer.task_id, now())
    close_finished(store, settings.templates, answer.answered_on)
    return progress


def take_promise(store: Store, task_id: int, *, step: str, item: str, promised_on: date, as_of: date) -> None:
    """Record for which day the client promised an item (R7).

    Raises:
        TaskError, AnswerError: as for `tasks.requests.answers.record_promise`.
    """
    with store.begin() as connection:
        record_promise(connection, task_id, step, item, promised_on=promised_on, as_of=as_of)


def change_items(settings: Settings, store: Store, task_id: int, step: str, edits: ItemEdits, as_of: date) -> None:
    """Change the items of one task's request, and close the task if nothing else is open (R8).

    Raises:
        TaskError, AnswerError: as for `tasks.requests.edits.edit_items`.
    """
    with store.begin() as connection:
        edit_items(connection, task_id, step, edits, as_of)
    close_finished(store, settings.templates, as_of)


def accept_answers(
    settings: Settings, store: Store, task_id: int, *, step: str, item: str | None, as_of: date
) -> list[str]:
    """Accept one answer, or all of a request, and close the task if nothing else is open; return the items.

    Raises:
        TaskError, AnswerError: as for `tasks.requests.review.accept`.
    """
    with store.begin() as connection:
        accepted = accept(connection, task_id, step, item, as_of)
        for key in accepted:
            note(connection, ITEM_ACCEPTED, Place(task_id, step, key), now())
    close_finished(store, settings.templates, as_of)
    return accepted


def return_answer(
    settings: Settings, store: Store, task_id: int, *, step: str, item: str, reason: str, as_of: date
) -> dict[str, Any] | None:
    """Give an answer back and tell the client; return the message: message_id, status, reason, send_on.

    Raises:
        TaskError, AnswerError: as for `tasks.requests.review.return_item`.
        TransportError: nothing can be sent now; the message waits in the outbox.
    """
    with store.begin() as connection:
        return_item(connection, task_id, step, item, reason, as_of)
        note(connection, ITEM_RETURNED, Place(task_id, step, item), now(), reason=reason)
    return _send(settings, store, task_id, _messages(settings, step), as_of)


def remind(settings: Settings, store: Store, task_id: int, step: str, as_of: date) -> dict[str, Any] | None:
    """Send one reminder now; it counts, and the next one counts from it (M4).

    Raises:
        TaskError: there is no such open task.
        AnswerError: there is no such request, nothing was sent for it yet, or it was reminded today already.
        TransportError: nothing can be sent now; the message waits in the outbox.
    """
    _check_reminder(store, task_id, step, as_of)
    return _send(settings, store, task_id, replace(_messages(settings, step), is_by_hand=True), as_of)


def _messages(settings: Settings, step: str) -> ReminderMessages:
    return ReminderMessages(settings.templates, settings.renderer, settings.quiet, step)


def _check_reminder(store: Store, task_id: int, step: str, as_of: date) -> None:
    s, m = schema.follow_up_subtasks.c, schema.messages.c
    at = f"Request {step} of task {task_id}"
    with store.begin(only_reads=True) as connection:
        find_open_task(connection, task_id)
        wanted = select(s.status, s.completed_on).where(s.task_id == task_id, s.key == step, s.kind == "request")
        found = connection.execute(wanted).one_or_none()
        sent = and_(
            m.task_id == task_id, m.step == step, m.status.in_(("pending", "sending", "sent", "unknown", "held"))
        )
        last = connection.execute(select(func.max(m.send_on)).where(sent)).scalar_one()
    if found is None:
        raise AnswerError(f"Task {task_id} has no request {step!r}.")
    if found.status != "open" or found.completed_on is not None:
        raise AnswerError(f"{at} is answered: there is nothing to remind of.")
    if last is None:
        raise AnswerError(f"{at} was not sent yet: `relance send {task_id} {step}` sends it.")
    if last >= as_of:
        raise AnswerError(f"{at} had a message on {last} already; nothing was sent.")


def _send(
    settings: Settings, store: Store, task_id: int, provider: ReminderMessages, as_of: date
) -> dict[str, Any] | None:
    """Compose one request's message and send it if its day has come."""
    scope = Scope(task_id=task_id)
    with store.writing(), open_outgoing(settings, store) as outgoing:
        compose(store, settings.renderer, [provider], as_of=as_of, scope=scope)
        delivered = deliver(store, outgoing, settings.templates, as_of=as_of, clock=now, scope=scope)
    if delivered.problem is not None:
        raise TransportError(delivered.problem)
    m = schema.messages.c
    newest = select(m.message_id, m.status, m.reason, m.send_on).where(m.task_id == task_id, m.step == provider.step)
    with store.begin(only_reads=True) as connection:
        row = connection.execute(newest.order_by(m.message_id.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else dict(row)
