"""What came: a receipt to the client, and a list to the owner, once a day each.

Only for answers on the client's page: what a person of the firm records or imports needs no receipt. A day is told of
when it is over, so that there is one message for all of it.
May touch: sql, tasks/mail. Tests: tests/integration/requests/test_received.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from sql.store import Store, iso
from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.languages import stored_label_in
from tasks.domain.definitions.template import Template
from tasks.domain.mail.decide import silence_reason
from tasks.domain.mail.keys import RELATION, USER
from tasks.domain.reasons import Reason
from tasks.domain.scope import EVERYTHING, Scope
from tasks.mail.due import DUE_COLUMNS
from tasks.mail.render import Renderer

CAUSE = "received"
MESSAGES = {RELATION: "received", USER: "answers_received"}
DAYS_REPORTED = 7  # after a longer outage, older answers are in the overview only


@dataclass(frozen=True)
class ReceivedMessages:
    """The provider of receipts and of lists of what came.

    Attributes:
        templates: by name.
        renderer: for the firm's messages.
        quiet: the calendar of days on which messages may be sent.
    """

    templates: Mapping[str, Template]
    renderer: Renderer
    quiet: Workdays

    def due(self, store: Store, as_of: date, scope: Scope = EVERYTHING) -> Iterator[pd.DataFrame]:
        """See tasks.mail.due.DueProvider."""
        if scope.task_id is not None or scope.schedule is not None:
            return
        since = iso(as_of - timedelta(days=DAYS_REPORTED))
        items = scope.of(store.read("received_items", as_of=iso(as_of), since=since))
        if items.empty:
            return
        receipts = store.read("known_receipts", since=since)
        known = {
            (row["cause_id"], row["step"], row["recipient_kind"]): (row["message_status"], row["message_reason"])
            for row in receipts.to_dict("records")
        }
        send_on = self.quiet.roll(frames.dates(pd.Series([as_of])), "next").iloc[0]
        items = items.assign(
            silence=silence_reason(items.assign(task_status="open", is_without_recipient=False), self.templates)
        )
        rows = [
            *(self._receipt(group, send_on) for _, group in items.groupby(["recipient_id", "answered_on"], sort=False)),
            *(self._list(group, send_on) for _, group in _of_owners(items).groupby(["owner_id", "answered_on"])),
        ]
        wanted = [row for row in rows if _is_open(row, known)]
        if wanted:
            yield _framed(wanted, known)

    def _receipt(self, items: pd.DataFrame, send_on: Any) -> dict[str, Any]:
        first = items.iloc[0]
        said = [self._item(item, first["language"]) for item in items.to_dict("records")]
        merge = {
            "relation": {"name": first["name"], "relation_id": first["recipient_id"], "email": first["email"]},
            "owner": {key: first[f"owner_{key}"] for key in ("first_name", "last_name", "email")},
            "received": {"on": first["answered_on"].date(), "answers": said},
        }
        return _row(first, RELATION, first["recipient_id"], send_on) | {
            "email": first["email"],
            "language": first["language"],
            "reason": first["silence"],
            "merge": _without_missing(merge),
        }

    def _list(self, items: pd.DataFrame, send_on: Any) -> dict[str, Any]:
        first, language = items.iloc[0], self.renderer.firm_language
        said = [self._item(i, language) | {"relation": i["relation_name"]} for i in items.to_dict("records")]
        merge = {
            "owner": {key: first[f"owner_{key}"] for key in ("first_name", "last_name", "email")},
            "received": {"on": first["answered_on"].date(), "answers": said},
        }
        is_silent = isinstance(first["owner_suppression"], str)
        return _row(first, USER, first["owner_id"], send_on) | {
            "email": first["owner_email"],
            "language": language,
            "reason": Reason(first["owner_suppression"]).value if is_silent else None,
            "merge": _without_missing(merge),
        }

    def _item(self, item: Mapping[Any, Any], language: object) -> dict[str, Any]:
        chosen = language if isinstance(language, str) else None
        firm = self.renderer.firm_language
        of = "step" if isinstance(item["step_label"], str) else "task"
        request = stored_label_in(_text(item[f"{of}_label"]), _text(item[f"{of}_labels"]), chosen, firm)
        label = stored_label_in(_text(item["item_label"]), _text(item["item_labels"]), chosen, firm)
        return {"label": label, "request": request}


def _of_owners(items: pd.DataFrame) -> pd.DataFrame:
    """What came for each owner: an item once, however many were asked for it."""
    owned = items.loc[items["owner_id"].notna() & items["owner_email"].notna()]
    return owned.drop_duplicates(["task_id", "step", "item_label", "answered_on"])


def _row(first: Any, recipient_kind: str, recipient_id: str, send_on: Any) -> dict[str, Any]:
    return {
        "cause_kind": CAUSE,
        "cause_id": recipient_id,
        "step": first["answered_on"].date().isoformat(),
        "cycle": 0,
        "sequence": 0,
        "recipient_kind": recipient_kind,
        "recipient_id": recipient_id,
        "message": MESSAGES[recipient_kind],
        "send_on": send_on,
    }


def _is_open(row: Mapping[str, Any], known: Mapping[tuple[str, str, str], tuple[str, Any]]) -> bool:
    found = known.get((row["cause_id"], row["step"], row["recipient_kind"]))
    return found is None or found[0] == "suppressed"


def _framed(rows: list[dict[str, Any]], known: Mapping[tuple[str, str, str], tuple[str, Any]]) -> pd.DataFrame:
    keys = [(r["cause_id"], r["step"], r["recipient_kind"]) for r in rows]
    reasons = pd.Series([known.get(key, (None, None))[1] for key in keys], dtype=frames.TEXT)
    texts = ("email", "language", "reason")
    frame = pd.DataFrame(rows).assign(known_reason=reasons)
    typed = frame.assign(send_on=frames.dates(frame["send_on"])).astype(dict.fromkeys(texts, frames.TEXT))
    return typed[list(DUE_COLUMNS)]


def _without_missing(merge: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        name: {k: v for k, v in fields.items() if not (isinstance(v, float) and pd.isna(v))}
        for name, fields in merge.items()
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
