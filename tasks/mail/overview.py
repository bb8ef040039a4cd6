"""The outbox as shown to people and programs.

May touch: sql. Tests: tests/integration/cli/test_cli.py.
"""

from typing import Any

import pandas as pd

from sql.store import Store
from tasks.rows import plain_rows

MESSAGE_KEYS = (
    "message_id",
    "task_id",
    "activity_id",
    "relation_id",
    "user_id",
    "subtask",
    "sequence",
    "to",
    "subject",
    "send_on",
    "send_at",
    "status",
    "reason",
)


def list_messages(
    store: Store, status: str | None = None, relation_id: str | None = None, after: int = 0
) -> list[dict[str, Any]]:
    """Messages in the outbox by send day, in the contract's shape; `dropped` means all that will not be sent.

    `send_at` is the instant, UTC, of one that does not leave at the send hour of its day.
    """
    messages = store.read("messages", status=status, relation_id=relation_id, after=after)
    instants = pd.to_datetime(messages["send_at"]).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    messages = messages.assign(send_at=instants)
    return [{key: row[key] for key in MESSAGE_KEYS} for row in plain_rows(messages.rename(columns={"email": "to"}))]


def count_deferred(store: Store) -> int:
    """The number of messages waiting in the outbox."""
    return int(store.read("count_deferred")["n"].iloc[0])
