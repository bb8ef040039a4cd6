"""`relance outbox`: list and settle the mails of which only a person can tell whether they left.

May touch: tasks/outbox.py. Tests: tests/integration/test_sendgrid.py.
"""

from collections.abc import Sequence
from pathlib import Path

from flows.settings import now
from flows.verbs.session import print_json, print_table, say, session
from tasks.outbox import list_questions, settle_by_hand

COLUMNS = {
    "message_id": "Mail",
    "relation_id": "Relation",
    "subtask": "Step",
    "send_on": "Day",
    "status": "Status",
    "reason": "Reason",
    "batch_id": "Batch",
}


def show_questions(home: Path, as_json: bool) -> None:
    """Print the mails that are unknown or held."""
    with session(home) as (_, store):
        found = list_questions(store)
    if as_json:
        print_json(found)
        return
    print_table(found, COLUMNS)
    say(f"{len(found):,} mails. Look in SendGrid's activity for their batch, then `relance outbox settle`.")


def settle_questions(home: Path, message_ids: Sequence[int], was_sent: bool) -> None:
    """Settle mails by hand."""
    with session(home) as (_, store):
        settled = settle_by_hand(store, message_ids, was_sent, now())
    say(f"{settled:,} mails {'are sent' if was_sent else 'are queued again, and leave with the next run'}.")
