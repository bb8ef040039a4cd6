"""Documents: files that clients sent, kept in the home's documents/ under random names.

A file is written and synced before its row is committed; a file without a row is left over from a crash, and harmless.
May touch: sql, the home's documents/. Tests: tests/integration/requests/test_answers.py.
"""

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from sql import schema
from sql.store import Store, plain
from tasks.domain.requests.values import AnswerError

LONGEST_NAME = 255


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
    at = f"Item {item['key']} of request {item['subtask']}, task {item['task_id']}"
    _check(at, item, file)
    with file.open("rb") as opened:
        digest = file_digest(opened, "sha256").hexdigest()
    d, t = schema.documents, schema.follow_up_tasks.c
    its = {"task_id": item["task_id"], "step": item["subtask"], "item": item["key"]}
    same = select(d.c.document_id).filter_by(**its, sha256=digest)
    if connection.execute(same).first():
        return
    if item["max_files"] is not None and item["files"] >= item["max_files"]:
        raise AnswerError(f"{at} has {item['files']} files already; it takes no more.")
    relation_id = connection.execute(select(t.relation_id).where(t.task_id == item["task_id"])).scalar_one()
    row = its | {"relation_id": relation_id, "name": file.name[:LONGEST_NAME], "size": file.stat().st_size}
    row |= {"sha256": digest, "path": "" if folder is None else _copy(folder, file)}
    row |= {"received_at": plain(received_at), "import_id": import_id}
    connection.execute(insert(d).values(row))


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


def _copy(folder: Path, file: Path) -> str:
    name = secrets.token_hex(16)
    shelf = folder / name[:2]
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    with file.open("rb") as source, (shelf / name).open("xb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    (shelf / name).chmod(0o600)
    return f"{name[:2]}/{name}"


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
    shown = (d.task_id, d.step, d.item, d.name, d.size, d.sha256, d.received_at, d.path)
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(select(*shown).where(d.relation_id == relation_id).order_by(d.document_id)).mappings()
        found = [dict(row) for row in rows]
    return [
        row | {"scan": "unscanned", "received_at": row["received_at"].isoformat(), "path": str(folder / row["path"])}
        for row in found
    ]


def save_documents(found: list[dict[str, Any]], folder: Path) -> int:
    """Copy listed documents into a folder as TASK-REQUEST-ITEM-NAME, and return their number."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(found, start=1):
        name = f"{row['task_id']}-{row['step']}-{row['item']}-{row['name']}"
        target = folder / (name if not (folder / name).exists() else f"{number}-{name}")
        shutil.copyfile(row["path"], target)
    return len(found)
