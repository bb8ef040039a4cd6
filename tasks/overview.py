"""Overview: tasks, messages and what a rehearsal would change, as people and programs read them.

May touch: sql. Tests: tests/integration/test_cli.py.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import select

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, iso, query

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


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks: each filter that is not None narrows the choice.

    Attributes:
        status: of this status alone.
        template, relation_id, mission_id, owner_id: of this one alone; the owner is the relation's.
        due_before: due before this day.
        only_open: neither done nor cancelled.
        after: with a higher number.
    """

    status: str | None = None
    template: str | None = None
    relation_id: str | None = None
    mission_id: str | None = None
    owner_id: str | None = None
    due_before: date | None = None
    only_open: bool = False
    after: int = 0


EVERY_TASK = TaskFilter()


def list_tasks(store: Store, chosen: TaskFilter = EVERY_TASK) -> list[dict[str, Any]]:
    """Tasks with their steps and items, by due date, in the contract's shape."""
    filters = asdict(chosen) | {"due_before": iso(chosen.due_before)}
    with store.begin(only_reads=True) as connection:
        tasks = read_frame(connection, query("tasks"), filters)
        with staged(connection, schema.follow_up_tasks, tasks[["task_id"]]):
            steps = read_frame(connection, query("subtasks"), {})
            items = read_frame(connection, query("items"), {})
    items_of: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for item in plain_rows(items):
        items_of[item.pop("task_id"), item.pop("subtask")].append(item)
    steps_of: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for step in plain_rows(steps):
        task_id = step.pop("task_id")
        steps_of[task_id].append(step | {"items": items_of[task_id, step["key"]]})
    keys = (*TASK_KEYS, "label", "owner_id", "closed_on", "closed_by")
    return [{key: task[key] for key in keys} | {"subtasks": steps_of[task["task_id"]]} for task in plain_rows(tasks)]


def list_messages(
    store: Store, status: str | None = None, relation_id: str | None = None, after: int = 0
) -> list[dict[str, Any]]:
    """Messages of the outbox by send day, in the contract's shape; `dropped` is all that will not be sent."""
    messages = store.read("messages", status=status, relation_id=relation_id, after=after)
    return [{key: row[key] for key in MESSAGE_KEYS} for row in plain_rows(messages.rename(columns={"email": "to"}))]


def is_opted_out(store: Store, relation_id: str) -> bool:
    """Whether a relation wants no mail (`do_not_mail`)."""
    r = schema.relations.c
    with store.begin(only_reads=True) as connection:
        return bool(connection.execute(select(r.is_opted_out).where(r.relation_id == relation_id)).scalar())


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
        return cls(_outbox(store), int(store.read("last_task")["task_id"].iloc[0]))

    def end(self, store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Tasks made since, and messages made or changed since."""
        after = _outbox(store)
        before = self.messages.set_index("message_id")["status"].reindex(after["message_id"]).to_numpy()
        changed = set(after.loc[after["status"] != before, "message_id"].tolist())
        mails = [m for m in list_messages(store) if m["message_id"] in changed]
        return list_tasks(store, TaskFilter(after=self.last_task)), mails


def _outbox(store: Store) -> pd.DataFrame:
    return store.read("messages", status=None, relation_id=None, after=0)[["message_id", "status"]]
