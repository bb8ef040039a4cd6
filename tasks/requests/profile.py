"""The profile: a relation's data fields, to which an accepted answer is written (A3, U5).

May touch: sql. Tests: tests/integration/requests/test_answers.py, tests/integration/requests/test_dossiers.py.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from sql import schema
from tasks.open_tasks import open_firm_task

OWN_SOURCES = ("answer", "hand")
CONFLICT = "two-values"  # the schedule of the owner's task


def write_to_profile(connection: Connection, item: Mapping[str, Any], import_id: int | None = None) -> None:
    """Write an item's answer to the relation's data field, with date and source (A3).

    Args:
        connection: an open transaction.
        item: with its answer.
        import_id: the import that brought it; it takes a new field with it when it is undone.
    """
    if item["field"] is None:
        return
    f, t = schema.relation_fields, schema.follow_up_tasks.c
    task = connection.execute(select(t.relation_id, t.created_on).where(t.task_id == item["task_id"])).one()
    relation_id = task.relation_id
    this = and_(f.c.relation_id == relation_id, f.c.field == item["field"])
    before = connection.execute(select(f).where(this)).one_or_none()
    values: dict[str, Any] = {"source": "answer", "updated_on": item["answered_on"], "import_id": None}
    values["value"] = item["value"] if item["type"] != "document" else _latest_file(connection, item, before)
    if item["is_expiry_asked"]:
        values["expires_on"] = item["expires_on"]
    if before is None:
        connection.execute(
            insert(f).values(values | {"relation_id": relation_id, "field": item["field"], "import_id": import_id})
        )
    else:
        replaced = {"replaced_value": before.value, "replaced_expires_on": before.expires_on}
        connection.execute(update(f).where(this).values(values | replaced))
        if _is_overtaken(before, task.created_on, values["value"]):
            _tell_owner(connection, relation_id, item, before.value, values["value"])


def _is_overtaken(before: Any, asked_on: date, answered: str | None) -> bool:
    """Whether a file brought another value after the client was asked: the answer may be about the older one."""
    came_later = before.source not in OWN_SOURCES and before.updated_on > asked_on
    return came_later and before.value is not None and before.value != answered


def _tell_owner(connection: Connection, relation_id: str, item: Mapping[str, Any], known: str, answered: str) -> None:
    """Open a task for the owner with both values; the answer stands until a person decides otherwise (D6)."""
    open_firm_task(
        connection,
        relation_id,
        item["answered_on"],
        schedule=CONFLICT,
        occurrence=f"{item['task_id']}-{item['key']}",
        label=f"{item['label']}: {known} ≠ {answered}",
    )


def _latest_file(connection: Connection, item: Mapping[str, Any], before: Any) -> str | None:
    """What stands for a document in the profile: the name of the file that came last, or what stood there."""
    d = schema.documents.c
    its = and_(d.task_id == item["task_id"], d.step == item["subtask"], d.item == item["key"])
    name = connection.execute(select(d.name).where(its).order_by(d.document_id.desc()).limit(1)).scalar()
    return name if name is not None or before is None else before.value
