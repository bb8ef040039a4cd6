"""Compose: turns due messages into rendered messages in the outbox.

Law: every due mail is in exactly one message, or has a reason (M6).
May touch: sql, tasks/mail. Tests: tests/integration/mail/test_outbox.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import text

from sql import schema
from sql.bulk import staged
from sql.store import Store, query
from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.languages import stored_label_in
from tasks.domain.definitions.template import Template
from tasks.domain.mail.decide import decide_mails, merge_requests
from tasks.domain.reasons import RETRIED, Reason
from tasks.domain.scope import EVERYTHING, Scope
from tasks.mail.due import extract_due_items, extract_due_mails
from tasks.mail.render import MergeFieldMissing, Renderer, UnsafeMail

MESSAGES = (
    "task_id",
    "subtask",
    "sequence",
    "recipient_id",
    "email",
    "language",
    "subject",
    "body_text",
    "body_html",
    "send_on",
    "status",
    "reason",
    "merged_into_task_id",
)
RELATIONS_A_CHUNK = 2_000  # a rendered message takes seven kilobytes before it is in the outbox


@dataclass(frozen=True)
class Composed:
    """The outcome of due messages: created + dropped = due, apart from those that did not change."""

    due: int = 0
    created: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)


def compose(
    store: Store,
    renderer: Renderer,
    templates: Mapping[str, Template],
    *,
    quiet: Workdays,
    too_late_days: int,
    as_of: date,
    scope: Scope = EVERYTHING,
) -> Composed:
    """Render every due message into the outbox, or record why it is not sent.

    Args:
        store: the database.
        renderer: for the firm's messages.
        templates: by name.
        quiet: the calendar of days on which messages may be sent.
        too_late_days: M3.
        as_of: today.
        scope: what to compose for.
    """
    due = extract_due_mails(store, as_of, scope)
    items = extract_due_items(store, as_of)
    waiting_before = _count_superseded(store)
    created, superseded, dropped = 0, 0, Counter[Any]()
    for chunk in _by_relations(due):
        decided = merge_requests(decide_mails(chunk, templates, quiet, too_late_days, as_of), as_of)
        messages = render_mails(decided, items.loc[items["task_id"].isin(chunk["task_id"])], renderer)
        # Nothing changes for a message already stopped for the same reason, unless another one now carries it.
        known = chunk["message_status"].notna() & (chunk["message_reason"] == messages["reason"])
        known &= messages["merged_into_task_id"].isna()
        news = messages.loc[~known]
        _write(store, news)
        created += int((news["status"] == "pending").sum())
        superseded += int(((news["status"] == "cancelled") & (news["reason"] == Reason.SUPERSEDED.value)).sum())
        dropped.update(news["reason"].dropna())
    # Even if nothing is due: an earlier run may have died between two chunks.
    with store.begin() as connection:
        connection.execute(text(query("supersede_waiting")))
        connection.execute(text(query("skip_subtasks")))
    overtaken = _count_superseded(store) - waiting_before - superseded
    if overtaken:
        dropped[Reason.SUPERSEDED] += overtaken
    return Composed(len(due), created, {str(k): v for k, v in dropped.items()})


def _by_relations(due: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Due messages in chunks that fit into memory once rendered; those of one relation stay together (M2, P4)."""
    numbers = pd.factorize(due["relation_id"])[0] // RELATIONS_A_CHUNK
    for _, chunk in due.groupby(numbers, sort=False):
        yield chunk.reset_index(drop=True)


def _write(store: Store, news: pd.DataFrame) -> None:
    with store.begin() as connection, staged(connection, schema.messages, news[list(MESSAGES)]):
        connection.execute(text(query("upsert_messages")))
        if news["merged_into_task_id"].notna().any():
            connection.execute(text(query("mark_merged_messages")))


def render_mails(decided: pd.DataFrame, items: pd.DataFrame, renderer: Renderer) -> pd.DataFrame:
    """One message per decided row; a row whose merge field is missing gets that reason and no text.

    Args:
        decided: from `decide_mails` and `merge_requests`.
        items: what their requests still ask for, one row per item.
        renderer: for the firm's messages.
    """
    asked: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for item in items.to_dict("records"):
        asked[item["task_id"], item["subtask"]].append({n: item[n] for n in ("key", "label", "labels", "type")})
    mails = decided.to_dict("records")
    carried = _carried(mails)
    rows = []
    for mail in mails:
        others = carried.get((mail["task_id"], mail["subtask"]), [])
        own = _in_language(mail, asked[mail["task_id"], mail["subtask"]], renderer)
        rows.append(_message(mail, _listed([*others, mail], asked, renderer) if others else own, renderer))
    messages = pd.DataFrame(rows, columns=list(MESSAGES))
    numbers = ("task_id", "sequence", "merged_into_task_id", "send_on")
    text_columns = [c for c in MESSAGES if c not in numbers]
    types: dict[str, Any] = dict.fromkeys(text_columns, frames.TEXT)
    return messages.astype(types | {"send_on": frames.DATE, "merged_into_task_id": "Int64"})


def _carried(mails: Sequence[Mapping[Any, Any]]) -> dict[tuple[int, str], list[Mapping[Any, Any]]]:
    """The messages carried by another one, by its task and sub-task; earliest due date first."""
    carried: dict[tuple[int, str], list[Mapping[Any, Any]]] = defaultdict(list)
    for mail in sorted(mails, key=lambda mail: (mail["due_on"], mail["task_id"])):
        if pd.notna(mail["merged_into_task_id"]):
            carried[int(mail["merged_into_task_id"]), mail["subtask"]].append(mail)
    return carried


def _listed(
    mails: Sequence[Mapping[Any, Any]], asked: Mapping[tuple[int, str], list[dict[str, Any]]], renderer: Renderer
) -> list[dict[str, Any]]:
    """Requested items of several periods, each with its period's due date; a request without items gives its name."""
    listed = []
    for mail in mails:
        day = renderer.long_date(mail["message"], _text(mail["language"]), mail["due_on"].date())
        of = "step" if _text(mail["step_label"]) else "task"
        name = {"label": mail[f"{of}_label"], "labels": mail[f"{of}_labels"]}
        own = asked.get((mail["task_id"], mail["subtask"])) or [{"key": mail["subtask"], "type": "text"} | name]
        listed += [item | {"label": f"{item['label']} ({day})"} for item in _in_language(mail, own, renderer)]
    return listed


def _in_language(
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


def _message(mail: Mapping[Any, Any], items: list[dict[str, Any]], renderer: Renderer) -> dict[str, object]:
    message: dict[str, object] = {
        "task_id": mail["task_id"],
        "subtask": mail["subtask"],
        "sequence": 0,
        "recipient_id": mail["relation_id"],
        "email": mail["email"],
        "send_on": mail["send_on"],
        "status": "pending",
        "merged_into_task_id": mail["merged_into_task_id"],
    }
    reason = mail["reason"] if isinstance(mail["reason"], str) else None
    if reason is None:
        try:
            merge = merge_fields(mail, items, renderer.firm_language)
            rendered = renderer.render(mail["message"], _text(mail["language"]), merge)
            return message | vars(rendered)
        except MergeFieldMissing:
            reason = Reason.MISSING_FIELD.value
        except UnsafeMail:
            reason = Reason.INVALID_FIELD.value
    waits = reason in RETRIED or pd.notna(mail["merged_into_task_id"])
    return message | {"status": "suppressed" if waits else "cancelled", "reason": reason}


def merge_fields(
    mail: Mapping[Any, Any], items: list[dict[str, Any]], firm_language: str
) -> dict[str, dict[str, object]]:
    """The merge fields of a message: its relation, company, owner, task, mission and request (M8).

    `task.is_overdue` is as of the message's send day. Labels are in the relation's language, if the firm wrote them in
    that language (K3).
    """
    language = _text(mail["language"])

    def label(text: object, texts: object) -> str | None:
        return stored_label_in(_text(text), _text(texts), language, firm_language)

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
        "request": {"label": label(mail["step_label"], mail["step_labels"]), "open_items": items or None}
        if mail["kind"] == "request"
        else {},
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _count_superseded(store: Store) -> int:
    return int(store.read("count_superseded")["n"].iloc[0])
