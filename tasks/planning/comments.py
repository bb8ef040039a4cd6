"""Comments of the firm on a task; tasks/planning/overview.py lists them with it.

They belong to that task alone: work that recurs never carries them over (A4).
May touch: sql. Tests: tests/integration/requests/test_edits.py.
"""

from datetime import datetime

from sqlalchemy import insert, select

from sql import schema
from sql.store import Store, plain
from tasks.open_tasks import TaskError

LONGEST = 5_000


def add_comment(store: Store, task_id: int, text: str, now: datetime, user_id: str | None = None) -> int:
    """Write a comment on a task, open or closed, in a user's name if one is given; return its id.

    Raises:
        TaskError: there is no such task, or the comment is empty or too long.
    """
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise TaskError(f"A comment has between 1 and {LONGEST:,} characters; this one has {len(said):,}.")
    t, c = schema.follow_up_tasks.c, schema.task_comments
    with store.begin() as connection:
        if connection.execute(select(t.task_id).where(t.task_id == task_id)).first() is None:
            raise TaskError(f"There is no task {task_id}. `relance tasks` lists them.")
        row = {"task_id": task_id, "written_at": plain(now), "text": said, "user_id": user_id}
        key = connection.execute(insert(c).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])
