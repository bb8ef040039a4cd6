"""Documents: files that clients sent, kept in the home's documents/ under random names.

A file is written and synced before its row is committed; a file without a row is left over from a crash, and harmless.
May touch: sql, the home's documents/. Tests: tests/integration/requests/test_answers.py.
"""

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select

from sql import schema
from sql.store import Store, plain
from tasks.domain.requests.files import RefusedFile
from tasks.domain.requests.values import AnswerError

LONGEST_NAME = 255
CLEAN, UNSCANNED, UNSCANNABLE, INFECTED = "clean", "unscanned", "unscannable", "infected"


@dataclass(frozen=True)
class StoredFile:
    """A file in the home's documents/, synced to disk.

    Attributes:
        path: relative to documents/; empty in a preview, which stores nothing.
        name: its name, as the client reads it.
        size, sha256: of what is stored.
        received_sha256: of what was sent, where that is another file.
        scan: clean, unscanned or unscannable (D5).
    """

    path: str
    name: str
    size: int
    sha256: str
    received_sha256: str | None = None
    scan: str = UNSCANNED


def keep_document(
    connection: Connection,
    folder: Path | None,
    item: Mapping[str, Any],
    file: Path,
    received_at: datetime,
    import_id: int | None = None,
) -> None:
    """Copy a file into the home and record it as an answer's document; the same file twice is one.

    Args:
        connection: an open transaction.
        folder: the home's documents/; None if the file is not to be copied, in a preview.
        item: from tasks/requests/answers.py, `find_item`.
        file: what the client sent.
        received_at: the instant.
        import_id: the import that brought it.

    Raises:
        AnswerError: the item asks for no document, or not for such a file, or has enough of them.
    """
    _check(_place(item), item, file)
    digest = digest_of(file)
    try:
        if has_file(connection, item, digest):
            return
    except RefusedFile as error:
        raise AnswerError(f"{_place(item)}: {error}") from None
    check_room(item)
    path = "" if folder is None else store_file(folder, file)
    stored = StoredFile(path, file.name[:LONGEST_NAME], file.stat().st_size, digest)
    record_document(connection, item, stored, received_at, import_id)


def record_document(
    connection: Connection,
    item: Mapping[str, Any],
    stored: StoredFile,
    received_at: datetime,
    import_id: int | None = None,
) -> int:
    """Record a stored file as an answer's document; returns its number."""
    t = schema.follow_up_tasks.c
    relation_id = connection.execute(select(t.relation_id).where(t.task_id == item["task_id"])).scalar_one()
    row = vars(stored) | {"task_id": item["task_id"], "step": item["subtask"], "item": item["key"]}
    row |= {"relation_id": relation_id, "received_at": plain(received_at), "import_id": import_id}
    made = connection.execute(insert(schema.documents).values(row)).inserted_primary_key
    assert made is not None
    return int(made[0])


def has_file(connection: Connection, item: Mapping[str, Any], digest: str) -> bool:
    """Whether an item has a file with these bytes already, as it was sent or as it is stored.

    Raises:
        RefusedFile: it has, and a virus was found in it meanwhile.
    """
    d = schema.documents.c
    its = and_(d.task_id == item["task_id"], d.step == item["subtask"], d.item == item["key"])
    same = select(d.scan).where(its, or_(d.sha256 == digest, d.received_sha256 == digest))
    found = list(connection.execute(same).scalars())
    if INFECTED in found:
        raise RefusedFile(INFECTED)
    return bool(found)


def check_room(item: Mapping[str, Any]) -> None:
    """Check that an item takes one more file.

    Raises:
        AnswerError: it has enough of them.
    """
    if item["max_files"] is not None and item["files"] >= item["max_files"]:
        raise AnswerError(f"{_place(item)} has {item['files']} files already; it takes no more.", "too_many_files")


def _place(item: Mapping[str, Any]) -> str:
    return f"Item {item['key']} of request {item['subtask']}, task {item['task_id']}"


def digest_of(file: Path) -> str:
    """A file's SHA-256, in hexadecimal."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _check(at: str, item: Mapping[str, Any], file: Path) -> None:
    if item["type"] != "document":
        raise AnswerError(f"{at} asks for a {item['type']}, not for a file.")
    if not file.is_file():
        raise AnswerError(f"{at}: there is no file {file}.")
    if file.stat().st_size == 0:
        raise AnswerError(f"{at}: {file.name} is empty.")
    try:
        check_ending(item, file)
    except AnswerError as error:
        raise AnswerError(f"{at}: {error}; {file.name} is another.") from None


def check_ending(item: Mapping[str, Any], file: Path) -> None:
    """Check that an item takes files with that name ending.

    Raises:
        AnswerError: it does not; the text says which it takes.
    """
    if item["type"] != "document":
        raise AnswerError(f"a {item['type']} is asked for, not a file")
    ending, taken = file.suffix.lstrip(".").lower(), (item["accept"] or "").split()
    if taken and ending.replace("jpg", "jpeg") not in [one.replace("jpg", "jpeg") for one in taken]:
        raise AnswerError(f"it takes {', '.join(taken)}")


def store_file(folder: Path, file: Path, *, moves: bool = False) -> str:
    """Put a file under a random name into the home's documents/, synced to disk; returns its path there.

    Args:
        folder: the home's documents/.
        file: it.
        moves: it is in that folder already, and written and synced.
    """
    name = secrets.token_hex(16)
    shelf = folder / name[:2]
    is_new = not shelf.exists()
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    if moves:
        file.rename(shelf / name)
    else:
        with file.open("rb") as source, (shelf / name).open("xb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
    (shelf / name).chmod(0o600)
    sync_folder(shelf)
    if is_new:
        sync_folder(folder)
    return f"{name[:2]}/{name}"


def sync_folder(folder: Path) -> None:
    """Sync a folder's list of names, so that a file in it is found after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def paths_of_import(store: Store, import_id: int) -> list[str]:
    """Where the files are kept that an import brought."""
    d = schema.documents.c
    with store.begin(only_reads=True) as connection:
        return list(connection.execute(select(d.path).where(d.import_id == import_id)).scalars())


def remove_unused(store: Store, folder: Path, paths: Sequence[str]) -> None:
    """Remove those of these files that have no row any more."""
    d = schema.documents.c
    with store.begin(only_reads=True) as connection:
        known = set(connection.execute(select(d.path).where(d.path.in_(paths))).scalars())
    for path in set(paths) - known:
        (folder / path).unlink(missing_ok=True)


def list_documents(store: Store, relation_id: str, folder: Path) -> list[dict[str, Any]]:
    """What a relation sent, in the contract's shape, oldest first."""
    d = schema.documents.c
    shown = (d.task_id, d.step, d.item, d.name, d.size, d.sha256, d.scan, d.received_at, d.path)
    with store.begin(only_reads=True) as connection:
        its = and_(d.relation_id == relation_id, d.removed_on.is_(None))
        found = [dict(row) for row in connection.execute(select(*shown).where(its).order_by(d.document_id)).mappings()]
    return [row | {"received_at": row["received_at"].isoformat(), "path": str(folder / row["path"])} for row in found]


def save_documents(found: list[dict[str, Any]], folder: Path) -> int:
    """Copy listed documents into a folder as TASK-REQUEST-ITEM-NAME, and return their number; no infected one."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = [row for row in found if row["scan"] != INFECTED]
    for number, row in enumerate(saved, start=1):
        name = f"{row['task_id']}-{row['step']}-{row['item']}-{row['name']}"
        target = folder / (name if not (folder / name).exists() else f"{number}-{name}")
        shutil.copyfile(row["path"], target)
    return len(saved)


def locked_in_words(found: list[dict[str, Any]]) -> str | None:
    """Which of the listed documents are not given out, and why; None if there is none. It names no file (Q5)."""
    places = [f"task {row['task_id']}, {row['step']}, {row['item']}" for row in found if row["scan"] == INFECTED]
    if not places:
        return None
    return f"{len(places)} files are locked, as ClamAV found a virus in them ({'; '.join(places)}). Ask for others."
