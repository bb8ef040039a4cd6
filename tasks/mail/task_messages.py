"""Due messages of tasks: the sub-tasks whose send day has come, with the facts that decide on them and what they say.

May touch: sql, tasks/mail. Tests: tests/integration/mail/test_outbox.py, tests/integration/planning/test_stages.py.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from sql.store import Store, iso
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.languages import stored_label_in
from tasks.domain.definitions.template import Template
from tasks.domain.mail.decide import decide_mails
from tasks.domain.scope import EVERYTHING, Scope
from tasks.mail.due import DUE_COLUMNS
from tasks.mail.render import Renderer

RELATIONS_A_CHUNK = 2_000  # a rendered message takes seven kilobytes before it is in the outbox


@dataclass(frozen=True)
class TaskMessages:
    """The provider for tasks.

    Attributes:
        templates: by name.
        renderer: for the firm's messages.
        quiet: the calendar of days on which messages may be sent.
        too_late_days: M3.
    """

    templates: Mapping[str, Template]
    renderer: Renderer
    quiet: Workdays
    too_late_days: int

    def due(self, store: Store, as_of: date, scope: Scope = EVERYTHING) -> Iterator[pd.DataFrame]:
        """See tasks.mail.due.DueProvider; messages of one relation stay together (M2)."""
        mails = extract_due_mails(store, as_of, scope)
        items = store.read("due_items", as_of=iso(as_of))
        numbers = pd.factorize(mails["relation_id"])[0] // RELATIONS_A_CHUNK
        for _, chunk in mails.groupby(numbers, sort=False):
            decided = decide_mails(chunk.reset_index(drop=True), self.templates, self.quiet, self.too_late_days, as_of)
            merge = _merges(decided, items.loc[items["task_id"].isin(chunk["task_id"])], self.renderer)
            known = decided["message_reason"].where(decided["message_status"].notna())
            yield decided.assign(merge=merge, known_reason=known)[list(DUE_COLUMNS)]


def extract_due_mails(store: Store, as_of: date, scope: Scope = EVERYTHING) -> pd.DataFrame:
    """One row per message of the scope whose send day has come, with its merge fields."""
    template, schedule = scope.schedule_key
    due = store.read("due_mails", as_of=iso(as_of), template=template, schedule=schedule, task_id=scope.task_id)
    # Whoever was chosen later is asked from that day on (R6).
    days = {name: due[[name, "added_on"]].max(axis=1) for name in ("raw_send_on", "created_on")}
    return scope.of(due.assign(**days))


def _merges(decided: pd.DataFrame, items: pd.DataFrame, renderer: Renderer) -> pd.Series:
    """The merge fields of each message that is sent.

    Args:
        decided: from `decide_mails`.
        items: what their requests still ask for, one row per item.
        renderer: for the firm's language, and for dates in words.
    """
    asked: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for item in items.to_dict("records"):
        asked[item["task_id"], item["subtask"]].append({n: item[n] for n in ("key", "label", "labels", "type")})
    merges: list[dict[str, dict[str, object]] | None] = []
    for mail in decided.to_dict("records"):
        if isinstance(mail["reason"], str):
            merges.append(None)
            continue
        shown = items_in_language(mail, asked[mail["task_id"], mail["step"]], renderer)
        merges.append(merge_fields(mail, shown, renderer))
    return pd.Series(merges, index=decided.index, dtype=object)


def items_in_language(
    mail: Mapping[Any, Any], items: Sequence[Mapping[str, Any]], renderer: Renderer
) -> list[dict[str, Any]]:
    """Items with their labels in the language of the message's relation (K3)."""
    language, firm = _text(mail["language"]), renderer.firm_language
    return [
        {
            "key": i["key"],
            "type": i["type"],
            "label": stored_label_in(_text(i["label"]), _text(i["labels"]), language, firm),
        }
        for i in items
    ]


def merge_fields(
    mail: Mapping[Any, Any], items: list[dict[str, Any]], renderer: Renderer
) -> dict[str, dict[str, object]]:
    """The merge fields of a message: its relation, company, owner, task, mission and request (M8).

    `task.is_overdue` is as of the message's send day. Labels are in the relation's language, if the firm wrote them in
    that language (K3).
    """
    language = _text(mail["language"])

    def label(text: object, texts: object) -> str | None:
        return stored_label_in(_text(text), _text(texts), language, renderer.firm_language)

    return {
        "relation": {key: _text(mail[key]) for key in ("relation_id", "name", "email", "type")},
        "company": {"name": _text(mail["company_name"])},
        "owner": {key: _text(mail[f"owner_{key}"]) for key in ("first_name", "last_name", "email")},
        "task": {
            "label": label(mail["task_label"], mail["task_labels"]),
            "due_on": mail["due_on"].date(),
            "anchor_on": mail["anchor_on"].date() if pd.notna(mail["anchor_on"]) else None,
            "is_overdue": mail["due_on"] < mail["send_on"],
        },
        "mission": {"name": _text(mail["mission_name"])},
        # A task is internal to the firm; of a request, the client sees its name and its items (M8).
        "request": {
            "label": label(mail["step_label"], mail["step_labels"]),
            "open_items": items or None,
            "received": mail.get("received_items") or None,
            "total": mail.get("total_items") or None,
            "link": renderer.page_link,
        }
        if mail["kind"] == "request"
        else {},
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
