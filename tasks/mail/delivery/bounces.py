"""Bounces that name only an address: find the message that came back (M7).

A late bounce has none of our ids, and a suppression list never has. The last message sent to the address before the
bounce is taken as the one that came back, if that is certain; if not, the owner gets a task that names the message.
May touch: sql. Tests: tests/integration/mail/test_bounces.py.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from sql import schema
from sql.store import query
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.mail.events import resolve_bounces
from tasks.domain.mail.keys import RELATION
from tasks.mail.delivery.carried import with_carried
from tasks.mail.delivery.status_changes import apply_status_changes

ADDRESSES_AT_ONCE = 500
LONGEST_LABEL = 200


def take_back_by_address(
    connection: Connection, bounced: Mapping[str, datetime], labels: Mapping[str, str], as_of: date
) -> None:
    """Mark the message that came back from each address; ask the owner if it is uncertain which one it was.

    Args:
        connection: an open transaction.
        bounced: newly suppressed addresses in lower case, with the instant of the bounce.
        labels: of the owner's tasks; `uncertain` is the sub-task's label, with placeholders for the message.
        as_of: today.
    """
    addresses = sorted(bounced)
    for start in range(0, len(addresses), ADDRESSES_AT_ONCE):
        chunk = addresses[start : start + ADDRESSES_AT_ONCE]
        sent = text(query("sent_to_addresses")).bindparams(bindparam("addresses", expanding=True))
        rows = [_with_instant(dict(row)) for row in connection.execute(sent, {"addresses": chunk}).mappings()]
        came_back, uncertain = resolve_bounces(rows, bounced)
        came_back = with_carried(connection, came_back)
        if came_back:
            m = schema.messages
            connection.execute(update(m).where(m.c.message_id.in_(came_back)).values(delivery="bounced"))
            apply_status_changes(connection, came_back, [])
        _ask_owners(connection, uncertain, labels, as_of)


def _with_instant(row: dict[str, Any]) -> dict[str, Any]:
    """Parse the instant, which SQLite returns as text for an expression."""
    left_at = row["left_at"]
    return row | {"left_at": datetime.fromisoformat(left_at) if isinstance(left_at, str) else left_at}


def _ask_owners(
    connection: Connection, mails: Sequence[Mapping[str, Any]], labels: Mapping[str, str], as_of: date
) -> None:
    """Add one sub-task per message to the open address task of its relation, creating that task if needed."""
    for mail in mails:
        if mail["recipient_kind"] != RELATION:
            continue  # a task is about a relation; a user's address is the firm's own
        task_id = _open_task(connection, mail["recipient_id"]) or _new_task(connection, mail, labels, as_of)
        label = labels["uncertain"].format(message=mail["message_id"], subject=mail["subject"])
        step = {
            "task_id": task_id,
            "key": f"check-{mail['message_id']}",
            "position": mail["message_id"],
            "kind": "action",
            "label": label[:LONGEST_LABEL],
            "due_on": as_of,
            "status": "open",
        }
        connection.execute(insert(schema.follow_up_subtasks).values(step))


def _open_task(connection: Connection, relation_id: str) -> int | None:
    t = schema.follow_up_tasks.c
    wanted = select(t.task_id).where(t.template == "mail-address", t.relation_id == relation_id)
    return connection.execute(wanted.where(t.status.not_in(CLOSED_STATUSES))).scalars().first()


def _new_task(connection: Connection, mail: Mapping[str, Any], labels: Mapping[str, str], as_of: date) -> int:
    task = {
        "relation_id": mail["recipient_id"],
        "template": "mail-address",
        "schedule": "suppressed",
        "mission_id": "",
        "occurrence": f"check-{mail['message_id']}",
        "label": labels["bounced"],
        "planned_on": as_of,
        "due_on": as_of,
        "created_on": as_of,
        "status": "open",
    }
    key = connection.execute(insert(schema.follow_up_tasks).values(task)).inserted_primary_key
    assert key is not None
    return int(key[0])
