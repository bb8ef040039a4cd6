"""The sub-tasks and items of a new task, and the days on which each is due or sent (T3, A4).

May touch: pandas. Tests: tests/integration/planning/test_schedules.py.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from tasks.domain import frames
from tasks.domain.definitions.languages import label_in, stored_labels
from tasks.domain.definitions.template import PERIOD, START, Template

TEXTS = ("template", "key", "kind", "label", "labels", "message", "send_from", "assignee_id", "on_sent", "status")


def steps_of(templates: Mapping[str, Template], language: str) -> pd.DataFrame:
    """The sub-tasks of every template, in order; one row per template × sub-task. `language` is the firm's."""
    rows = [
        {
            "template": name,
            "key": step.key,
            "position": position,
            "kind": step.kind,
            "label": None if step.label is None else label_in(step.label, None, language),
            "labels": stored_labels(step.label),
            "message": step.message,
            "offset_days": rule.offset_days if (rule := step.send_rule) else None,
            "send_from": rule.start_from if rule else None,
            "due_offset_days": step.due_offset_days,
            "assignee_id": step.assignee,
            "on_sent": step.on_sent,
            "status": "open",
        }
        for name, template in templates.items()
        for position, step in enumerate(template.subtasks)
    ]
    steps = pd.DataFrame(rows)
    return steps.astype(dict.fromkeys(TEXTS, frames.TEXT) | {"offset_days": "float64", "due_offset_days": "float64"})


def items_of(templates: Mapping[str, Template], language: str) -> pd.DataFrame:
    """What the requests of every template ask for; one row per template × request × item. `language` is the firm's."""
    rows = [
        {
            "template": name,
            "subtask": step.key,
            "key": item.key,
            "position": position,
            "label": label_in(item.label, None, language),
            "labels": stored_labels(item.label),
            "type": item.type,
            "field": item.field,
            "status": "open",
        }
        for name, template in templates.items()
        for step in template.subtasks
        for position, item in enumerate(step.items)
    ]
    columns = ("template", "subtask", "key", "position", "label", "labels", "type", "field", "status")
    items = pd.DataFrame(rows, columns=list(columns))
    return items.astype({c: frames.TEXT for c in columns if c != "position"})


def days_of_steps(steps: pd.DataFrame, templates: Mapping[str, Template], as_of: date) -> pd.DataFrame:
    """Compute the send day and the due date of each sub-task of a new task.

    Args:
        steps: one row per task × sub-task, with the task's schedule, anchor_on, planned_on and due_on.
        templates: by name; a schedule's anchor decides on which day the work starts.
        as_of: the date on which the task is created.

    Returns:
        The same rows with send_on, and due_on now the sub-task's own; NaT if the template gives none.
    """
    names = steps["template"] + "/" + steps["schedule"]
    own = [f"{name}/{s.key}" for name, t in templates.items() for s in t.schedules if s.anchor in (START, PERIOD)]
    # Recurring work starts on its own date (A4); for a due or expiry date, work starts on the planning date.
    starts = steps["anchor_on"].where(names.isin(own), steps["planned_on"])
    today = pd.Series(pd.Timestamp(as_of), index=steps.index, dtype=frames.DATE)
    counted = {"due": steps["due_on"], "start": starts, "creation": today}
    base = pd.Series(pd.NaT, index=steps.index, dtype=frames.DATE)
    for name, days in counted.items():
        base = base.mask(steps["send_from"] == name, days)
    own_days = {
        "send_on": base + pd.to_timedelta(steps["offset_days"], unit="D"),
        "due_on": steps["due_on"] + pd.to_timedelta(steps["due_offset_days"], unit="D"),
    }
    return steps.assign(**own_days).astype(dict.fromkeys(own_days, frames.DATE))
