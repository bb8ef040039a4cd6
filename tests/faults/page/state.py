"""What the database and the documents of a home hold about one request, and what is wrong with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from sql import schema
from sql.store import Store
from tasks.requests.page.uploads import sweep
from tasks.requests.proof import read_proof
from tests.faults.page.firm import TASK

A_WHILE = timedelta(days=2)  # after which the sweep takes what has no row
HIDDEN = ("label", "labels", "help", "helps", "options")


@dataclass(frozen=True)
class State:
    """Everything that an act can change, by name: `item KEY`, `documents KEY`, `history KEY`, `profile`, `request`."""

    parts: Mapping[str, Any]

    def changed(self, since: "State") -> frozenset[str]:
        """The names of what is different from an earlier state."""
        names = {*self.parts, *since.parts}
        return frozenset(name for name in names if self.parts.get(name) != since.parts.get(name))


def read_state(store: Store) -> State:
    """The state as it is committed. It is read as a writer reads, after a dead server's transaction has ended."""
    i, d, e = schema.request_items, schema.documents, schema.request_events
    f, s = schema.relation_fields, schema.follow_up_subtasks
    parts: dict[str, Any] = {}
    with store.begin() as connection:

        def rows(table: Any) -> list[dict[str, Any]]:
            # In their own order: PostgreSQL puts a row where one that was rolled back has left room.
            wanted = select(table).order_by(*table.primary_key.columns)
            return [dict(row) for row in connection.execute(wanted).mappings()]

        for row in rows(i):
            parts[f"item {row['key']}"] = {name: row[name] for name in row if name not in HIDDEN}
        for name, table in (("documents", d), ("history", e)):
            for row in rows(table):
                parts.setdefault(f"{name} {row['item']}", []).append(row)
        parts["profile"] = sorted((row["field"], str(row["value"])) for row in rows(f))
        parts["request"] = [(row["status"], row["completed_on"]) for row in rows(s)]
    store.close()
    return State(parts)


def reopen_item(store: Store, key: str) -> None:
    """Have an item asked for again, so that the same act can be done once more."""
    i = schema.request_items
    again = {"status": "open", "value": None, "note": None, "answered_on": None, "source": None}
    with store.begin() as connection:
        connection.execute(update(i).where(i.c.key == key).values(again))
    store.close()


def problems_of(store: Store, documents: Path) -> list[str]:
    """What is wrong with the files and with the proof: rows without a file, files without a row, hashes that differ."""
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(select(schema.documents)).all()
    found = [f"document {row.document_id} has no file" for row in rows if not (documents / row.path).is_file()]
    swept = sweep(store, documents, datetime.now(UTC) + A_WHILE)
    known = {row.path for row in rows}
    files = [str(path.relative_to(documents)) for path in documents.rglob("*") if path.is_file()]
    found += [f"file {path} has no row after the sweep of {swept}" for path in files if path not in known]
    found += [f"document {row.document_id} is not as its hash says" for row in rows if not _is_whole(row, documents)]
    found += _problems_of_proof(store)
    store.close()
    return found


def _is_whole(row: Any, documents: Path) -> bool:
    path = documents / row.path
    return not path.is_file() or sha256(path.read_bytes()).hexdigest() == row.sha256


def _problems_of_proof(store: Store) -> list[str]:
    """Where the proof's documents and its history differ."""
    proof = read_proof(store, TASK)
    json.dumps(proof)
    told = [event["detail"]["sha256"] for event in proof["events"] if event["kind"] == "file_received"]
    for event in proof["events"]:
        if event["kind"] == "file_removed":
            told.remove(event["detail"]["sha256"])
    kept = sorted(row["sha256"] for row in proof["documents"])
    return [] if sorted(told) == kept else ["the proof's history does not lead to its documents"]
