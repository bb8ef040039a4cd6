"""The proof of a task: what was asked, when it was mailed, and what came, by whom (D8).

May touch: sql. Tests: tests/integration/web/test_page_proof.py.
"""

import json
from typing import Any

from sqlalchemy import Table, select

from sql import schema
from sql.store import Store
from tasks.open_tasks import TaskError

OF_TASK = ("task_id", "relation_id", "template", "schedule", "label", "anchor_on", "due_on", "created_on", "status")
OF_END = ("closed_on", "closed_by", "removed_on")
OF_ITEM = ("subtask", "key", "label", "type", "status", "answered_on", "source", "note", "promised_on", "expires_on")
OF_MESSAGE = ("message_id", "step", "cycle", "sequence", "recipient_id", "status", "reason", "send_on", "sent_at")
OF_DOCUMENT = ("step", "item", "name", "size", "sha256", "received_sha256", "scan", "received_at", "removed_on")
OF_EVENT = ("happened_at", "kind", "step", "item", "recipient_id", "link_id", "session_id", "detail", "address")


def read_proof(store: Store, task_id: int) -> dict[str, Any]:
    """What is known of a task: the task, items, messages, documents, events; dates and instants as text.

    Raises:
        TaskError: there is no such task.
    """
    with store.begin(only_reads=True) as connection:

        def rows(table: Table, columns: tuple[str, ...], order: str) -> list[dict[str, Any]]:
            wanted = select(*(table.c[name] for name in columns)).where(table.c.task_id == task_id)
            return [_plain(dict(row)) for row in connection.execute(wanted.order_by(table.c[order])).mappings()]

        task = rows(schema.follow_up_tasks, (*OF_TASK, *OF_END), "task_id")
        if not task:
            raise TaskError(f"There is no task {task_id}. `relance tasks` lists them.")
        items = rows(schema.request_items, OF_ITEM, "position")
        return {
            **task[0],
            "items": [{"step": item.pop("subtask"), **item} for item in items],
            "messages": rows(schema.messages, OF_MESSAGE, "message_id"),
            "documents": rows(schema.documents, OF_DOCUMENT, "document_id"),
            "events": rows(schema.request_events, OF_EVENT, "event_id"),
        }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
    if plain.get("detail"):
        plain["detail"] = json.loads(plain["detail"])
    return plain
