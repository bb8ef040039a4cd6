"""Materialise: writes due follow-ups to the task tables. Unique keys decide what is new (P2).

Law: the second run changes nothing; one that is killed has written whole tasks, and the next writes the others.
May touch: sql. Tests: tests/integration/planning/test_stages.py, tests/integration/planning/test_night.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Column, Connection, String, text

from sql import schema
from sql.bulk import staged
from sql.store import Store, query
from tasks.domain import frames
from tasks.domain.definitions.firm import Automators
from tasks.domain.definitions.languages import label_in, stored_labels
from tasks.domain.definitions.template import Template
from tasks.domain.definitions.update_group import GroupTemplate
from tasks.domain.planning.steps import NO_AUTOMATORS, days_of_steps, items_of, steps_of

# A part is one transaction: a client who saves an answer meanwhile waits for the end of a part, not of the night.
TASKS_A_PART = 5_000
KEY = ["relation_id", "template", "schedule", "mission_id", "occurrence"]


def materialise(
    store: Store,
    due: pd.DataFrame,
    templates: Mapping[str, Template],
    *,
    as_of: date,
    language: str,
    automators: Automators = NO_AUTOMATORS,
) -> int:
    """Write due follow-ups as tasks with their sub-tasks.

    Args:
        store: the database.
        due: the rows of frames.FOLLOW_UPS without a reason against them.
        templates: by name; labels and sub-tasks are copied, so that later edits do not affect work in progress.
        as_of: the date on which the tasks are created.
        language: the firm's; a task's label is in that language, and clients read theirs (K3).
        automators: the firm's statuses after a request's events, where the request names none.

    Returns:
        The number of tasks created.
    """
    if due.empty:
        return 0
    # Task ids do not depend on the order of the rows, nor on how they are split into parts.
    due = due.sort_values(["due_on", *KEY], ignore_index=True)
    created = 0
    for start in range(0, len(due), TASKS_A_PART):
        rows = _rows(due.iloc[start : start + TASKS_A_PART], templates, as_of, language, automators)
        with store.begin() as connection:
            created += _write(connection, rows)
        store.let_others_write()
    return created


def make_tasks(
    connection: Connection,
    due: pd.DataFrame,
    templates: Mapping[str, Template],
    *,
    as_of: date,
    language: str,
    automators: Automators = NO_AUTOMATORS,
) -> int:
    """Write a few due follow-ups within the caller's transaction; else as `materialise`."""
    return _write(connection, _rows(due, templates, as_of, language, automators))


@dataclass(frozen=True)
class _Rows:
    tasks: pd.DataFrame
    steps: pd.DataFrame
    items: pd.DataFrame


def _rows(
    due: pd.DataFrame, templates: Mapping[str, Template], as_of: date, language: str, automators: Automators
) -> _Rows:
    """The rows of new tasks, of their sub-tasks and of their items."""
    label = due["template"].map({name: label_in(t.label, None, language) for name, t in templates.items()})
    labels = due["template"].map({name: stored_labels(t.label) for name, t in templates.items()}).astype(frames.TEXT)
    groups = [name for name, template in templates.items() if isinstance(template, GroupTemplate)]
    remove_on = due["due_on"].where(due["template"].isin(groups))  # a dossier is there up to its due date (U6)
    tasks = due.drop(columns="reason").assign(label=label, labels=labels, created_on=pd.Timestamp(as_of), status="open")
    tasks = tasks.assign(remove_on=remove_on)
    dates = due[[*KEY, "anchor_on", "planned_on", "due_on"]]
    steps = dates.merge(steps_of(templates, language, automators), on="template", validate="many_to_many")
    steps = days_of_steps(steps, templates, as_of).drop(columns=["anchor_on", "planned_on", "due_offset_days"])
    items = due[[*KEY, "due_on", *(["asked"] if "asked" in due else [])]].merge(
        items_of(templates, language), on="template", validate="many_to_many"
    )
    items = _only_asked(items)
    own_due_on = items["due_on"] + pd.to_timedelta(items["due_offset_days"], unit="D")
    items = items.assign(due_on=own_due_on).astype({"due_on": frames.DATE}).drop(columns="due_offset_days")
    return _Rows(tasks, steps, items)


def _only_asked(items: pd.DataFrame) -> pd.DataFrame:
    """The items without those of a dossier that its relation is not asked for now (U2)."""
    if "asked" not in items:
        return items
    pairs = pd.MultiIndex.from_frame(items[["asked", "key"]])
    codes, distinct = pd.factorize(pairs)
    is_asked = [not isinstance(asked, str) or key in asked.split() for asked, key in distinct]
    return items.loc[pd.Series(is_asked, dtype=bool).to_numpy()[codes]].drop(columns="asked")


def _write(connection: Connection, rows: _Rows) -> int:
    """Write tasks, then their sub-tasks and items, by the key that all three share."""
    with staged(connection, schema.follow_up_tasks, rows.tasks):
        created = connection.execute(text(query("insert_follow_ups"))).rowcount
    for table, frame, insert in (
        (schema.follow_up_subtasks, rows.steps, "insert_subtasks"),
        (schema.request_items, rows.items, "insert_items"),
    ):
        with staged(connection, table, frame, extra=_key_columns()):
            connection.execute(text(query(insert)))
    return created


def _key_columns() -> tuple[Column[str], ...]:
    return tuple(Column(name, String(64)) for name in KEY)
