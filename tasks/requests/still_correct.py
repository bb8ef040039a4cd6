"""Still correct: a client confirms with one click what the firm knows (U4).

May touch: sql. Tests: tests/integration/web/test_page_answers.py.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select

from sql import schema
from tasks.domain.requests.completion import RECEIVED
from tasks.domain.requests.values import AnswerError


def known_value(connection: Connection, item: Mapping[str, Any]) -> Any:
    """What the firm knows for an item's data field: a row with value and expires_on; None if nothing."""
    f, t = schema.relation_fields.c, schema.follow_up_tasks.c
    relation_id = select(t.relation_id).where(t.task_id == item["task_id"]).scalar_subquery()
    this = and_(f.relation_id == relation_id, f.field == item["field"])
    return connection.execute(select(f.value, f.expires_on).where(this)).one_or_none()


def can_be_confirmed(item: Mapping[str, Any], known: Any, as_of: date) -> bool:
    """Whether "still correct" is an answer to an item: a document's only while its expiry date is ahead (U4)."""
    if known is None:
        return False
    if item["type"] == "document":
        return known.expires_on is not None and known.expires_on > as_of
    return bool(known.value) and not item["is_expiry_asked"]


def confirm_known(connection: Connection, item: Mapping[str, Any], answered_on: date) -> dict[str, Any]:
    """The columns that "still correct" gives an item.

    Raises:
        AnswerError: nothing is known of it, or no longer.
    """
    known = known_value(connection, item) if item["field"] else None
    if known is None or not can_be_confirmed(item, known, answered_on):
        raise AnswerError("nothing is known of it that could still be correct", "nothing_known")
    value = None if item["type"] == "document" else known.value
    return {"status": RECEIVED, "note": None, "value": value, "expires_on": known.expires_on}
