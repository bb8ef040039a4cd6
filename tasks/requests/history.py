"""History: everything that happened to a request, one row each, which is only added to (D8).

May touch: sql. Tests: tests/integration/web/test_page_proof.py, on both databases.
"""

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from sql import schema
from sql.store import plain

LINK_MADE, LINK_REVOKED, LINK_RENEWED = "link_made", "link_revoked", "link_renewed"
OPENED, SESSION_ENDED = "opened", "session_ended"
CODE_SENT, CODE_ACCEPTED, CODE_REFUSED = "code_sent", "code_accepted", "code_refused"
FILE_RECEIVED, FILE_REFUSED, FILE_REMOVED = "file_received", "file_refused", "file_removed"
FILE_SCANNED = "file_scanned"  # later, as the virus scanner was away when it came
ITEM_SAVED, NOT_APPLICABLE, STILL_CORRECT, PROMISED = "item_saved", "not_applicable", "still_correct", "promised"
ITEM_ACCEPTED, ITEM_RETURNED = "item_accepted", "item_returned"
REMOVED = "removed"
QUESTION_ASKED, NOT_THE_RIGHT_PERSON = "question_asked", "not_the_right_person"
BITS_KEPT = {4: 24, 6: 48}  # of a network address


@dataclass(frozen=True)
class Place:
    """Where something happened: the request, and as far as they are known its item, recipient, link and session.

    `address` is the network address that it came from; it is shortened before it is stored.
    """

    task_id: int
    step: str
    item: str | None = None
    recipient_id: str | None = None
    link_id: int | None = None
    session_id: int | None = None
    address: str | None = None


def note(connection: Connection, kind: str, place: Place, now: datetime, **detail: object) -> None:
    """Add what happened; `detail` is kept as JSON."""
    row = vars(place) | {
        "happened_at": plain(now),
        "kind": kind,
        "address": shortened(place.address),
        "detail": json.dumps(detail, ensure_ascii=False, default=str) if detail else None,
    }
    connection.execute(insert(schema.request_events).values(row))


def shortened(address: str | None) -> str | None:
    """A network address without the part that tells one household from another; None if it is none."""
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return str(ipaddress.ip_network(f"{known}/{BITS_KEPT[known.version]}", strict=False))
