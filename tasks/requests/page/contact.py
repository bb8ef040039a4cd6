"""What a client tells the firm's person on the page: a question, or that somebody else should be asked.

Either opens a task of the firm for the owner, so that nobody's words are lost where the owner has no address.
May touch: sql, tasks/mail. Tests: tests/integration/web/test_page_contact.py, on both databases.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, func, insert, select

from sql import schema
from sql.store import plain
from tasks.domain.mail.keys import PAGE_LINK, QUESTION, RELATION, USER
from tasks.domain.requests.values import AnswerError
from tasks.mail.immediate import queue_message
from tasks.mail.placeholders import LINK_FILLER, placeholder
from tasks.mail.render import Renderer
from tasks.open_tasks import open_firm_task
from tasks.requests.history import LINK_RENEWED, NOT_THE_RIGHT_PERSON, QUESTION_ASKED, Place, note
from tasks.requests.page.codes import recipient_of
from tasks.requests.page.links import Asked
from tasks.requests.page.save import Act

LONGEST_QUESTION = 2_000
BETWEEN_RENEWALS = timedelta(hours=1)


def ask_question(connection: Connection, act: Act, text: str, renderer: Renderer, label: str) -> bool:
    """Pass a question on to the owner: by mail at once, as a comment on the task, and as a task of the firm.

    Args:
        connection: an open transaction.
        act: who asks.
        text: the question.
        renderer: for the firm's messages.
        label: of the firm's task, in the firm's language.

    Returns:
        Whether a message to the owner was queued.

    Raises:
        AnswerError: there is no question, or it is too long.
    """
    words = text.strip()
    if not words:
        raise AnswerError("there is no question", "no_question")
    if len(words) > LONGEST_QUESTION:
        raise AnswerError("the question is too long", "too_long")
    page = act.page
    row = {"task_id": page.link.task_id, "written_at": plain(act.now), "text": f"{page.recipient_name}: {words}"}
    made = connection.execute(insert(schema.task_comments).values(row)).inserted_primary_key
    assert made is not None
    open_internal_task(connection, act, "question", f"{page.link.task_id}-{made[0]}", label)
    note(connection, QUESTION_ASKED, act.place(), act.now)
    if page.owner_id is None or "email" not in page.owner:
        return False
    queue_message(
        connection,
        renderer,
        "client_question",
        {
            "cause_kind": QUESTION,
            "cause_id": str(made[0]),
            "step": page.link.step,
            "recipient_kind": USER,
            "recipient_id": page.owner_id,
        },
        language=None,
        merge={
            "relation": {"name": _one_line(page.recipient_name)},
            "owner": page.owner,
            "task": {"task_id": page.link.task_id},
            "question": {"text": words, "about": _one_line(page.label)},
        },
        send_on=act.today,
    )
    return True


def is_not_the_right_person(connection: Connection, act: Act, label: str) -> None:
    """Remind the recipient no more until the owner has looked at it (K2): whom to ask instead is the owner's choice."""
    recipient, z = act.page.link.recipient_id, schema.reminder_pauses
    if not connection.execute(select(z.c.relation_id).where(z.c.relation_id == recipient)).first():
        connection.execute(insert(z).values(relation_id=recipient, paused_on=act.today, until_on=None))
    open_internal_task(connection, act, "wrong-person", f"{act.page.link.task_id}-{recipient}", label)
    note(connection, NOT_THE_RIGHT_PERSON, act.place(), act.now)


def renew_link(connection: Connection, asked: Asked, renderer: Renderer, now: datetime, today: date) -> bool:
    """Mail somebody the link of a page anew, to the address on file; at most once an hour.

    Returns:
        Whether a message was queued; whoever asked is not told.
    """
    e, m = schema.request_events.c, schema.messages.c
    mine = and_(e.task_id == asked.task_id, e.step == asked.step, e.recipient_id == asked.recipient_id)
    lately = and_(mine, e.kind == LINK_RENEWED, e.happened_at > plain(now - BETWEEN_RENEWALS))
    if connection.execute(select(e.event_id).where(lately)).first():
        return False
    key = {"cause_kind": PAGE_LINK, "cause_id": str(asked.task_id), "step": asked.step, "recipient_kind": RELATION}
    key |= {"recipient_id": asked.recipient_id}
    before = connection.execute(select(func.max(m.cycle)).filter_by(**key)).scalar_one()
    recipient = recipient_of(connection, asked.recipient_id)
    queue_message(
        connection,
        renderer,
        "page_link",
        key,
        cycle=0 if before is None else before + 1,
        language=recipient.language,
        merge={"relation": {"name": recipient.name}, "request": {"link": placeholder(LINK_FILLER)}},
        send_on=today,
    )
    note(connection, LINK_RENEWED, Place(*asked[:2], None, asked.recipient_id), now)
    return True


def open_internal_task(connection: Connection, act: Act, schedule: str, occurrence: str, label: str) -> None:
    """Open a task of the firm about a client, with one sub-task; one that exists is left as it is."""
    open_firm_task(connection, act.page.relation_id, act.today, schedule=schedule, occurrence=occurrence, label=label)


def _one_line(text: str) -> str:
    return " ".join(text.split())
