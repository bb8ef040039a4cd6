"""Compose: turns due messages of every cause into rendered messages in the outbox.

Law: every due mail is in exactly one message, or has a reason (M6).
May touch: sql, tasks/mail. Tests: tests/integration/mail/test_outbox.py, tests/integration/mail/test_providers.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import text

from sql import schema
from sql.bulk import staged
from sql.store import Store, query
from tasks.domain import frames
from tasks.domain.mail.keys import MESSAGE_KEY
from tasks.domain.reasons import DEFERRING, RETRIED, Reason
from tasks.domain.scope import EVERYTHING, Scope
from tasks.mail.due import DueProvider
from tasks.mail.render import MergeFieldMissing, Renderer, UnsafeMail

RENDERED = ("language", "subject", "body_text", "body_html")
MESSAGES = (*MESSAGE_KEY, "email", *RENDERED, "send_on", "status", "reason")
NOT_TEXT: dict[str, Any] = {"cycle": "int64", "sequence": "int64", "send_on": frames.DATE}
TYPES: dict[str, Any] = dict.fromkeys(MESSAGES, frames.TEXT) | NOT_TEXT


@dataclass(frozen=True)
class Composed:
    """The outcome of due messages: created + dropped = due, apart from those that did not change."""

    due: int = 0
    created: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)


def compose(
    store: Store,
    renderer: Renderer,
    providers: Sequence[DueProvider],
    *,
    as_of: date,
    scope: Scope = EVERYTHING,
) -> Composed:
    """Render every due message into the outbox, or record why it is not sent.

    Each chunk is committed by itself: if the process dies, the next run composes the rest.

    Args:
        store: the database.
        renderer: for the firm's messages.
        providers: find what is due, one per kind of cause.
        as_of: today.
        scope: what to compose for.
    """
    waiting_before = _count_superseded(store)
    due, created, superseded, dropped = 0, 0, 0, Counter[Any]()
    for provider in providers:
        for chunk in provider.due(store, as_of, scope):
            messages = render(chunk, renderer)
            # Nothing changes for a message already stopped for the same reason.
            news = messages.loc[~(chunk["known_reason"] == messages["reason"]).fillna(False)]
            _write(store, news)
            due += len(chunk)
            created += int((news["status"] == "pending").sum())
            superseded += int(((news["status"] == "cancelled") & (news["reason"] == Reason.SUPERSEDED.value)).sum())
            dropped.update(news.loc[~news["reason"].isin(list(DEFERRING)), "reason"].dropna())
    # Even if nothing is due: an earlier run may have died between two chunks.
    with store.begin() as connection:
        connection.execute(text(query("supersede_waiting")))
        connection.execute(text(query("skip_subtasks")))
    overtaken = _count_superseded(store) - waiting_before - superseded
    if overtaken:
        dropped[Reason.SUPERSEDED] += overtaken
    return Composed(due, created, {str(k): v for k, v in dropped.items()})


def _write(store: Store, news: pd.DataFrame) -> None:
    with store.begin() as connection, staged(connection, schema.messages, news):
        connection.execute(text(query("upsert_messages")))


def render(due: pd.DataFrame, renderer: Renderer) -> pd.DataFrame:
    """One message per due row; a row whose merge field is missing gets that reason and no text.

    Args:
        due: a provider's frame (tasks.mail.due.DUE_COLUMNS).
        renderer: for the firm's messages.
    """
    rows = [_message(mail, renderer) for mail in due.to_dict("records")]
    return pd.DataFrame(rows, columns=list(MESSAGES), index=due.index).astype(TYPES)


def _message(mail: Mapping[Any, Any], renderer: Renderer) -> dict[str, object]:
    kept = (*MESSAGE_KEY, "email", "send_on")
    message = {name: mail[name] for name in kept} | {"status": "pending"}
    reason = mail["reason"] if isinstance(mail["reason"], str) else None
    if reason is None:
        try:
            language = mail["language"] if isinstance(mail["language"], str) else None
            return message | vars(renderer.render(mail["message"], language, mail["merge"]))
        except MergeFieldMissing:
            reason = Reason.MISSING_FIELD.value
        except UnsafeMail:
            reason = Reason.INVALID_FIELD.value
    return message | {"status": "suppressed" if reason in RETRIED else "cancelled", "reason": reason}


def _count_superseded(store: Store) -> int:
    return int(store.read("count_superseded")["n"].iloc[0])
