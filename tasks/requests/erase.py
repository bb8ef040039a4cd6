"""Erasure: what a client may have erased goes; what the law has the firm keep is listed with its date (U6).

The proof keeps hashes and dates. What comes from the firm's own source would come back with the next import: it is to
be erased there.
May touch: sql, the home's documents/. Tests: tests/integration/requests/test_erase.py, on both databases.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from sql import schema
from sql.store import Store, plain
from tasks.domain.dates.retention import kept_until
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.mail.keys import ACTIVITY
from tasks.open_tasks import close_one
from tasks.requests.dossiers import delete_removed_files, forget_answers
from tasks.requests.fields import FieldError
from tasks.requests.history import REMOVED, Place, note

ERASED = "erased"
FINAL = ("sent", "cancelled", "rejected")  # of a message: nothing of it is read again


@dataclass(frozen=True)
class Erased:
    """What an erasure did.

    Attributes:
        tasks: closed.
        answers: whose values were erased.
        documents: whose files were deleted.
        fields: of the relation's data, erased.
        messages: whose text was erased.
        kept: what stays: what, name, until (a day; missing while the relation lasts) and why.
    """

    tasks: int
    answers: int
    documents: int
    fields: int
    messages: int
    kept: list[dict[str, Any]] = field(default_factory=list)


def erase_relation(
    store: Store, documents: Path, relation_id: str, *, years: int, as_of: date, now: datetime
) -> Erased:
    """Erase what a relation may have erased.

    Args:
        store: the database.
        documents: the home's documents/.
        relation_id: whose data.
        years: for how long accepted documents are kept after the relation's end (firm.yaml, retention.document_years).
        as_of: today.
        now: the instant.

    Raises:
        FieldError: there is no such relation.
    """
    with store.begin() as connection:
        r = schema.relations.c
        found = connection.execute(
            select(r.relation_id, r.ended_on, r.status).where(r.relation_id == relation_id)
        ).first()
        if found is None:
            raise FieldError(f"There is no relation {relation_id!r}. Ids are compared exactly as they were imported.")
        until = None if found.ended_on is None else kept_until(found.ended_on, years)
        is_over = until is not None and until < as_of
        tasks = _close(connection, relation_id, as_of, now)
        answers = _forget(connection, relation_id, as_of)
        fields = _erase_accepted(connection, relation_id, as_of) if is_over else 0
        messages = _erase_texts(connection, relation_id)
        kept = [] if is_over else _kept(connection, relation_id, until, years)
    return Erased(tasks, answers, delete_removed_files(store, documents), fields, messages, kept)


def _close(connection: Connection, relation_id: str, as_of: date, now: datetime) -> int:
    """Close the relation's tasks and dossiers, end its links, and note for each request that it was erased."""
    tasks, s, p = schema.follow_up_tasks, schema.follow_up_subtasks.c, schema.page_links
    t = tasks.c
    mine = connection.execute(select(t.task_id, t.status).where(t.relation_id == relation_id)).all()
    still_open = [row.task_id for row in mine if row.status not in CLOSED_STATUSES]
    for task_id in still_open:
        close_one(connection, task_id, "cancelled", ERASED, as_of)
    dossiers = and_(t.relation_id == relation_id, t.remove_on.is_not(None), t.removed_on.is_(None))
    connection.execute(update(tasks).where(dossiers).values(removed_on=as_of))
    of_mine = select(t.task_id).where(t.relation_id == relation_id)
    theirs = and_(or_(p.c.task_id.in_(of_mine), p.c.recipient_id == relation_id), p.c.revoked_at.is_(None))
    connection.execute(update(p).where(theirs).values(revoked_at=plain(now)))
    for task_id, step in connection.execute(
        select(s.task_id, s.key).where(s.task_id.in_(of_mine), s.kind == "request")
    ).all():
        note(connection, REMOVED, Place(task_id, step), now, outcome=ERASED)
    return len(still_open)


def _forget(connection: Connection, relation_id: str, as_of: date) -> int:
    """Erase answers, drafts, comments, and files that nobody accepted."""
    t, i, c, d = schema.follow_up_tasks.c, schema.request_items.c, schema.task_comments, schema.drafts
    of_mine = select(t.task_id).where(t.relation_id == relation_id)
    answers = connection.execute(select(func.count()).where(i.task_id.in_(of_mine), i.value.is_not(None))).scalar_one()
    forget_answers(connection, i.task_id.in_(of_mine), as_of)
    connection.execute(delete(c).where(c.c.task_id.in_(of_mine)))
    connection.execute(delete(d).where(d.c.recipient_id == relation_id))
    return int(answers)


def _erase_accepted(connection: Connection, relation_id: str, as_of: date) -> int:
    """Erase accepted documents and data fields, after the time for which they had to be kept."""
    d, f = schema.documents, schema.relation_fields
    left = and_(d.c.relation_id == relation_id, d.c.removed_on.is_(None))
    connection.execute(update(d).where(left).values(removed_on=as_of, name=""))
    return connection.execute(delete(f).where(f.c.relation_id == relation_id)).rowcount


def _erase_texts(connection: Connection, relation_id: str) -> int:
    """Erase the texts of what was mailed to the relation, or about appointments with it; return how many."""
    m, a, i = schema.messages, schema.activities, schema.invitations
    to_it = and_(m.c.recipient_kind == "relation", m.c.recipient_id == relation_id)
    with_it = select(a.c.activity_id).where(a.c.contact_id == relation_id)
    about_it = and_(m.c.cause_kind == ACTIVITY, m.c.cause_id.in_(with_it))
    written = and_(or_(to_it, about_it), m.c.status.in_(FINAL), m.c.body_text.is_not(None), m.c.body_text != "")
    connection.execute(update(a).where(a.c.contact_id == relation_id).values(description=None))
    invited = and_(i.c.attendee_kind == "relation", i.c.attendee_id == relation_id)
    connection.execute(update(i).where(invited).values(email=None))
    nothing = {"subject": "", "body_text": "", "body_html": "", "calendar": None, "fixed_email": None}
    return connection.execute(update(m).where(written).values(nothing)).rowcount


def _kept(connection: Connection, relation_id: str, until: date | None, years: int) -> list[dict[str, Any]]:
    """What stays, with the day up to which; while the relation lasts there is none."""
    d, f = schema.documents.c, schema.relation_fields.c
    names = select(d.name).where(d.relation_id == relation_id, d.removed_on.is_(None)).order_by(d.document_id)
    fields = select(f.field).where(f.relation_id == relation_id).order_by(f.field)
    day = None if until is None else until.isoformat()
    why = f"kept for {years} years after the relation's end"
    found = [("document", name) for name in connection.execute(names).scalars()]
    found += [("field", name) for name in connection.execute(fields).scalars()]
    kept = [{"what": what, "name": name, "until": day, "why": why} for what, name in found]
    its_own = "comes from the firm's own source: erase it there, and import its status as former"
    return [*kept, {"what": "relation", "name": relation_id, "until": None, "why": its_own}]
