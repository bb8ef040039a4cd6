"""Scans documents again that came while ClamAV was away, or before it was set up (D5).

One in which a virus is found stays where it is, locked, and its item is returned to the client with the reason.
May touch: sql, the home's documents/, ClamAV's socket. Tests: tests/integration/requests/test_later_scan.py.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, select, update

from sql import schema
from sql.store import Store
from tasks.domain.requests.files import RefusedFile
from tasks.domain.requests.values import AnswerError
from tasks.open_tasks import TaskError, open_firm_task
from tasks.requests.antivirus import scan_file
from tasks.requests.documents import CLEAN, INFECTED, UNSCANNABLE, UNSCANNED
from tasks.requests.history import FILE_SCANNED, ITEM_RETURNED, Place, note
from tasks.requests.inspection.examine import inspect_file
from tasks.requests.page.uploads import INCOMING
from tasks.requests.review import return_item

log = logging.getLogger("relance.later_scan")
AT_ONCE = 100  # documents a run: the next ones are scanned by the next run


@dataclass(frozen=True)
class Scanning:
    """How documents are scanned again.

    Attributes:
        store: the database.
        documents: the home's documents/.
        clamd: where ClamAV's daemon listens.
        reason: why an item is returned, to a client of that language, with the file's name.
        label: of the firm's task about a locked file, with the client's name.
        now, today: the instant, and the day in the firm's time zone.
    """

    store: Store
    documents: Path
    clamd: str
    reason: Callable[[str | None, str], str]
    label: Callable[[str], str]
    now: datetime
    today: date


@dataclass
class Scanned:
    """What was found: documents by verdict, and the requests of which an item was returned."""

    clean: int = 0
    infected: int = 0
    unscannable: int = 0
    returned: set[tuple[int, str]] = field(default_factory=set)


def scan_waiting(scanning: Scanning) -> Scanned:
    """Scan the documents that ClamAV has given no verdict on, the oldest first, until it is away again."""
    found = Scanned()
    for row in _waiting(scanning.store):
        if not (scanning.documents / row.path).is_file():
            continue
        verdict = _verdict(scanning, row)
        if verdict is None:
            log.warning("ClamAV is away; documents wait to be scanned.")
            break
        with scanning.store.begin() as connection:
            if _record(connection, scanning, row, verdict):
                setattr(found, verdict, getattr(found, verdict) + 1)
                if verdict == INFECTED and _return(connection, scanning, row):
                    found.returned.add((row.task_id, row.step))
    if found.clean + found.infected + found.unscannable:
        log.info("scanned: %d clean, %d infected, %d unscannable", found.clean, found.infected, found.unscannable)
    return found


def _waiting(store: Store) -> list[Row[Any]]:
    d, e, r, t = schema.documents.c, schema.request_events.c, schema.relations.c, schema.follow_up_tasks.c
    is_scanned = exists().where(
        e.task_id == d.task_id, e.kind == FILE_SCANNED, e.step == d.step, e.item == d.item, e.detail.contains(d.sha256)
    )
    wanted = (
        select(schema.documents, r.name.label("relation_name"), r.language)
        .join(schema.follow_up_tasks, t.task_id == d.task_id)
        .join(schema.relations, r.relation_id == t.relation_id)
        .where(d.scan.in_((UNSCANNED, UNSCANNABLE)), d.path != "", d.removed_on.is_(None), ~is_scanned)
        .order_by(d.document_id)
        .limit(AT_ONCE)
    )
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(wanted))


def _verdict(scanning: Scanning, row: Row[Any]) -> str | None:
    """What ClamAV says; None if it is away. It calls clean what a password hides from it, and that is unscannable."""
    path = scanning.documents / row.path
    result = scan_file(scanning.clamd, path)
    if result.is_away:
        return None
    return UNSCANNABLE if result.state == CLEAN and _is_locked(path, row.name, scanning.documents) else result.state


def _is_locked(path: Path, name: str, documents: Path) -> bool:
    """Whether a file is locked by a password; one that is not of a type that clients may send is not known to be."""
    incoming = documents / INCOMING
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        inspected = inspect_file(path, name, (), folder=incoming)
    except RefusedFile:
        return False
    if inspected.path != path:
        inspected.path.unlink(missing_ok=True)
    return inspected.is_unscannable


def _record(connection: Connection, scanning: Scanning, row: Row[Any], verdict: str) -> bool:
    """Record a verdict; False if the client took the file back meanwhile."""
    d = schema.documents
    this = and_(d.c.document_id == row.document_id, d.c.scan == row.scan)
    if not connection.execute(update(d).where(this).values(scan=verdict)).rowcount:
        return False
    detail = {"name": row.name, "sha256": row.sha256, "scan": verdict}
    note(connection, FILE_SCANNED, Place(row.task_id, row.step, row.item), scanning.now, **detail)
    return True


def _return(connection: Connection, scanning: Scanning, row: Row[Any]) -> bool:
    """Tell the owner, and return the item; False if there is nothing to return, as it is open or its task closed."""
    label = scanning.label(" ".join(row.relation_name.split()))
    occurrence = f"document-{row.document_id}"
    open_firm_task(connection, row.relation_id, scanning.today, schedule=INFECTED, occurrence=occurrence, label=label)
    reason = scanning.reason(row.language, row.name)
    try:
        return_item(connection, row.task_id, row.step, row.item, reason, scanning.today)
    except (TaskError, AnswerError):
        return False
    note(connection, ITEM_RETURNED, Place(row.task_id, row.step, row.item), scanning.now, reason=reason)
    return True
