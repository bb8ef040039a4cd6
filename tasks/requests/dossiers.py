"""Dossiers: what an update group asked of a relation, until it is removed after its last day (U6, U7).

A removal is marked in one transaction, two hundred dossiers at a time: links end, drafts and typed values go, and no
row promises a file that nobody accepted any more. Then the files are deleted. A run that is killed in between leaves
files that no row promises; the next run deletes them. The rows, with hashes and dates, stay: they are the proof.
May touch: sql, the home's documents/. Tests: tests/integration/requests/test_dossiers.py, on both databases.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, or_, select, update

from sql import schema
from sql.store import Store
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.definitions.update_group import STEP
from tasks.domain.requests.completion import ACCEPTED, RECEIVED, WANTED
from tasks.open_tasks import close_one, open_firm_task
from tasks.requests.history import REMOVED, Place, note
from tasks.requests.page.links import revoke

EXPIRED, ANSWERED, CLOSED = "expired_unanswered", "answered", "closed_before"
UNANSWERED = "unanswered"  # the schedule of the owner's task
REMOVALS_A_PART = 200


@dataclass(frozen=True)
class Removed:
    """What a removal did: dossiers, those of them that were not answered, and files deleted."""

    dossiers: int = 0
    unanswered: int = 0
    files: int = 0


def list_dossiers(store: Store) -> list[dict[str, Any]]:
    """The dossiers that are there, the first to be removed first.

    Returns:
        task_id, relation_id, group, anchor_on, opened_on, last_day, status, asked and answered (numbers of items), and
        to_review: items that wait for the firm, and keep the dossier.
    """
    t, i = schema.follow_up_tasks.c, schema.request_items.c
    wanted = (
        select(
            t.task_id,
            t.relation_id,
            t.template.label("group"),
            t.anchor_on,
            t.created_on.label("opened_on"),
            t.remove_on.label("last_day"),
            t.status,
            func.count(i.key).label("asked"),
            func.count(case((i.status.not_in(WANTED), 1))).label("answered"),
            func.count(case((_is_to_review(), 1))).label("to_review"),
        )
        .outerjoin(schema.request_items, and_(i.task_id == t.task_id, i.subtask == STEP))
        .where(t.remove_on.is_not(None), t.removed_on.is_(None))
        .group_by(t.task_id)
        .order_by(t.remove_on, t.task_id)
    )
    with store.begin(only_reads=True) as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return [{name: v.isoformat() if isinstance(v, date) else v for name, v in row.items()} for row in rows]


def remove_dossiers(store: Store, documents: Path | None, *, as_of: date, now: datetime, label: str) -> Removed:
    """Remove the dossiers whose last day has passed; one in which the firm still has to review something stays.

    Args:
        store: the database.
        documents: the home's documents/; None in a rehearsal, which deletes no file.
        as_of: today.
        now: the instant.
        label: of the owner's task about a dossier that was not answered, with `{label}` for the dossier's.
    """
    dossiers, unanswered = 0, 0
    while due := _due(store, as_of):
        with store.begin() as connection:
            unanswered += sum(_mark(connection, task_id, label, as_of, now) for task_id in due)
        dossiers += len(due)
        store.let_others_write()
    files = 0 if documents is None else delete_removed_files(store, documents)
    return Removed(dossiers, unanswered, files)


def delete_removed_files(store: Store, documents: Path) -> int:
    """Delete the files that are marked as removed, and forget where they were; returns how many were there."""
    d = schema.documents
    marked = and_(d.c.removed_on.is_not(None), d.c.path != "")
    with store.begin(only_reads=True) as connection:
        going = connection.execute(select(d.c.document_id, d.c.path).where(marked)).all()
    deleted = 0
    for row in going:
        file = documents / row.path
        deleted += file.exists()
        file.unlink(missing_ok=True)
    if going:
        with store.begin() as connection:
            done = d.c.document_id.in_([row.document_id for row in going])
            connection.execute(update(d).where(done).values(path=""))
    return deleted


def _due(store: Store, as_of: date) -> list[int]:
    """Some of the dossiers that are to be removed; each call finds others, since those found are marked in between."""
    t, i = schema.follow_up_tasks.c, schema.request_items.c
    waits = exists().where(i.task_id == t.task_id, _is_to_review())
    past = and_(t.remove_on < as_of, t.removed_on.is_(None), ~waits)
    wanted = select(t.task_id).where(past).order_by(t.task_id).limit(REMOVALS_A_PART)
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(wanted).scalars())


def _mark(connection: Connection, task_id: int, label: str, as_of: date, now: datetime) -> bool:
    """Mark one dossier as removed, with all that goes; returns whether it expired unanswered."""
    t, i = schema.follow_up_tasks, schema.request_items
    task = connection.execute(select(t).where(t.c.task_id == task_id)).one()
    if task.removed_on is not None:  # by another process since it was found
        return False
    wanted = select(func.count()).where(i.c.task_id == task_id, i.c.status.in_(WANTED), i.c.is_optional.is_not(True))
    outcome = ANSWERED
    if connection.execute(wanted).scalar_one() > 0:
        outcome = CLOSED if task.status in CLOSED_STATUSES else EXPIRED
    is_unanswered = outcome == EXPIRED
    revoke(connection, task_id, now)
    close_one(connection, task_id, "cancelled" if is_unanswered else "done", outcome, as_of)
    forget_answers(connection, i.c.task_id == task_id, as_of)
    connection.execute(update(t).where(t.c.task_id == task_id).values(removed_on=as_of))
    note(connection, REMOVED, Place(task_id, STEP), now, outcome=outcome)
    if is_unanswered:
        words = label.format(label=task.label)
        open_firm_task(connection, task.relation_id, as_of, schedule=UNANSWERED, occurrence=str(task_id), label=words)
    return is_unanswered


def forget_answers(connection: Connection, items: ColumnElement[bool], as_of: date) -> None:
    """Remove what items hold besides what was accepted: typed values, drafts, and files that nobody accepted."""
    i, d, f = schema.request_items, schema.documents, schema.drafts
    its = and_(i.c.task_id == d.c.task_id, i.c.subtask == d.c.step, i.c.key == d.c.item)
    is_kept = exists().where(its, is_accepted())
    is_theirs = exists().where(its, items)
    going = and_(is_theirs, ~is_kept, d.c.removed_on.is_(None))
    connection.execute(update(d).where(going).values(removed_on=as_of, name=""))
    of_drafts = and_(i.c.task_id == f.c.task_id, i.c.subtask == f.c.step, i.c.key == f.c.item)
    connection.execute(delete(f).where(exists().where(of_drafts, items)))
    connection.execute(update(i).where(items).values(value=None))


def is_accepted() -> ColumnElement[bool]:
    """Whether what an item got counts: accepted by a person, or by itself where nobody reviews it (U5)."""
    i = schema.request_items.c
    return or_(i.status == ACCEPTED, and_(i.status == RECEIVED, i.is_reviewed.is_not(True)))


def _is_to_review() -> ColumnElement[bool]:
    i = schema.request_items.c
    return and_(i.status == RECEIVED, i.is_reviewed.is_(True))
