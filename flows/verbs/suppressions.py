"""`relance suppressions`: the addresses that are not mailed.

An address on standard output is data that was asked for; words on standard error name none (Q5).
May touch: tasks/suppressions.py. Tests: tests/integration/test_suppressions.py.
"""

import datetime as dt
from pathlib import Path

from flows.night import post_of
from flows.settings import now
from flows.verbs.session import print_json, print_table, say, session
from tasks.suppressions import lift, list_suppressions, suppress_by_hand

COLUMNS = {"address": "Address", "kind": "List", "reason": "Reason", "since_on": "Since", "relations": "Relations"}


def show_suppressions(home: Path, as_json: bool) -> None:
    """Print every address that is noted."""
    with session(home) as (_, store):
        found = list_suppressions(store)
    if as_json:
        print_json(found)
        return
    print_table([row | {"relations": ", ".join(row["relation_ids"])} for row in found], COLUMNS)
    say(f"{len(found):,} entries.")


def add_suppression(home: Path, address: str, as_of: dt.date | None) -> None:
    """Silence an address."""
    with session(home) as (settings, store), post_of(settings) as post:
        is_new = suppress_by_hand(store, address, post.labels, now(), as_of or settings.today())
    say("It is mailed no more." if is_new else "It was suppressed by hand already.")


def lift_suppression(home: Path, address: str, as_of: dt.date | None) -> None:
    """Let an address be mailed again."""
    with session(home) as (settings, store), post_of(settings) as post:
        kinds = lift(store, post.service, address, as_of or settings.today())
    say(f"Taken off {', '.join(kinds)}; mails that waited for it leave with the next run.")
