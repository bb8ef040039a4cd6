"""The sub-tasks and items of a new task, and the days on which each is due or sent (T3, A4).

May touch: pandas. Tests: tests/integration/planning/test_schedules.py.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from tasks.domain import frames
from tasks.domain.definitions.firm import Automators
from tasks.domain.definitions.languages import label_in, stored_labels, stored_options
from tasks.domain.definitions.template import PERIOD, START, Subtask, Template

NO_AUTOMATORS = Automators()

NUMBERS = ("offset_days", "due_offset_days", "remind_every_days", "remind_max")


def steps_of(templates: Mapping[str, Template], language: str, automators: Automators = NO_AUTOMATORS) -> pd.DataFrame:
    """The sub-tasks of every template, in order; one row per template × sub-task.

    Args:
        templates: by name.
        language: the firm's.
        automators: the firm's statuses after a request's events, where the request names none.
    """
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
            "recipients": step.recipients if step.recipients != "relation" else None,
            "status": "open",
        }
        | _reminders(step)
        | {name: (getattr(step, name) or firm) if step.kind == "request" else None for name, firm in automators}
        for name, template in templates.items()
        for position, step in enumerate(template.subtasks)
    ]
    steps = pd.DataFrame(rows)
    texts = [name for name in steps.columns if name not in (*NUMBERS, "position")]
    return steps.astype(dict.fromkeys(texts, frames.TEXT) | dict.fromkeys(NUMBERS, "float64"))


def _reminders(step: Subtask) -> dict[str, object]:
    rhythm = step.reminders
    return {
        "remind_every_days": rhythm.every_days if rhythm else None,
        "remind_max": rhythm.max if rhythm else None,
        "remind_message": rhythm.message if rhythm else None,
        "remind_message_started": rhythm.started if rhythm else None,
    }


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
            "is_optional": not item.required,
            "is_reviewed": item.review == "owner" or item.is_sensitive,
            "is_expiry_asked": item.expires == "ask",
            "options": stored_options(item.options, language),
            "check_name": item.check,
            "help": None if item.help is None else label_in(item.help, None, language),
            "helps": stored_labels(item.help),
            "min_files": item.min_files,
            "max_files": item.max_files,
            "accept": " ".join(item.accept) or None,
            "due_offset_days": item.due_offset_days,
        }
        for name, template in templates.items()
        for step in template.subtasks
        for position, item in enumerate(step.items)
    ]
    flags = ("is_optional", "is_reviewed", "is_expiry_asked")
    numbers = ("position", "min_files", "max_files", "due_offset_days")
    items = pd.DataFrame(rows, columns=[*ITEM_TEXTS, *flags, *numbers])
    types = dict.fromkeys(ITEM_TEXTS, frames.TEXT) | dict.fromkeys(flags, "bool") | dict.fromkeys(numbers, "float64")
    return items.astype(types)


ITEM_TEXTS = (
    "template",
    "subtask",
    "key",
    "label",
    "labels",
    "type",
    "field",
    "status",
    "options",
    "check_name",
    "help",
    "helps",
    "accept",
)


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
