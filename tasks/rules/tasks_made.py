"""A task that a rule makes for the client whom a record is about.

May touch: sql, tasks/planning/materialise.py. Tests: tests/integration/rules/test_act.py, on both databases.
"""

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection

from tasks.domain import frames
from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.template import Template
from tasks.domain.reasons import Reason
from tasks.planning.materialise import make_tasks
from tasks.rules.mails import CannotMail
from tasks.rules.records import people_of
from tasks.rules.saves import Save


def make_task(connection: Connection, template: Template, firm: Firm, save: Save, act_id: int) -> None:
    """Make a task of a template, due on the day of an activity's start, else on the day of the save.

    Raises:
        CannotMail: the record names no client.
    """
    client, _ = people_of(connection, save.kind, dict(save.record))
    if client is None:
        raise CannotMail(Reason.NO_RECIPIENT, f"template {template.template}: the record names no contact")
    today = save.now.astimezone(firm.zone).date()
    start = save.record.get("starts_at")
    due_on = start.date() if isinstance(start, datetime) else today
    make_tasks(
        connection,
        _row(template.template, client, f"rule-{act_id}", today=today, due_on=due_on),
        {template.template: template},
        as_of=today,
        language=firm.language,
        automators=firm.automators,
    )


def _row(template: str, relation_id: str, schedule: str, *, today: date, due_on: date) -> pd.DataFrame:
    """A follow-up as planning gives it, under a key of the act's own: nothing makes it twice (P2)."""
    texts = {"relation_id": relation_id, "template": template, "schedule": schedule, "mission_id": ""}
    texts |= {"occurrence": due_on.isoformat()}
    row = pd.DataFrame({name: pd.Series([text], dtype=frames.TEXT) for name, text in texts.items()})
    days = {
        name: pd.Series([pd.Timestamp(day)], dtype=frames.DATE)
        for name, day in {"anchor_on": due_on, "planned_on": today, "due_on": due_on}.items()
    }
    return row.assign(period=pd.Series([None], dtype="Int64"), reason=pd.Series([None], dtype=frames.TEXT), **days)
