"""Materialise: due rows to task tables. One transaction; the database's keys decide what is new (P2).

Law: the second run changes nothing.
May touch: sql. Tests: tests/integration/test_rooms.py, tests/integration/test_night.py.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd
from sqlalchemy import Column, String, text

from sql import schema
from sql.bulk import staged
from sql.store import Store, query
from tasks.domain import frames
from tasks.domain.definitions import Template

KEY = ["relation_id", "template", "schedule", "mission_id", "occurrence"]


def materialise(store: Store, due: pd.DataFrame, templates: Mapping[str, Template], as_of: date) -> int:
    """Write due follow-ups as tasks with their sub-tasks.

    Args:
        store: the database.
        due: the rows of frames.FOLLOW_UPS that have no reason against them.
        templates: by name; labels and steps are copied, so that later edits leave work under way alone.
        as_of: the day on which the tasks are made.

    Returns:
        How many tasks were not there before.
    """
    if due.empty:
        return 0
    today = pd.Timestamp(as_of)
    labels = due["template"].map({name: t.label for name, t in templates.items()})
    tasks = due.drop(columns="reason").assign(label=labels, created_on=today, status="open")
    steps = due[[*KEY, "due_on"]].merge(_steps(templates), on="template", how="inner", validate="many_to_many")
    steps = steps.assign(send_on=steps["due_on"] + pd.to_timedelta(steps["offset_days"], unit="D")).astype(
        {"send_on": frames.DATE}
    )
    key_columns = tuple(Column(name, String(64)) for name in KEY)
    with store.begin() as connection:
        with staged(connection, schema.follow_up_tasks, tasks):
            created = connection.execute(text(query("insert_follow_ups"))).rowcount
        subtasks = steps.drop(columns="due_on")
        with staged(connection, schema.follow_up_subtasks, subtasks, extra=key_columns):
            connection.execute(text(query("insert_subtasks")))
    return created


def _steps(templates: Mapping[str, Template]) -> pd.DataFrame:
    rows = [
        {
            "template": name,
            "key": step.key,
            "position": position,
            "kind": step.kind,
            "label": step.label,
            "message": step.message,
            "offset_days": step.offset_days,
            "status": "open",
        }
        for name, template in templates.items()
        for position, step in enumerate(template.subtasks)
    ]
    steps = pd.DataFrame(rows)
    return steps.astype({"offset_days": "float64", "label": frames.TEXT, "message": frames.TEXT})
