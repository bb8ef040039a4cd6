"""Deliver: the outbox to receipts, in one process (O5).

Law: a claim is committed before anything leaves (O1); the facts are read again after the claim (M5); nothing
whose fate is unknown is repeated.
May touch: sql, tasks/mail. Tests: tests/integration/test_rooms.py, tests/integration/test_outbox.py.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import bindparam, text, update

from sql import schema
from sql.store import Store, iso, query
from tasks.domain.definitions import Template
from tasks.domain.mails import is_too_late, silence_reason
from tasks.domain.reasons import CURABLE, Reason
from tasks.mail.render import Renderer
from tasks.mail.transport import Letter, Receipt, Transport

MAILS_A_BATCH = 1000  # SendGrid v3 mail/send, personalizations.maxItems, read 2026-11; the folder has no limit


@dataclass(frozen=True)
class Delivered:
    """What became of the mails that were to leave."""

    sent: int = 0
    held: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Post:
    """How mails leave: the door, the words around them, and the hour.

    Attributes:
        transport: where to.
        renderer: puts the layout around each mail.
        zone, send_hour: mails leave at this local hour.
        too_late_days: M3.
    """

    transport: Transport
    renderer: Renderer
    zone: ZoneInfo
    send_hour: time
    too_late_days: int


def deliver(
    store: Store,
    post: Post,
    templates: Mapping[str, Template],
    as_of: date,
    now: datetime,
    claim: str,
    task_id: int | None = None,
) -> Delivered:
    """Send every message whose day has come.

    Args:
        store: the database.
        post: how.
        templates: by name, for P7.
        as_of: today.
        now: the instant, UTC, for the record.
        claim: a name that no other dispatch has; what it claims is its own.
        task_id: the task whose messages leave alone.

    Raises:
        tasks.mail.transport.TransportError: nothing can leave; what was claimed stays claimed.
    """
    tally: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    after = 0
    while True:
        claimed = _claim(store, post.transport.may_repeat, as_of, claim, after, task_id)
        if claimed.empty:
            return Delivered(tally["sent"], tally["held"] + tally["unknown"], dict(dropped))
        after = int(claimed["message_id"].max())
        reasons = _reasons(claimed, templates, post.too_late_days, as_of)
        silent, leaving = claimed.loc[reasons.notna()], claimed.loc[reasons.isna()]
        receipts = [_silenced(i, r) for i, r in zip(silent["message_id"], reasons.dropna(), strict=True)]
        receipts += post.transport.send([_letter(row, post) for row in leaving.to_dict("records")])
        _record(store, receipts, leaving, now, claim)
        tally.update(r.status for r in receipts)
        dropped.update(str(r.reason) for r in receipts if r.status in ("suppressed", "cancelled", "rejected"))


def _claim(store: Store, may_repeat: bool, as_of: date, claim: str, after: int, task_id: int | None) -> pd.DataFrame:
    window = {"claim": claim, "after": after, "batch": MAILS_A_BATCH}
    store.execute("claim_messages", may_repeat=may_repeat, as_of=iso(as_of), task_id=task_id, **window)
    return store.read("claimed_messages", **window)


def _reasons(claimed: pd.DataFrame, templates: Mapping[str, Template], too_late_days: int, as_of: date) -> pd.Series:
    late = is_too_late(claimed[["send_on", "created_on"]].max(axis=1), pd.Timestamp(as_of), too_late_days)
    return silence_reason(claimed, templates).mask(late, Reason.TOO_LATE.value)


def _silenced(message_id: int, reason: str) -> Receipt:
    return Receipt(message_id, "suppressed" if reason in CURABLE else "cancelled", reason)


def _letter(row: Mapping[object, object], post: Post) -> Letter:
    values = {str(k): v for k, v in row.items()}
    send_on = pd.Timestamp(str(values["send_on"])).date()
    language = str(values["mail_language"])
    return Letter(
        message_id=int(str(values["message_id"])),
        to_name=str(values["name"]),
        to_email=str(values["email"]),
        subject=str(values["subject"]),
        layout=post.renderer.layout(language),
        own_text=str(values["body_text"]).strip(),
        own_html=str(values["body_html"]),
        language=language,
        send_at=datetime.combine(send_on, post.send_hour, tzinfo=post.zone),
    )


def _record(store: Store, receipts: list[Receipt], leaving: pd.DataFrame, now: datetime, claim: str) -> None:
    """Write the receipts, and the address each mail went to."""
    if not receipts:
        return
    messages = schema.messages
    emails = dict(zip(leaving["message_id"].tolist(), leaving["email"], strict=True))
    rows = [
        {
            "b_id": int(r.message_id),
            "status": r.status,
            "reason": r.reason,
            "sent_at": now.replace(tzinfo=None) if r.status == "sent" else None,
            "email": emails.get(r.message_id),
        }
        for r in receipts
    ]
    this = (messages.c.message_id == bindparam("b_id")) & (messages.c.claimed_by == claim)
    values: dict[str, Any] = {c: bindparam(c) for c in ("status", "reason", "sent_at", "email")} | {"claimed_by": None}
    with store.begin() as connection:
        connection.execute(update(messages).where(this).values(values), rows)
        moved = _moved_tasks(receipts, leaving)
        if moved:
            connection.execute(text(query("mark_sent_tasks")), moved)
        connection.execute(text(query("finish_subtasks")))
        connection.execute(text(query("skip_subtasks")))


def _moved_tasks(receipts: list[Receipt], leaving: pd.DataFrame) -> list[dict[str, Any]]:
    """The tasks whose request has just left and that take another status for it (`on_sent`)."""
    sent = [r.message_id for r in receipts if r.status == "sent"]
    moved = leaving.loc[leaving["message_id"].isin(sent) & leaving["on_sent"].notna(), ["task_id", "on_sent"]]
    return [{str(k): v for k, v in row.items()} for row in moved.to_dict("records")]
