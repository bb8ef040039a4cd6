"""What a client does on the page: answers, promises, drafts, questions (D4, D6, R7).

Each is one transaction: the change, what follows from it, and the row that says that it happened (D8).
May touch: sql, tasks/mail. Tests: tests/integration/web/test_page_answers.py, on both databases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from sql import schema
from sql.store import plain
from tasks.domain.definitions.template import Template
from tasks.domain.requests.completion import Progress
from tasks.domain.requests.typed import plain_date, plain_number
from tasks.domain.requests.values import LONGEST_TEXT, AnswerError, check_date
from tasks.mail.delivery.recall import mark_crossed
from tasks.open_tasks import close_if_finished
from tasks.requests.answers import OF_PAGE, Answer, find_request_item, record_answer, record_promise
from tasks.requests.history import ITEM_SAVED, NOT_APPLICABLE, PROMISED, STILL_CORRECT, Place, note
from tasks.requests.page.model import Page, PageItem
from tasks.requests.page.sessions import place_of


class Conflict(AnswerError):
    """Somebody else changed the item meanwhile; what was typed is kept as a draft (D4)."""


@dataclass(frozen=True)
class Act:
    """Who does something on a page, and when.

    Attributes:
        page: as it is now.
        session_id: the browser's session.
        address: the network address that it came from.
        now, today: the instant, and the day in the firm's time zone.
        templates: by name, for closing the task.
    """

    page: Page
    session_id: int
    address: str
    now: datetime
    today: date
    templates: Mapping[str, Template]

    def place(self, item: str | None = None) -> Place:
        """Where it happens."""
        return place_of(self.page.link, self.session_id, self.address, item)


@dataclass(frozen=True)
class Typed:
    """What was typed into the form of one item; None for what the form does not have.

    `version` is the item's as the form showed it.
    """

    value: str | None = None
    expires_on: str | None = None
    not_applicable: str | None = None
    promised_on: str | None = None
    version: str | None = None
    is_still_correct: bool = False


def save_item(connection: Connection, act: Act, key: str, typed: Typed) -> Progress:
    """Record the answer to one item.

    Raises:
        Conflict: somebody else changed it meanwhile.
        AnswerError: this is no answer to it; nothing changes.
    """
    item = open_item(act, key)
    check_version(item, typed)
    is_refused = typed.not_applicable is not None and typed.not_applicable.strip() != ""
    if is_refused and (typed.value or "").strip() and item.type != "document":
        raise AnswerError("both an answer and a reason why it does not apply are given", "both")
    link = act.page.link
    answer = Answer(
        link.task_id,
        link.step,
        key,
        act.today,
        value=None if is_refused or typed.is_still_correct else _stored_form(act, item, typed.value),
        expires_on=None if is_refused else _stored_date(act, typed.expires_on),
        not_applicable=typed.not_applicable if is_refused else None,
        source=OF_PAGE,
        is_still_correct=typed.is_still_correct,
    )
    progress = record_answer(connection, answer)
    kind = NOT_APPLICABLE if is_refused else STILL_CORRECT if typed.is_still_correct else ITEM_SAVED
    # What the page showed of a known value was masked: the proof holds the hash of the value itself (U4).
    value = _recorded_value(connection, act, key) if typed.is_still_correct else answer.value
    detail = {} if value is None else {"value_sha256": sha256(value.encode()).hexdigest()}
    is_only_files = kind == ITEM_SAVED and item.type == "document" and answer.expires_on is None
    if not is_only_files:  # each file has a row of its own
        note(connection, kind, act.place(key), act.now, **detail)
    after_answer(connection, act, key)
    return progress


def after_answer(connection: Connection, act: Act, key: str) -> None:
    """What follows from every answer: its draft goes, messages that cross it are marked, a finished task closes."""
    link = act.page.link
    connection.execute(delete(schema.drafts).where(_draft(act, key)))
    mark_crossed(connection, link.task_id, act.now)
    close_if_finished(connection, act.templates, link.task_id, act.today)


def promise_item(connection: Connection, act: Act, key: str, typed: Typed) -> None:
    """Record for which day the client promises an item (R7).

    Raises:
        AnswerError: it is not a day, or no such promise can be taken.
    """
    open_item(act, key)
    day = check_date(_stored_date(act, typed.promised_on) or "")
    link = act.page.link
    record_promise(connection, link.task_id, link.step, key, promised_on=day, as_of=act.today)
    note(connection, PROMISED, act.place(key), act.now, promised_on=day)


def save_draft(connection: Connection, act: Act, key: str, value: str, version: str | None = None) -> None:
    """Keep what a client has typed and not sent off; an empty text takes it away. It is no answer (R3).

    Args:
        connection: an open transaction.
        act: who typed it.
        key: of the item.
        value: the text.
        version: of the item as it was typed for; a draft that comes after its answer is dropped.

    Raises:
        AnswerError: nothing is asked of that item any more, or the text is too long.
    """
    if version not in (None, open_item(act, key).version):
        return
    d, this = schema.drafts, _draft(act, key)
    if len(value) > LONGEST_TEXT:
        raise AnswerError("the text is too long", "too_long")
    if not value.strip():
        connection.execute(delete(d).where(this))
        return
    kept = {"value": value, "saved_at": plain(act.now)}
    if connection.execute(select(d.c.item).where(this)).first():
        connection.execute(update(d).where(this).values(kept))
    else:
        link = act.page.link
        row = {"task_id": link.task_id, "step": link.step, "item": key, "recipient_id": link.recipient_id}
        connection.execute(insert(d).values(row | kept))


def open_item(act: Act, key: str) -> PageItem:
    """The item of that name, if something can still be done about it.

    Raises:
        AnswerError: there is none, or the request is closed.
    """
    item = act.page.item(key)
    if item is None:
        raise AnswerError(f"there is no item {key!r}", "no_such_item")
    if act.page.link.is_closed:
        raise AnswerError("the request is closed", "closed")
    return item


def check_version(item: PageItem, typed: Typed) -> None:
    """Check that the item is as the form showed it.

    Raises:
        Conflict: it is not.
    """
    if typed.version is not None and typed.version != item.version:
        raise Conflict("somebody else changed it meanwhile", "conflict")


def _recorded_value(connection: Connection, act: Act, key: str) -> str | None:
    link = act.page.link
    value: str | None = find_request_item(connection, link.task_id, link.step, key)["value"]
    return value


def _stored_form(act: Act, item: PageItem, value: str | None) -> str | None:
    text = (value or "").strip()
    if not text or item.type == "document":
        return None
    if item.type == "number":
        return plain_number(text, act.page.language)
    if item.type == "date":
        return plain_date(text, act.page.language, act.today)
    return text


def _stored_date(act: Act, text: str | None) -> str | None:
    return plain_date(text, act.page.language, act.today) if text is not None and text.strip() else None


def _draft(act: Act, key: str) -> ColumnElement[bool]:
    d, link = schema.drafts.c, act.page.link
    mine = and_(d.task_id == link.task_id, d.step == link.step, d.recipient_id == link.recipient_id)
    return and_(mine, d.item == key)
