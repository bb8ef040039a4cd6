"""Deliver: the outbox to receipts, in one process (O5).

Law: a claim is committed before anything leaves (O1); the facts are read again after the claim (M5); nothing
whose fate is unknown is repeated.
May touch: sql, tasks/mail. Tests: tests/integration/test_rooms.py, tests/integration/test_outbox.py.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import bindparam, text, update

from sql import schema
from sql.store import Store, query
from tasks.attempts import NOBODY, AttemptLedger, recover
from tasks.domain.definitions import Template
from tasks.domain.mails import is_too_late, silence_reason
from tasks.domain.reasons import CURABLE, Reason
from tasks.fence import Canceller, fence
from tasks.mail.render import Renderer
from tasks.mail.transport import Letter, Outcome, Receipt, Transport

DROPPED = ("suppressed", "cancelled", "rejected")
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
        service: the mail service behind the transport, where what was handed over can be taken back (O3).
    """

    transport: Transport
    renderer: Renderer
    zone: ZoneInfo
    send_hour: time
    too_late_days: int
    service: Canceller | None = None


def deliver(
    store: Store,
    post: Post,
    templates: Mapping[str, Template],
    as_of: date,
    clock: Callable[[], datetime],
    claim: str,
    task_id: int | None = None,
) -> Delivered:
    """Send every message whose day has come.

    Args:
        store: the database.
        post: how.
        templates: by name, for P7.
        as_of: today.
        clock: gives the instant, UTC.
        claim: a name that no other dispatch has; what it claims is its own.
        task_id: the task whose messages leave alone.

    Raises:
        tasks.mail.transport.TransportError: nothing can leave; what was claimed is queued again.
    """
    ledger = AttemptLedger(store, claim, clock)
    if not post.transport.may_repeat:
        recover(store, clock())
        if post.service is not None:
            fence(store, post.service, clock)
    tally: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    after = 0
    try:
        while True:
            ledger.claim_messages(post.transport.may_repeat, MAILS_A_BATCH, after, as_of, task_id)
            claimed = store.read("claimed_messages", claim=claim, after=after, batch=MAILS_A_BATCH)
            if claimed.empty:
                return Delivered(tally["sent"], tally["held"] + tally["unknown"], dict(dropped))
            after = int(claimed["message_id"].max())
            for outcome in _hand_over(claimed, post, templates, as_of, ledger):
                _record(store, ledger, outcome, claimed, clock())
                tally.update(r.status for r in outcome.receipts)
                dropped.update(str(r.reason) for r in outcome.receipts if r.status in DROPPED)
    finally:
        ledger.release()


def _hand_over(
    claimed: pd.DataFrame, post: Post, templates: Mapping[str, Template], as_of: date, ledger: AttemptLedger
) -> Iterator[Outcome]:
    """The claimed messages that must be silent, then what becomes of the others."""
    reasons = _reasons(claimed, templates, post.too_late_days, as_of)
    silent, leaving = claimed.loc[reasons.notna()], claimed.loc[reasons.isna()]
    yield Outcome([_silenced(i, r) for i, r in zip(silent["message_id"], reasons.dropna(), strict=True)])
    yield from post.transport.send([_letter(row, post) for row in leaving.to_dict("records")], ledger)


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


def _record(store: Store, ledger: AttemptLedger, outcome: Outcome, leaving: pd.DataFrame, now: datetime) -> None:
    """Write what became of letters, and the address each went to; nothing, where their attempt was fenced meanwhile."""
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
        for r in outcome.receipts
    ]
    mine = (messages.c.claimed_by == ledger.claim) & (messages.c.status == "sending")
    values: dict[str, Any] = {c: bindparam(c) for c in ("status", "reason", "sent_at", "email")} | NOBODY
    with store.begin() as connection:
        if not ledger.close(connection, outcome) or not rows:
            return
        connection.execute(
            update(messages).where(mine, messages.c.message_id == bindparam("b_id")).values(values), rows
        )
        moved = _moved_tasks(outcome.receipts, leaving)
        if moved:
            connection.execute(text(query("mark_sent_tasks")), moved)
        connection.execute(text(query("finish_subtasks")))
        connection.execute(text(query("skip_subtasks")))


def _moved_tasks(receipts: list[Receipt], leaving: pd.DataFrame) -> list[dict[str, Any]]:
    """The tasks whose request has just left and that take another status for it (`on_sent`)."""
    sent = [r.message_id for r in receipts if r.status == "sent"]
    moved = leaving.loc[leaving["message_id"].isin(sent) & leaving["on_sent"].notna(), ["task_id", "on_sent"]]
    return [{str(k): v for k, v in row.items()} for row in moved.to_dict("records")]
