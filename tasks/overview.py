"""Overview: tasks, messages and what a rehearsal would change, as people and programs read them.

May touch: sql. Tests: tests/integration/test_cli.py.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sql.store import Store

TASK_KEYS = (
    "task_id",
    "relation_id",
    "template",
    "schedule",
    "mission_id",
    "anchor_on",
    "period",
    "planned_on",
    "created_on",
    "due_on",
    "status",
)
MESSAGE_KEYS = (
    "message_id",
    "task_id",
    "relation_id",
    "subtask",
    "sequence",
    "to",
    "subject",
    "send_on",
    "status",
    "reason",
)


def list_tasks(
    store: Store,
    status: str | None = None,
    template: str | None = None,
    relation_id: str | None = None,
    after: int = 0,
) -> list[dict[str, Any]]:
    """Tasks with their steps, by due date, in the contract's shape.

    Args:
        store: the database.
        status: of this status alone; None does not filter, here and below.
        template: of this template alone.
        relation_id: of this relation alone.
        after: only tasks with a higher number.
    """
    filters = {"status": status, "template": template, "relation_id": relation_id, "after": after}
    tasks, steps = store.read("tasks", **filters), store.read("subtasks", **filters)
    steps_of: dict[int, list[dict[str, Any]]] = {}
    for step in plain_rows(steps):
        steps_of.setdefault(step.pop("task_id"), []).append(step | {"items": []})
    shown = ("key", "kind", "status", "items", "label")
    return [
        {key: task[key] for key in (*TASK_KEYS, "label", "owner_id", "closed_on", "closed_by")}
        | {"subtasks": [{k: step[k] for k in shown} for step in steps_of.get(task["task_id"], [])]}
        for task in plain_rows(tasks)
    ]


def list_messages(
    store: Store, status: str | None = None, relation_id: str | None = None, after: int = 0
) -> list[dict[str, Any]]:
    """Messages of the outbox by send day, in the contract's shape; `dropped` is all that will not be sent."""
    messages = store.read("messages", status=status, relation_id=relation_id, after=after)
    return [{key: row[key] for key in MESSAGE_KEYS} for row in plain_rows(messages.rename(columns={"email": "to"}))]


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON can hold them: ISO days, whole numbers, None for what is missing."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            column = column.dt.strftime("%Y-%m-%d")
        values = column.astype(object).where(column.notna(), None).tolist()
        columns[name] = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def count_deferred(store: Store) -> int:
    """Messages that wait in the outbox."""
    return int(store.read("count_deferred")["n"].iloc[0])


def count_quarantined(store: Store) -> int:
    """Source rows that are kept out at present."""
    return int(store.read("count_quarantined")["n"].iloc[0])


@dataclass(frozen=True)
class Preview:
    """What a rehearsal changes: the outbox and the last task as they were before it."""

    messages: pd.DataFrame
    last_task: int

    @classmethod
    def begin(cls, store: Store) -> "Preview":
        """Remember how things stand."""
        tasks = store.read("tasks", status=None, template=None, relation_id=None, after=0)
        return cls(_outbox(store), int(tasks["task_id"].max()) if len(tasks) else 0)

    def end(self, store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Tasks made since, and messages made or changed since."""
        after = _outbox(store)
        before = self.messages.set_index("message_id")["status"].reindex(after["message_id"]).to_numpy()
        changed = set(after.loc[after["status"] != before, "message_id"].tolist())
        mails = [m for m in list_messages(store) if m["message_id"] in changed]
        return list_tasks(store, after=self.last_task), mails


def _outbox(store: Store) -> pd.DataFrame:
    return store.read("messages", status=None, relation_id=None, after=0)[["message_id", "status"]]
