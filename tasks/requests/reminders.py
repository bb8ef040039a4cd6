"""Reminders: the messages of requests that are not answered yet (M4, R1, R3), and of returned answers (R4).

At most one message per request and run. A reminder is never too late: it counts from the real sending of the one
before, lists what is open now, and after missed nights there is one, not several.
May touch: sql, tasks/mail. Tests: tests/integration/requests/test_reminders.py.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, iso, query
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.request import MOST_REMINDERS
from tasks.domain.definitions.template import Template
from tasks.domain.mail.keys import TASK
from tasks.domain.requests.decide import WEEK, Restraint, decide_reminders
from tasks.domain.scope import EVERYTHING, Scope
from tasks.mail.due import DUE_COLUMNS
from tasks.mail.render import Renderer
from tasks.mail.task_messages import items_in_language, merge_fields
from tasks.requests.pauses import paused_until

KEY = ("task_id", "step", "recipient_id")
REQUESTS_A_CHUNK = 5_000  # a rendered message takes seven kilobytes before it is in the outbox


@dataclass(frozen=True)
class ReminderMessages:
    """The provider of reminders.

    Attributes:
        templates: by name.
        renderer: for the firm's messages.
        quiet: the calendar of days on which messages may be sent.
        step: the request to remind now, of the task that the scope names; None for all that are due.
        is_by_hand: whether a person ordered it; it leaves on a quiet day, too.
        max_per_week: of reminders to one recipient; 0: no limit (K2).
    """

    templates: Mapping[str, Template]
    renderer: Renderer
    quiet: Workdays
    step: str | None = None
    is_by_hand: bool = False
    max_per_week: int = 0

    def due(self, store: Store, as_of: date, scope: Scope = EVERYTHING) -> Iterator[pd.DataFrame]:
        """See tasks.mail.due.DueProvider."""
        if self.step is None and scope.task_id is not None:
            return
        template, schedule = scope.schedule_key
        found = store.read(
            "due_reminders",
            as_of=iso(as_of),
            template=template,
            schedule=schedule,
            task_id=scope.task_id,
            step=self.step,
            most_reminders=MOST_REMINDERS,
        )
        decided = decide_reminders(
            scope.of(found),
            self.templates,
            self.quiet,
            as_of,
            restraint=self._restraint(store, as_of),
            is_by_hand=self.is_by_hand,
        )
        known = decided["message_reason"].where(decided["message_status"].notna())
        keyed = decided.assign(
            cause_kind=TASK, cause_id=decided["task_id"].astype(str), recipient_kind="relation", known_reason=known
        )
        for start in range(0, len(keyed), REQUESTS_A_CHUNK):
            yield self._with_texts(store, keyed.iloc[start : start + REQUESTS_A_CHUNK], as_of)

    def _with_texts(self, store: Store, decided: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """Add what the messages say, read for this chunk only."""
        said = reminder_facts(store, decided)
        own = [name for name in said.columns if name in KEY or name not in decided.columns]
        whole = decided.merge(said[own], on=list(KEY), how="left", validate="many_to_one")
        return whole.assign(merge=self._merges(store, whole, as_of))[list(DUE_COLUMNS)]

    def _restraint(self, store: Store, as_of: date) -> Restraint:
        pauses = paused_until(store, as_of)
        if not self.max_per_week:
            return Restraint(pauses)
        recent = store.read("recent_reminders", after=iso(as_of - timedelta(days=WEEK)))
        return Restraint(pauses, recent, self.max_per_week)

    def _merges(self, store: Store, decided: pd.DataFrame, as_of: date) -> pd.Series:
        """The merge fields of each message that is sent; a return lists its items with the reasons."""
        asked: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
        for item in wanted_items(store, decided, as_of).to_dict("records"):
            asked[item["task_id"], item["subtask"]].append({str(name): value for name, value in item.items()})
        merges: list[dict[str, dict[str, object]] | None] = []
        for mail in decided.to_dict("records"):
            if isinstance(mail["reason"], str):
                merges.append(None)
                continue
            items = asked[mail["task_id"], mail["step"]]
            shown = items_in_language(mail, items, self.renderer)
            notes = [{"note": i["note"] if isinstance(i["note"], str) else None} for i in items]
            whole = [item | note for item, note in zip(shown, notes, strict=True)]
            merges.append(merge_fields(mail, whole, self.renderer))
        return pd.Series(merges, index=decided.index, dtype=object)


def reminder_facts(store: Store, requests: pd.DataFrame) -> pd.DataFrame:
    """One row per recipient of these requests (task_id, step), with the merge fields of its message."""
    keys = requests[["task_id", "step"]].rename(columns={"step": "key"}).drop_duplicates()
    with store.begin(only_reads=True) as connection, staged(connection, schema.follow_up_subtasks, keys):
        return read_frame(connection, query("reminder_facts"), {})


def wanted_items(store: Store, requests: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """One row per item that these requests (task_id, step) still ask for today."""
    keys = requests[["task_id", "step"]].rename(columns={"step": "key"}).drop_duplicates()
    with store.begin(only_reads=True) as connection, staged(connection, schema.follow_up_subtasks, keys):
        return read_frame(connection, query("wanted_items"), {"as_of": iso(as_of)})
