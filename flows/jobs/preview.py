"""What a dry run shows: the tasks and messages that it created or changed before it was rolled back.

May touch: sql. Tests: tests/integration/planning/test_night.py.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import select

from sql import schema
from sql.store import Store
from tasks.mail.overview import list_messages
from tasks.planning.overview import TaskFilter, list_tasks


@dataclass(frozen=True)
class Preview:
    """The outbox and the last task id before a dry run, to find what it changes."""

    messages: pd.DataFrame
    last_task: int

    @classmethod
    def begin(cls, store: Store) -> "Preview":
        """Record the state before the run."""
        return cls(_outbox(store), int(store.read("last_task")["task_id"].iloc[0]))

    def end(self, store: Store, texts: int = 0) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Tasks created since, and messages created or changed since, the first few with their text."""
        after = _outbox(store)
        before = self.messages.set_index("message_id")["status"].reindex(after["message_id"]).to_numpy()
        changed = set(after.loc[after["status"] != before, "message_id"].tolist())
        mails = [m for m in list_messages(store) if m["message_id"] in changed]
        return list_tasks(store, TaskFilter(after=self.last_task)), _with_texts(store, mails, texts)


def _with_texts(store: Store, mails: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    m = schema.messages.c
    first = [mail["message_id"] for mail in mails[:most]]
    if not first:
        return mails
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(select(m.message_id, m.body_text).where(m.message_id.in_(first))).tuples().all()
    texts = dict(rows)
    return [mail | {"text": texts.get(mail["message_id"])} for mail in mails[:most]] + mails[most:]


def _outbox(store: Store) -> pd.DataFrame:
    return store.read("messages", status=None, relation_id=None, after=0)[["message_id", "status"]]
