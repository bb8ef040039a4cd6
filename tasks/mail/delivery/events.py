"""Events: what the mail service reports about messages, recorded once each, and the effects (M7, O3).

Law: the order in which events come, and how often each comes, changes nothing of what is known in the end.
May touch: sql. Tests: tests/integration/mail/test_events.py.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, text, update

from sql import schema
from sql.store import Store, plain, query
from tasks.domain.errors import RelanceError
from tasks.domain.mail.events import REASON_OF_LIST, WEIGHTS, EventError, MailEvent, read_event
from tasks.domain.reasons import Reason
from tasks.mail.delivery.bounces import take_back_by_address
from tasks.mail.delivery.carried import with_carried
from tasks.mail.delivery.status_changes import apply_status_changes
from tasks.mail.delivery.suppressions import Suppression, suppress
from tasks.mail.delivery.trace import trace_by_events

EVENTS_AT_ONCE = 1000
BOUNCED = Reason.BOUNCED.value


class UnreadableEvents(RelanceError):
    """The input holds no events; the message says where and why."""


@dataclass(frozen=True)
class Recorded:
    """The outcome of recording events: new + repeated + ignored + refused = received.

    Attributes:
        new: recorded now.
        repeated: recorded before.
        ignored: of kinds that say nothing about delivery.
        problems: one sentence for each event that could not be read, with its position.
    """

    new: int = 0
    repeated: int = 0
    ignored: int = 0
    problems: Sequence[str] = ()

    def to_json(self) -> dict[str, int]:
        """The counts."""
        return {
            "new": self.new,
            "repeated": self.repeated,
            "ignored": self.ignored,
            "refused": len(self.problems),
        }


def parse_events(words: str) -> list[object]:
    """Parse events as the webhook posts them (a JSON list), or as a log keeps them (one JSON object or list per line).

    Raises:
        UnreadableEvents: the text is neither; the message names the line.
    """
    try:
        whole = json.loads(words)
    except ValueError:
        return _by_line(words)
    return whole if isinstance(whole, list) else [whole]


def _by_line(words: str) -> list[object]:
    found: list[object] = []
    for number, line in enumerate(words.splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
        except ValueError as error:
            raise UnreadableEvents(f"line {number}: not JSON: {error}") from None
        found += one if isinstance(one, list) else [one]
    return found


def record_events(
    store: Store, raw_events: Sequence[object], labels: Mapping[str, str], now: datetime, as_of: date
) -> Recorded:
    """Record events and apply all their effects, in one transaction.

    Args:
        store: the database.
        raw_events: decoded JSON objects.
        labels: of the tasks that a suppressed address opens, by reason, in the firm's language.
        now: the current instant, UTC.
        as_of: today.
    """
    events, ignored, problems = _read(raw_events)
    distinct = {event.event_id: event for event in events}
    with store.begin() as connection:
        new = _note(connection, distinct.values(), now)
        lists = [Suppression(e.address, e.on_list, e.happened_at) for e in new if e.on_list is not None]
        silenced = set(suppress(connection, lists, labels, as_of))
        touched = _weigh(connection, new)
        take_back_by_address(connection, _bounced_by_address(new, silenced), labels, as_of)
        trace_by_events(connection, now)
        apply_status_changes(connection, touched, [])
    return Recorded(len(new), len(events) - len(new), ignored, problems)


def _bounced_by_address(events: Sequence[MailEvent], silenced: Collection[str]) -> dict[str, datetime]:
    """Addresses that these events suppressed without naming one of our messages, with the first bounce's instant."""
    came_back = [event for event in events if event.kind in ("bounced", "dropped") and event.address in silenced]
    named = {event.address for event in came_back if event.token is not None}
    unnamed = [e for e in came_back if e.address not in named and REASON_OF_LIST[e.on_list or ""] == BOUNCED]
    return {e.address: e.happened_at for e in sorted(unnamed, key=lambda e: e.happened_at, reverse=True)}


def _read(raw_events: Sequence[object]) -> tuple[list[MailEvent], int, list[str]]:
    events: list[MailEvent] = []
    ignored = 0
    problems = []
    for place, one in enumerate(raw_events, 1):
        try:
            event = read_event(one)
        except EventError as error:
            problems.append(f"event {place}: {error}")
            continue
        if event is None:
            ignored += 1
        else:
            events.append(event)
    return events, ignored, problems


def _note(connection: Connection, events: Iterable[MailEvent], now: datetime) -> list[MailEvent]:
    """Insert the events that are not yet recorded, and return those."""
    e = schema.mail_events
    waiting = list(events)
    new = []
    for start in range(0, len(waiting), EVENTS_AT_ONCE):
        chunk = waiting[start : start + EVENTS_AT_ONCE]
        known = set(
            connection.execute(select(e.c.event_id).where(e.c.event_id.in_([o.event_id for o in chunk]))).scalars()
        )
        rows = [_row(one, now) for one in chunk if one.event_id not in known]
        if rows:
            # Another process may insert the same event in between: the key decides, and the second insert does nothing.
            connection.execute(text(query("insert_events")), rows)
        new += [one for one in chunk if one.event_id not in known]
    return new


def _row(event: MailEvent, now: datetime) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "kind": event.kind,
        "happened_at": plain(event.happened_at),
        "message_id": event.message_id,
        "token": event.token,
        "address": event.address,
        "noted_at": plain(now),
    }


def _weigh(connection: Connection, events: Sequence[MailEvent]) -> list[int]:
    """Raise the `delivery` of messages to the most severe kind reported, and return the ids of these messages.

    An event counts only for the attempt that it names: events of an earlier attempt are ignored.
    """
    m, a = schema.messages, schema.attempts
    gravest: dict[tuple[int, str], str] = {}
    for event in events:
        if event.message_id is not None and event.token is not None:
            key = (event.message_id, event.token)
            gravest[key] = max(gravest.get(key, event.kind), event.kind, key=WEIGHTS.__getitem__)
    for kind in set(gravest.values()):
        lighter = [m.c.delivery == other for other, weight in WEIGHTS.items() if weight < WEIGHTS[kind]]
        its_attempt = select(a.c.attempt_id).where(a.c.token == bindparam("b_token")).scalar_subquery()
        raised = (
            update(m)
            .where(or_(m.c.message_id == bindparam("b_id"), m.c.carrier_id == bindparam("b_id")))
            .where(m.c.attempt_id == its_attempt)
            .where(or_(m.c.delivery.is_(None), *lighter))
            .values(delivery=kind)
        )
        rows = [{"b_id": i, "b_token": token} for (i, token), k in gravest.items() if k == kind]
        connection.execute(raised, rows)
    return with_carried(connection, (message_id for message_id, _ in gravest))
