"""Deliver: sends the messages in the outbox and records the outcomes, in one process (O5).

Law: a claim is committed before anything is sent (O1); the facts are read again after the claim (M5); nothing
with an unknown outcome is sent again.
May touch: sql, tasks/mail. Tests: tests/integration/planning/test_stages.py, tests/integration/mail/test_outbox.py.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import and_, update

from sql import schema
from sql.store import Store, iso, plain
from tasks.domain.dates.workdays import is_day_off
from tasks.domain.definitions.template import Template
from tasks.domain.mail.decide import is_too_late, silence_reason
from tasks.domain.mail.keys import CODE, IMMEDIATE_CAUSES
from tasks.domain.reasons import DEFERRING, RETRIED, Reason
from tasks.domain.scope import EVERYTHING, Scope
from tasks.mail.delivery.attempts import NOBODY, AttemptLedger, recover
from tasks.mail.delivery.carried import note_carriers
from tasks.mail.delivery.fence import fence
from tasks.mail.delivery.outgoing import Outgoing, outgoing_messages, with_receipts_of_carried
from tasks.mail.delivery.pauses import TooManyFailures, check_failures, ensure_not_paused, pause
from tasks.mail.delivery.recall import mark_answered_meanwhile, recall
from tasks.mail.delivery.recipients import current_address
from tasks.mail.delivery.status_changes import apply_status_changes
from tasks.mail.delivery.suppressions import sync_suppressions
from tasks.mail.delivery.trace import trace_by_events, trace_by_logs
from tasks.mail.digest import combine
from tasks.mail.overview import count_deferred
from tasks.mail.placeholders import fill_placeholders
from tasks.mail.transport.base import Outcome, Receipt, TransportError
from tasks.planning.close import close_finished

REMINDER_LEAD = timedelta(minutes=35)
DROPPED = ("suppressed", "cancelled", "rejected")
MAILS_A_BATCH = 1000  # SendGrid v3 mail/send, personalizations.maxItems, read 2026-11; the folder has no limit
EVERY = 1_000_000_000


@dataclass(frozen=True)
class Delivered:
    """The outcome of a dispatch: messages by outcome, and tasks closed. `problem`: why the rest could not be sent.

    `waiting` is the number of messages that waited when sending began, `merged` of those that left within another.
    """

    waiting: int = 0
    sent: int = 0
    merged: int = 0
    held: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None
    closed: int = 0


def deliver(
    store: Store,
    outgoing: Outgoing,
    templates: Mapping[str, Template],
    *,
    as_of: date,
    clock: Callable[[], datetime],
    scope: Scope = EVERYTHING,
) -> Delivered:
    """Send every message that is due, and close the tasks that were waiting for nothing else.

    Args:
        store: the database.
        outgoing: how messages are sent.
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
    problem, waiting = None, 0
    try:
        ensure_not_paused(store)
        if not outgoing.transport.may_repeat:
            resolve_open_attempts(store, outgoing, clock, as_of)
        waiting = count_deferred(store)
        for outcome in _dispatch(store, outgoing, templates, as_of, ledger, scope.task_id):
            tally.update("merged" if r.is_carried and r.status == "sent" else r.status for r in outcome.receipts)
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
    return Delivered(
        waiting, tally["sent"], tally["merged"], tally["held"] + tally["unknown"], dict(dropped), problem, closed
    )


def deliver_immediate(
    store: Store,
    outgoing: Outgoing,
    templates: Mapping[str, Template],
    *,
    as_of: date,
    clock: Callable[[], datetime],
) -> int:
    """Send the messages that somebody waits for at this moment, also while another dispatch is under way.

    A claim belongs to one dispatch alone, and nothing that was begun is resolved here: that is left to `deliver`.

    Returns:
        The number of messages sent.

    Raises:
        tasks.mail.transport.base.TransportError: they cannot be sent; they stay in the outbox.
    """
    ensure_not_paused(store)
    ledger = AttemptLedger(store, uuid.uuid4().hex, clock)
    try:
        outcomes = _dispatch(store, outgoing, templates, as_of, ledger, None, IMMEDIATE_CAUSES)
        return sum(receipt.status == "sent" for outcome in outcomes for receipt in outcome.receipts)
    except TooManyFailures as error:
        raise TransportError(str(error)) from None
    finally:
        ledger.release()


def _dispatch(
    store: Store,
    outgoing: Outgoing,
    templates: Mapping[str, Template],
    as_of: date,
    ledger: AttemptLedger,
    task_id: int | None,
    causes: Sequence[str] | None = None,
) -> Iterator[Outcome]:
    """Claim, send and record, until nothing is due."""
    after = 0
    combines = task_id is None and causes is None  # what a person orders leaves by itself

    def claim() -> int:
        reminders = task_id is not None or _may_remind(outgoing, as_of, ledger.now())
        return ledger.claim_messages(
            outgoing.transport.may_repeat,
            MAILS_A_BATCH,
            after,
            send_by=as_of,
            task_id=task_id,
            with_reminders=reminders,
            whole_recipients=combines,
            is_digest=combines and outgoing.is_digest,
            is_quiet=is_day_off(outgoing.quiet, as_of),
            causes=causes,
        )

    while claim():
        batch = EVERY if combines else MAILS_A_BATCH
        claimed = store.read("claimed_messages", claim=ledger.claim, after=after, batch=batch, as_of=iso(as_of))
        if claimed.empty:
            return
        # A recipient's messages are not in a row: what a claim leaves behind may have lower numbers.
        after = 0 if combines else int(claimed["message_id"].max())
        if task_id is not None:
            claimed = claimed.assign(is_paused=False)  # what a person orders leaves during a pause, too (K2)
        for outcome in _hand_over(store, claimed, outgoing, templates, as_of=as_of, ledger=ledger, combines=combines):
            _record(store, ledger, outcome, as_of)
            yield outcome
            if outcome.state == "unknown":
                check_failures(store, outcome.http_status or outcome.problem)


def _may_remind(outgoing: Outgoing, as_of: date, now: datetime) -> bool:
    """Whether reminders are handed over yet: late, so that an answer of the night still stops them (R2)."""
    leaves_at = datetime.combine(as_of, outgoing.send_hour, tzinfo=outgoing.zone)
    return outgoing.transport.may_repeat or now >= leaves_at - REMINDER_LEAD


def resolve_open_attempts(store: Store, outgoing: Outgoing, clock: Callable[[], datetime], as_of: date) -> None:
    """Resolve what earlier dispatches left open and read new suppressions, before anything is sent (M5, O3).

    Raises:
        tasks.mail.transport.base.TransportError: the service cannot be asked.
    """
    recover(store, clock())
    with store.begin() as connection:
        trace_by_events(connection, clock())
    if outgoing.service is not None:
        fence(store, outgoing.service, clock)
        recall(store, outgoing.service, clock)
        trace_by_logs(store, outgoing.service, clock())
        sync_suppressions(store, outgoing.service, outgoing.labels, clock(), as_of)


def _hand_over(
    store: Store,
    claimed: pd.DataFrame,
    outgoing: Outgoing,
    templates: Mapping[str, Template],
    *,
    as_of: date,
    ledger: AttemptLedger,
    combines: bool,
) -> Iterator[Outcome]:
    """Yield the claimed messages that must not be sent, then the outcomes of the others."""
    claimed = fill_placeholders(claimed, outgoing.fillers)
    reasons = _reasons(claimed, templates, outgoing.too_late_days, as_of=as_of, now=ledger.now())
    silent, leaving = claimed.loc[reasons.notna()], claimed.loc[reasons.isna()]
    yield Outcome([_silenced(i, r) for i, r in zip(silent["message_id"], reasons.dropna(), strict=True)])
    carrier_of: dict[int, int] = {}
    if combines:
        leaving = combine(leaving, outgoing.renderer, is_digest=outgoing.is_digest, as_of=as_of)
        carried = leaving.loc[leaving["carrier_id"].notna()]
        carrier_of = {int(i): int(c) for i, c in zip(carried["message_id"], carried["carrier_id"], strict=True)}
        leaving = leaving.loc[leaving["carrier_id"].isna()]
        with store.begin() as connection:
            note_carriers(connection, carrier_of)
    for outcome in outgoing.transport.send(outgoing_messages(leaving, outgoing, carrier_of, ledger.now()), ledger):
        yield with_receipts_of_carried(outcome, carrier_of)


def _reasons(
    claimed: pd.DataFrame, templates: Mapping[str, Template], too_late_days: int, *, as_of: date, now: datetime
) -> pd.Series:
    late = is_too_late(claimed[["send_on", "created_on"]].max(axis=1), pd.Timestamp(as_of), too_late_days)
    reasons = silence_reason(claimed, templates).mask(late, Reason.TOO_LATE.value)
    is_unfilled = reasons.isna() & ~claimed["is_filled"]
    # A code that can no longer be used comes too late; any other value that is missing may be there next time.
    reasons = reasons.mask(is_unfilled & (claimed["cause_kind"] == CODE), Reason.TOO_LATE.value)
    reasons = reasons.mask(reasons.isna() & is_unfilled, Reason.MISSING_FIELD.value)
    reasons = reasons.mask(reasons.isna() & claimed["is_paused"], Reason.PAUSED.value)
    reasons = reasons.mask(claimed["is_no_recipient"] | claimed["is_outdated"], Reason.SUPERSEDED.value)  # R6, V3
    is_over = pd.to_datetime(claimed["activity_starts"]) <= plain(now)
    reasons = reasons.mask(is_over, Reason.TOO_LATE.value)  # V5
    return reasons.mask(claimed["is_answered"], Reason.ANSWERED.value)  # R1


def _silenced(message_id: int, reason: str) -> Receipt:
    return Receipt(message_id, "suppressed" if reason in RETRIED else "cancelled", reason)


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
        sent = fates["sent", None]
        mark_answered_meanwhile(connection, sent)
        # An event may have arrived before this answer.
        apply_status_changes(connection, sent, sent, as_of)
