"""Recording the answers of a file, with a note of what they change, and undoing that.

May touch: sql, tasks/requests. Tests: tests/integration/intake/test_import_answers.py, on both databases.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, and_, select, update

from sql import schema
from tasks.domain.reasons import Reason
from tasks.intake.answers import GIVEN
from tasks.intake.changes import images, note_images
from tasks.mail.delivery.recall import mark_crossed
from tasks.requests.answers import OF_IMPORT, Answer, find_item, record_answer
from tasks.requests.documents import keep_document

Touched = tuple[Table, pd.DataFrame, tuple[str, ...]]
OF_TASKS = ("status",)
OF_STEPS = ("status", "completed_on", "exhausted_on")
OF_ITEMS = ("status", "value", "expires_on", "answered_on", "source", "note")
OF_FIELDS = ("value", "expires_on", "source", "updated_on", "import_id", "replaced_value", "replaced_expires_on")


@dataclass(frozen=True)
class Recording:
    """What recording the answers of an import needs.

    Attributes:
        import_id: the import.
        documents: the home's documents/; None if files are not to be copied, in a preview.
        now: the instant, UTC.
    """

    import_id: int
    documents: Path | None
    now: datetime


def write_answers(connection: Connection, rows: pd.DataFrame, recording: Recording) -> int:
    """Record the answers that are new, with a note of what they change, so that the import can be undone.

    Args:
        connection: the import's transaction.
        rows: valid rows, from `with_targets`.
        recording: where to.

    Returns:
        The number of rows recorded; the others were known.
    """
    fresh = rows.loc[~rows["is_known_answer"]].sort_values("source_row")
    if fresh.empty:
        return 0
    stages = _touched(connection, fresh["task_id"])
    before = [images(connection, table, keys, columns) for table, keys, columns in stages]
    for row in fresh.to_dict("records"):
        _record(connection, row, recording)
        mark_crossed(connection, int(row["task_id"]), recording.now)
    for (table, keys, columns), images_before in zip(stages, before, strict=True):
        note_images(connection, recording.import_id, table, images_before, images(connection, table, keys, columns))
    return len(fresh)


def _touched(connection: Connection, task_ids: pd.Series) -> list[Touched]:
    """The rows that answers to these tasks may change: table, keys, columns."""
    ids = [int(i) for i in task_ids.unique()]
    t, s, i = schema.follow_up_tasks.c, schema.follow_up_subtasks.c, schema.request_items.c
    wanted: tuple[tuple[Table, Any, tuple[str, ...]], ...] = (
        (schema.follow_up_tasks, select(t.task_id).where(t.task_id.in_(ids)), OF_TASKS),
        (schema.follow_up_subtasks, select(s.task_id, s.key).where(s.task_id.in_(ids)), OF_STEPS),
        (schema.request_items, select(i.task_id, i.subtask, i.key).where(i.task_id.in_(ids)), OF_ITEMS),
        (
            schema.relation_fields,
            select(t.relation_id, i.field)
            .join_from(schema.request_items, schema.follow_up_tasks, t.task_id == i.task_id)
            .where(i.task_id.in_(ids), i.field.is_not(None))
            .distinct(),
            OF_FIELDS,
        ),
    )
    found: list[Touched] = []
    for table, keys, columns in wanted:
        result = connection.execute(keys)
        found.append((table, pd.DataFrame(result.all(), columns=list(result.keys())), columns))
    return found


def _record(connection: Connection, row: Mapping[Any, Any], recording: Recording) -> None:
    given = {name: row[name] if isinstance(row[name], str) else None for name in GIVEN}
    task_id, day = int(row["task_id"]), row["answered_on"].date()
    if isinstance(row["document_path"], str):
        item = find_item(connection, task_id, row["step"], row["item_key"])
        file = Path(row["document_path"])
        keep_document(connection, recording.documents, item, file, recording.now, recording.import_id)
    answer = Answer(
        task_id,
        row["step"],
        row["item_key"],
        day,
        given["value"],
        not_applicable=given["not_applicable"],
        source=OF_IMPORT,
        import_id=recording.import_id,
    )
    record_answer(connection, answer)


def reopen_before_undo(connection: Connection, import_id: int) -> list[int]:
    """Open again the tasks that closed with the last answer of an import, so that their state can be restored.

    Returns:
        The tasks that the import answered.
    """
    c, t = schema.import_changes.c, schema.follow_up_tasks
    items = select(c.row_key).where(c.import_id == import_id, c.table_name == schema.request_items.name)
    ids = sorted({int(json.loads(key)["task_id"]) for key in connection.execute(items).scalars()})
    closed = and_(t.c.task_id.in_(ids), t.c.status == "done", t.c.closed_by == "steps")
    before = {"status": t.c.status_before, "status_before": None, "closed_on": None, "closed_by": None}
    connection.execute(update(t).where(closed).values(before))
    return ids


def remind_after_undo(connection: Connection, task_ids: Sequence[int]) -> None:
    """Have the messages that an answer had cancelled written anew, where the answer is gone."""
    m, s = schema.messages, schema.follow_up_subtasks.c
    asked = select(s.key).where(
        s.task_id == m.c.task_id, s.key == m.c.step, s.status == "open", s.completed_on.is_(None)
    )
    cancelled = and_(m.c.status == "cancelled", m.c.reason == Reason.ANSWERED.value, m.c.task_id.in_(task_ids))
    values = {"status": "suppressed", "reason": Reason.SUPERSEDED.value}
    connection.execute(update(m).where(cancelled, asked.exists()).values(values))
