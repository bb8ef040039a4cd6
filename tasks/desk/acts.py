"""What each person of the firm did at the desk: one row an act, which is only added to.

A row is written before the act, so that none is without one; `refused` follows where it was not done, and
`unknown` where nobody knows.
May touch: sql. Tests: tests/integration/desk/test_desk_acts.py, on both databases.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from sql import schema
from sql.store import plain

REFUSED, UNKNOWN = "refused", "unknown"
NOTHING: Mapping[str, object] = {}
LONGEST_ID = 64
SIGNED_IN, SIGNED_OUT = "signed_in", "signed_out"
TASK, RELATION, ACTIVITY, SCHEDULE, MESSAGE = "task", "relation", "activity", "schedule", "message"
IMPORT, RUN = "import", "run"


def note_act(
    connection: Connection,
    act: str,
    *,
    user_id: str,
    session_id: int,
    now: datetime,
    about: tuple[str, object] | None = None,
    detail: Mapping[str, object] = NOTHING,
) -> int:
    """Add an act; `about` is the kind and id of what it changes, `detail` is kept as JSON. Returns its number."""
    kind, about_id = about or (None, None)
    row = {
        "happened_at": plain(now),
        "user_id": user_id,
        "session_id": session_id,
        "act": act,
        "about_kind": kind,
        "about_id": None if about_id is None else str(about_id)[:LONGEST_ID],
        "detail": json.dumps(detail, ensure_ascii=False, default=str) if detail else None,
    }
    made = connection.execute(insert(schema.desk_acts).values(row)).inserted_primary_key
    assert made is not None
    return int(made[0])


def acts_about(connection: Connection, kind: str, about_id: object, most: int = 100) -> list[dict[str, Any]]:
    """What was done about one thing, the latest first."""
    d = schema.desk_acts.c
    wanted = select(schema.desk_acts).where(d.about_kind == kind, d.about_id == str(about_id))
    return _plain(connection, wanted.order_by(d.act_id.desc()).limit(most))


def latest_acts(connection: Connection, most: int = 100) -> list[dict[str, Any]]:
    """What was done last, the latest first."""
    return _plain(connection, select(schema.desk_acts).order_by(schema.desk_acts.c.act_id.desc()).limit(most))


def _plain(connection: Connection, wanted: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return [row | {"detail": json.loads(row["detail"]) if row["detail"] else {}} for row in rows]
