"""Lists of tasks for people and programs.

May touch: sql. Tests: tests/integration/cli/test_cli.py.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, iso, query
from tasks.rows import plain_rows

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


@dataclass(frozen=True)
class TaskFilter:
    """A choice of tasks: each filter that is not None narrows it.

    Attributes:
        status: only tasks with this status.
        template, relation_id, mission_id, owner_id: only tasks of this one; the owner is the relation's.
        due_before: due before this date.
        only_open: neither done nor cancelled.
        after: only tasks with a higher id.
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
    """Tasks with their sub-tasks, items and comments, by due date, in the contract's shape."""
    filters = asdict(chosen) | {"due_before": iso(chosen.due_before)}
    with store.begin(only_reads=True) as connection:
        tasks = read_frame(connection, query("tasks"), filters)
        with staged(connection, schema.follow_up_tasks, tasks[["task_id"]]):
            steps = read_frame(connection, query("subtasks"), {})
            items = read_frame(connection, query("items"), {})
            comments = read_frame(connection, query("comments"), {})
    items_of: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for item in plain_rows(items):
        items_of[item.pop("task_id"), item.pop("subtask")].append(item)
    comments_of: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for comment in plain_rows(comments):
        comments_of[comment.pop("task_id")].append(comment)
    steps_of: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for step in plain_rows(steps):
        task_id = step.pop("task_id")
        steps_of[task_id].append(step | {"items": items_of[task_id, step["key"]]})
    keys = (*TASK_KEYS, "label", "owner_id", "closed_on", "closed_by")
    return [
        {key: task[key] for key in keys}
        | {"subtasks": steps_of[task["task_id"]], "comments": comments_of[task["task_id"]]}
        for task in plain_rows(tasks)
    ]


def is_opted_out(store: Store, relation_id: str) -> bool:
    """Whether a relation asked for no e-mail (`do_not_mail`)."""
    r = schema.relations.c
    with store.begin(only_reads=True) as connection:
        return bool(connection.execute(select(r.is_opted_out).where(r.relation_id == relation_id)).scalar())
