"""Deliver: sends the messages in the outbox and records the outcomes, in one process (O5).

Law: a claim is committed before anything is sent (O1); the facts are read again after the claim (M5); nothing
with an unknown outcome is sent again.
May touch: sql, tasks/mail. Tests: tests/integration/planning/test_stages.py, tests/integration/mail/test_outbox.py.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import and_, update

from sql import schema
from sql.store import Store, iso, plain
from tasks.domain.definitions.template import Template
from tasks.domain.mail.decide import is_too_late, silence_reason
from tasks.domain.reasons import DEFERRING, RETRIED, Reason
from tasks.domain.scope import EVERYTHING, Scope
from tasks.mail.delivery.attempts import NOBODY, AttemptLedger, recover
from tasks.mail.delivery.fence import fence
from tasks.mail.delivery.pauses import TooManyFailures, check_failures, ensure_not_paused, pause
from tasks.mail.delivery.recall import recall
from tasks.mail.delivery.recipients import current_address
from tasks.mail.delivery.status_changes import apply_status_changes
from tasks.mail.delivery.suppressions import sync_suppressions
from tasks.mail.delivery.trace import trace_by_events, trace_by_logs
from tasks.mail.placeholders import Filler, fill_placeholders
from tasks.mail.render import Renderer
from tasks.mail.transport.base import Outcome, OutgoingMessage, Receipt, Transport, TransportError
from tasks.mail.transport.service import MailService
from tasks.planning.close import close_finished

REMINDER_LEAD = timedelta(minutes=35)
DROPPED = ("suppressed", "cancelled", "rejected")
MAILS_A_BATCH = 1000  # SendGrid v3 mail/send, personalizations.maxItems, read 2026-11; the folder has no limit
WRITTEN_ON_A_LETTER = ("message_id", "name", "email", "subject", "body_text", "body_html", "mail_language", "send_on")


@dataclass(frozen=True)
class Delivered:
    """The outcome of a dispatch: messages by outcome, and tasks closed. `problem`: why the rest could not be sent."""

    sent: int = 0
    held: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None
    closed: int = 0


@dataclass(frozen=True)
class Outgoing:
    """How messages are sent: the transport, the renderer and the hour.

    Attributes:
        transport: sends the messages.
        renderer: adds the layout around each message.
        zone, send_hour: messages are sent at this local hour.
        too_late_days: M3.
        service: the mail service behind the transport, if what was handed over can be cancelled (O3).
        labels: of the task that a suppressed address opens (M7), by reason, in the firm's language.
        fillers: of the placeholders that are filled in as a message leaves, by name.
    """

    transport: Transport
    renderer: Renderer
    zone: ZoneInfo
    send_hour: time
    too_late_days: int
    service: MailService | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    fillers: Mapping[str, Filler] = field(default_factory=dict)


def deliver(
    store: Store,
    post: Outgoing,
    templates: Mapping[str, Template],
    *,
    as_of: date,
    clock: Callable[[], datetime],
    scope: Scope = EVERYTHING,
) -> Delivered:
    """Send every message that is due, and close the tasks that were waiting for nothing else.

    Args:
        store: the database.
        post: how messages are sent.
        templates: by name, for P7.
        as_of: today.
        clock: returns the current instant, UTC.
        scope: if it names a task, only its messages are sent.

    Returns:
        The counts, and the problem if some messages could not be sent; those are queued again.
    """
    ledger = AttemptLedger(store, uuid.uuid4().hex, clock)
    tally: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    problem = None
    try:
        ensure_not_paused(store)
        if not post.transport.may_repeat:
            resolve_open_attempts(store, post, clock, as_of)
        for outcome in _dispatch(store, post, templates, as_of, ledger, scope.task_id):
            tally.update(r.status for r in outcome.receipts)
            dropped.update(str(r.reason) for r in outcome.receipts if r.status in DROPPED and r.reason not in DEFERRING)
    except TooManyFailures as error:
        problem = f"{error} Sending is paused: look into it, then `relance outbox resume`."
        pause(store, str(error), clock())
    except TransportError as error:
        problem = str(error)
    finally:
        ledger.release()
    store.execute("skip_subtasks")
    closed = close_finished(store, templates, as_of)
    return Delivered(tally["sent"], tally["held"] + tally["unknown"], dict(dropped), problem, closed)


def _dispatch(
    store: Store,
    post: Outgoing,
    templates: Mapping[str, Template],
    as_of: date,
    ledger: AttemptLedger,
    task_id: int | None,
) -> Iterator[Outcome]:
    """Claim, send and record, until nothing is due."""
    after = 0

    def claim() -> int:
        reminders = task_id is not None or _may_remind(post, as_of, ledger.now())
        return ledger.claim_messages(
            post.transport.may_repeat,
            MAILS_A_BATCH,
            after,
            send_by=as_of,
            task_id=task_id,
            with_reminders=reminders,
        )

    while claim():
        claimed = store.read("claimed_messages", claim=ledger.claim, after=after, batch=MAILS_A_BATCH, as_of=iso(as_of))
        if claimed.empty:
            return
        after = int(claimed["message_id"].max())
        if task_id is not None:
            claimed = claimed.assign(is_paused=False)  # what a person orders leaves during a pause, too (K2)
        for outcome in _hand_over(claimed, post, templates, as_of, ledger):
            _record(store, ledger, outcome, as_of)
            yield outcome
            if outcome.state == "unknown":
                check_failures(store, outcome.http_status or outcome.problem)


def _may_remind(post: Outgoing, as_of: date, now: datetime) -> bool:
    """Whether reminders are handed over yet: late, so that an answer of the night still stops them (R2)."""
    leaves_at = datetime.combine(as_of, post.send_hour, tzinfo=post.zone)
    return post.transport.may_repeat or now >= leaves_at - REMINDER_LEAD


def resolve_open_attempts(store: Store, post: Outgoing, clock: Callable[[], datetime], as_of: date) -> None:
    """Resolve what earlier dispatches left open and read new suppressions, before anything is sent (M5, O3).

    Raises:
        tasks.mail.transport.base.TransportError: the service cannot be asked.
    """
    recover(store, clock())
    with store.begin() as connection:
        trace_by_events(connection, clock())
    if post.service is not None:
        fence(store, post.service, clock)
        recall(store, post.service, clock)
        trace_by_logs(store, post.service, clock())
        sync_suppressions(store, post.service, post.labels, clock(), as_of)


def _hand_over(
    claimed: pd.DataFrame, post: Outgoing, templates: Mapping[str, Template], as_of: date, ledger: AttemptLedger
) -> Iterator[Outcome]:
    """Yield the claimed messages that must not be sent, then the outcomes of the others."""
    claimed = fill_placeholders(claimed, post.fillers)
    reasons = _reasons(claimed, templates, post.too_late_days, as_of)
    silent, leaving = claimed.loc[reasons.notna()], claimed.loc[reasons.isna()]
    yield Outcome([_silenced(i, r) for i, r in zip(silent["message_id"], reasons.dropna(), strict=True)])
    yield from post.transport.send(_outgoing_messages(leaving, post), ledger)


def _reasons(claimed: pd.DataFrame, templates: Mapping[str, Template], too_late_days: int, as_of: date) -> pd.Series:
    late = is_too_late(claimed[["send_on", "created_on"]].max(axis=1), pd.Timestamp(as_of), too_late_days)
    reasons = silence_reason(claimed, templates).mask(late, Reason.TOO_LATE.value)
    reasons = reasons.mask(reasons.isna() & ~claimed["is_filled"], Reason.MISSING_FIELD.value)
    reasons = reasons.mask(reasons.isna() & claimed["is_paused"], Reason.PAUSED.value)
    reasons = reasons.mask(claimed["is_no_recipient"], Reason.SUPERSEDED.value)  # R6
    return reasons.mask(claimed["is_answered"], Reason.ANSWERED.value)  # R1


def _silenced(message_id: int, reason: str) -> Receipt:
    return Receipt(message_id, "suppressed" if reason in RETRIED else "cancelled", reason)


def _outgoing_messages(leaving: pd.DataFrame, post: Outgoing) -> list[OutgoingMessage]:
    columns = [leaving[name].tolist() for name in WRITTEN_ON_A_LETTER]
    return [
        OutgoingMessage(
            message_id=number,
            to_name=name,
            to_email=email,
            subject=subject,
            layout=post.renderer.layout(language),
            own_text=text.strip(),
            own_html=html,
            language=language,
            send_at=datetime.combine(send_on, post.send_hour, tzinfo=post.zone),
        )
        for number, name, email, subject, text, html, language, send_on in zip(*columns, strict=True)
    ]


def _record(store: Store, ledger: AttemptLedger, outcome: Outcome, as_of: date) -> None:
    """Record the outcome and address of each message; nothing if their attempt was fenced meanwhile."""
    m = schema.messages.c
    mine = and_(m.claimed_by == ledger.claim, m.status == "sending")
    fates: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for receipt in outcome.receipts:
        fates[receipt.status, receipt.reason].append(int(receipt.message_id))
    with store.begin() as connection:
        if not ledger.close(connection, outcome) or not fates:
            return
        for (status, reason), ids in fates.items():
            sent_at = plain(ledger.now()) if status == "sent" else None
            values = {"status": status, "reason": reason, "sent_at": sent_at, "email": current_address()} | NOBODY
            connection.execute(update(schema.messages).where(mine, m.message_id.in_(ids)).values(values))
        # An event may have arrived before this answer.
        apply_status_changes(connection, fates["sent", None], fates["sent", None], as_of)
