"""`relance dispatch`, `relance outbox`: send what waits; list, explain and settle what only a person can tell.

May touch: flows/dispatch.py, tasks/outbox.py, tasks/pauses.py. Tests: tests/integration/test_dispatch.py.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from flows.dispatch import run_dispatch
from flows.settings import now
from flows.verbs.session import fail, print_json, print_table, say, session
from tasks.outbox import explain_mail, list_questions, settle_by_hand
from tasks.pauses import pause, resume

COLUMNS = {
    "message_id": "Mail",
    "relation_id": "Relation",
    "subtask": "Step",
    "send_on": "Day",
    "status": "Status",
    "reason": "Reason",
    "batch_id": "Batch",
}


def dispatch_once(home: Path, as_of: dt.date | None, as_json: bool) -> None:
    """Send what waits, and print what became of it."""
    with session(home) as (settings, store):
        delivered = run_dispatch(settings, store, as_of or settings.today())
        if delivered is None:
            say("Another run is under way; it sends by itself.")
            return
        figures = {"sent": delivered.sent, "held": delivered.held, "dropped": dict(delivered.dropped)}
        if as_json:
            print_json(figures | {"undelivered": delivered.problem})
        else:
            dropped = ", ".join(f"{n:,} {reason}" for reason, n in delivered.dropped.items()) or "none"
            say(f"{delivered.sent:,} mails sent, {delivered.held:,} of unknown fate, dropped: {dropped}.")
        if delivered.problem is not None:
            fail(delivered.problem)


def show_questions(home: Path, as_json: bool) -> None:
    """Print the mails that are unknown or held."""
    with session(home) as (_, store):
        found = list_questions(store)
    if as_json:
        print_json(found)
        return
    print_table(found, COLUMNS)
    say(f"{len(found):,} mails. `relance outbox explain MAIL` says what is known of one, and what to do.")


def explain_question(home: Path, message_id: int, as_json: bool) -> None:
    """Print all that is known of one mail, and what happens next."""
    with session(home) as (_, store):
        told = explain_mail(store, message_id)
    if as_json:
        print_json(told)
        return
    rows = [
        {"what": key.replace("_", " "), "is": told[key]} for key in told if key not in ("events", "next") and told[key]
    ]
    rows += [{"what": "event", "is": f"{one['kind']}, {one['happened_at']}"} for one in told["events"]]
    print_table(rows, {"what": f"Mail {message_id}", "is": ""})
    say(told["next"])


def settle_questions(home: Path, message_ids: Sequence[int], was_sent: bool) -> None:
    """Settle mails by hand."""
    with session(home) as (_, store):
        settled = settle_by_hand(store, message_ids, was_sent, now())
    say(f"{settled:,} mails {'are sent' if was_sent else 'are queued again, and leave with the next run'}.")


def pause_dispatch(home: Path, because: str) -> None:
    """Let nothing leave until `relance outbox resume`."""
    with session(home) as (_, store):
        is_new = pause(store, because, now())
    say("Sending is paused; `relance outbox resume` ends it." if is_new else "Sending is paused already.")


def resume_dispatch(home: Path) -> None:
    """Let mails leave again."""
    with session(home) as (_, store):
        was_paused = resume(store, now())
    say("Mails leave again with the next run." if was_paused else "Sending is not paused.")
