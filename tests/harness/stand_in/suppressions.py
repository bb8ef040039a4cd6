"""The five lists of addresses that SendGrid keeps, and a page of one, newest first."""

import re
from collections.abc import Mapping
from typing import Any

LISTS = ("bounces", "blocks", "invalid_emails", "spam_reports", "unsubscribes")
# A block is of one mail; the address is tried again.
DROPS = {
    "bounces": "Bounced Address",
    "invalid_emails": "Invalid",
    "spam_reports": "Spam Reporting Address",
    "unsubscribes": "Unsubscribed Address",
}
DEFAULTS: dict[str, dict[str, str]] = {
    "bounces": {"reason": "550 5.1.1 The email account that you tried to reach does not exist.", "status": "5.1.1"},
    "blocks": {"reason": "unable to resolve MX record: servfail", "status": "4.0.0"},
    "invalid_emails": {"reason": "Mail domain mentioned in email address is unknown"},
    "spam_reports": {"ip": "192.0.2.7"},
    "unsubscribes": {},
}
MAX_PAGE = 500
LAST_SECOND = 2**53

Entry = dict[str, Any]


class Suppressions:
    """The lists; one entry per address in each, the latest."""

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, Entry]] = {kind: {} for kind in LISTS}

    def entry(self, kind: str, email: str, now: int, values: Mapping[str, Any]) -> Entry:
        """What a list would hold of an address."""
        return {"created": now, "email": email} | DEFAULTS[kind] | {k: v for k, v in values.items() if v is not None}

    def add(self, kind: str, entry: Entry) -> None:
        """Put it there."""
        self._lists[kind][entry["email"].lower()] = entry

    def remove(self, kind: str, email: str) -> bool:
        """Take an address off; whether it was there."""
        return self._lists[kind].pop(email.lower(), None) is not None

    def drop_reason(self, email: str) -> str | None:
        """Why a mail to this address would be dropped."""
        return next((reason for kind, reason in DROPS.items() if email.lower() in self._lists[kind]), None)

    def page(self, kind: str, query: Mapping[str, str]) -> list[Entry]:
        """What GET gives for start_time, end_time (both inclusive), email, limit and offset.

        Raises:
            ValueError: a parameter that SendGrid refuses.
        """
        start, end = _number(query, "start_time", 0), _number(query, "end_time", LAST_SECOND)
        limit, offset = _number(query, "limit", MAX_PAGE), _number(query, "offset", 0)
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError("limit")
        pattern = ".*".join(map(re.escape, query.get("email", "").lower().split("%"))) + ".*"
        found = [
            entry
            for email, entry in self._lists[kind].items()
            if start <= entry["created"] <= end and re.fullmatch(pattern, email)
        ]
        found.sort(key=lambda entry: (-int(entry["created"]), str(entry["email"])))
        return found[offset : offset + limit]


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise ValueError(name)
    return int(text)
