"""Takes a file that a client sent: examined, scanned, stored, and then recorded (D5).

The file is on disk, synced, before its row is committed: no row promises a missing file. A file whose row never came is
removed later (`sweep`).
May touch: sql, the home's documents/. Tests: tests/integration/web/test_page_uploads.py.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from sql import schema
from sql.store import Store
from tasks.domain.requests.completion import ACCEPTED
from tasks.domain.requests.files import RefusedFile
from tasks.domain.requests.values import AnswerError
from tasks.open_tasks import TaskError
from tasks.requests.answers import find_request_item, put_off_rendered
from tasks.requests.antivirus import INFECTED, scan_file
from tasks.requests.documents import (
    UNSCANNABLE,
    UNSCANNED,
    StoredFile,
    check_room,
    digest_of,
    has_file,
    record_document,
    store_file,
)
from tasks.requests.history import FILE_RECEIVED, FILE_REFUSED, note
from tasks.requests.inspection.examine import Inspected, combine_pictures, inspect_file
from tasks.requests.page.contact import open_internal_task
from tasks.requests.page.save import Act, Typed, open_item, save_item

INCOMING = "incoming"
LEAST_FREE = 200 * 1024 * 1024  # bytes of disk below which no file is taken
MOST_OF_REQUEST = 200 * 1024 * 1024
LEFT_OVER_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Upload:
    """A file as it came: on disk, with the name that the browser gave, and its hash."""

    path: Path
    name: str
    sha256: str


@dataclass(frozen=True)
class Taking:
    """How files are taken.

    Attributes:
        store: the database.
        documents: the home's documents/.
        clamd: where ClamAV's daemon listens; None if there is none.
        infected_label: of the firm's task about an infected file.
    """

    store: Store
    documents: Path
    clamd: str | None
    infected_label: str


@dataclass
class Taken:
    """What became of the files of one form.

    Attributes:
        count: how many are there now.
        is_known: one of them was there before.
        is_answered: the item is answered with them, as far as files alone answer it.
        refused: the last refusal.
    """

    count: int = 0
    is_known: bool = False
    is_answered: bool = False
    refused: RefusedFile | AnswerError | None = None


def take_files(taking: Taking, act: Act, key: str, uploads: Sequence[Upload], *, is_combined: bool) -> Taken:
    """Take the files of one form; one that is refused does not stop the others, and none is left behind.

    Args:
        taking: how.
        act: who sent them.
        key: of the item.
        uploads: the files.
        is_combined: they are pictures of the pages of one document.

    Raises:
        AnswerError: the item takes no files.
    """
    taken = Taken()
    try:
        if open_item(act, key).type != "document":
            raise AnswerError("the item takes no files", "not_possible")
        if is_combined and len(uploads) > 1:
            _take_combined(taking, act, key, uploads, taken)
            return taken
        for upload in uploads:
            _take_one(taking, act, key, upload, taken)
        return taken
    finally:
        for upload in uploads:
            upload.path.unlink(missing_ok=True)


def _take_one(taking: Taking, act: Act, key: str, upload: Upload, taken: Taken) -> None:
    try:
        if _is_known(taking, act, key, upload.sha256):
            taken.is_known = True
            taken.count += 1
            return
        taken.is_answered |= _store(taking, act, key, _inspect(taking, act, key, upload), upload.sha256)
        taken.count += 1
    except (RefusedFile, AnswerError) as refused:
        _note_refusal(taking, act, key, refused)
        taken.refused = refused


def _take_combined(taking: Taking, act: Act, key: str, uploads: Sequence[Upload], taken: Taken) -> None:
    try:
        paths = [upload.path for upload in uploads]
        whole = combine_pictures(paths, uploads[0].name, folder=taking.documents / INCOMING)
        taken.is_answered |= _store(taking, act, key, whole, None)
        taken.count += 1
    except (RefusedFile, AnswerError) as refused:
        _note_refusal(taking, act, key, refused)
        taken.refused = refused


def _inspect(taking: Taking, act: Act, key: str, upload: Upload) -> Inspected:
    accept = next((item.accept for item in act.page.items if item.key == key), ())
    return inspect_file(upload.path, upload.name, accept, folder=taking.documents / INCOMING)


def _store(taking: Taking, act: Act, key: str, inspected: Inspected, received: str | None) -> bool:
    """Scan, store and record one file; returns whether its item is answered with it.

    Raises:
        RefusedFile: it is infected, or there is no room for it.
    """
    scan = UNSCANNED
    if taking.clamd is not None:
        found = scan_file(taking.clamd, inspected.path)
        if found.state == INFECTED:
            inspected.path.unlink(missing_ok=True)
            raise RefusedFile("infected")
        scan = found.state
    scan = UNSCANNABLE if inspected.is_unscannable else scan
    digest, size = digest_of(inspected.path), inspected.path.stat().st_size
    path = store_file(taking.documents, inspected.path, moves=True)
    stored = StoredFile(path, inspected.name, size, digest, received if received != digest else None, scan)
    try:
        with taking.store.begin() as connection:
            return _record(connection, act, key, stored, inspected)
    except BaseException:
        (taking.documents / path).unlink(missing_ok=True)
        raise


def _record(connection: Connection, act: Act, key: str, stored: StoredFile, inspected: Inspected) -> bool:
    """Record a file and answer its item in one transaction: a server that dies between the two leaves neither."""
    link = act.page.link
    item = find_request_item(connection, link.task_id, link.step, key)
    check_room(item)
    record_document(connection, item, stored, act.now)
    put_off_rendered(connection, link.task_id, link.step)
    detail = {"name": stored.name, "size": stored.size, "sha256": stored.sha256, "scan": stored.scan}
    if stored.received_sha256:
        detail["received_sha256"] = stored.received_sha256
    if inspected.notes:
        detail["notes"] = " ".join(inspected.notes)
    note(connection, FILE_RECEIVED, act.place(key), act.now, **detail)
    if item["is_expiry_asked"] or item["status"] == ACCEPTED:
        return False
    try:
        save_item(connection, act, key, Typed())
    except TaskError:  # it was closed while the file came, which is kept all the same
        return False
    return True


def _is_known(taking: Taking, act: Act, key: str, digest: str) -> bool:
    link = act.page.link
    with taking.store.begin(only_reads=True) as connection:
        return has_file(connection, find_request_item(connection, link.task_id, link.step, key), digest)


def _note_refusal(taking: Taking, act: Act, key: str, refused: RefusedFile | AnswerError) -> None:
    with taking.store.begin() as connection:
        note(connection, FILE_REFUSED, act.place(key), act.now, why=refused.code)
        if refused.code == "infected":
            occurrence = f"{act.page.link.task_id}-{act.now:%Y%m%d%H%M}"
            open_internal_task(connection, act, "infected", occurrence, taking.infected_label)


def check_disk(documents: Path, size: int) -> None:
    """Check that there is room for a file.

    Raises:
        AnswerError: the disk is nearly full.
    """
    documents.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(documents).free < LEAST_FREE + size:
        raise AnswerError("the disk is nearly full", "disk_full")


def sweep(store: Store, documents: Path, now: datetime) -> int:
    """Remove files that an interrupted upload left, those without a row after a day; returns their number."""
    d = schema.documents.c
    with store.begin(only_reads=True) as connection:
        known = set(connection.execute(select(d.path)).scalars())
    before = (now - LEFT_OVER_AFTER).timestamp()
    removed = 0
    for folder, _, names in os.walk(documents):
        for name in names:
            file = Path(folder) / name
            if str(file.relative_to(documents)) not in known and file.stat().st_mtime < before:
                file.unlink(missing_ok=True)
                removed += 1
    return removed
