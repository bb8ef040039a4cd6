"""The profile: a relation's data fields, to which an accepted answer is written (A3, U5).

May touch: sql. Tests: tests/integration/requests/test_answers.py, tests/integration/requests/test_dossiers.py.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from sql import schema


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
    relation_id = connection.execute(select(t.relation_id).where(t.task_id == item["task_id"])).scalar_one()
    this = and_(f.c.relation_id == relation_id, f.c.field == item["field"])
    before = connection.execute(select(f.c.value, f.c.expires_on).where(this)).one_or_none()
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


def _latest_file(connection: Connection, item: Mapping[str, Any], before: Any) -> str | None:
    """What stands for a document in the profile: the name of the file that came last, or what stood there."""
    d = schema.documents.c
    its = and_(d.task_id == item["task_id"], d.step == item["subtask"], d.item == item["key"])
    name = connection.execute(select(d.name).where(its).order_by(d.document_id.desc()).limit(1)).scalar()
    return name if name is not None or before is None else before.value
