"""The Email Logs: which mails a query finds, in the grammar of SendGrid's description (tsg_logs_v3.json).

A mail can be sought by sg_message_id, subject, to_email, status, reason, categories and time; not by custom_args or
batch, which only the details of one mail show.
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .events import history
from .mails import Mail

OPERATORS = {
    **dict.fromkeys(("sg_message_id", "subject", "to_email", "reason"), ("=",)),
    **dict.fromkeys(("status", "categories"), ("IN",)),
    "sg_message_id_created_at": (">", "<", ">=", "<="),
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_CONDITION = re.compile(
    rf"\s*(\w+)\s*(>=|<=|>|<|=|IN\b)\s*(?:(TIMESTAMP)\s+)?({_TEXT}|\(\s*(?:{_TEXT})(?:\s*,\s*(?:{_TEXT}))*\s*\))\s*"
)
MAX_MESSAGES = 1000

Condition = Callable[[Mail], bool]


def search(mails: list[Mail], asked: Any) -> list[dict[str, Any]]:
    """The mails that a request finds, newest first.

    Raises:
        ValueError: what SendGrid refuses.
    """
    query, limit = (asked.get("query", ""), asked.get("limit", 10)) if isinstance(asked, dict) else (None, None)
    if type(query) is not str:
        raise ValueError("query must be a string")
    if type(limit) is not int or not 1 <= limit <= MAX_MESSAGES:
        raise ValueError("limit must be between 1 and 1000")
    conditions = _conditions(query)
    found = [mail for mail in reversed(mails) if all(is_met(mail) for is_met in conditions)]
    return [_summary(mail) for mail in found[:limit]]


def details(mail: Mail) -> dict[str, Any]:
    """Everything about one mail."""
    about = {k: v for k, v in _summary(mail).items() if k not in ("reason", "sg_message_id_created_at")}
    own = {"category": mail.categories, "custom_args": dict(mail.custom_args), "events": history(mail)}
    return about | own | {"api_key_id": "stand-in", "client_ip": "127.0.0.1"}


def _summary(mail: Mail) -> dict[str, Any]:
    about = {"from_email": mail.from_email, "sg_message_id": mail.sg_message_id, "subject": mail.subject}
    about |= {"to_email": mail.email, "status": mail.status, "sg_message_id_created_at": _created(mail)}
    return about | ({"reason": mail.reason} if mail.reason else {})


def _created(mail: Mail) -> str:
    return datetime.fromtimestamp(mail.accepted_at, UTC).isoformat().replace("+00:00", "Z")


def _conditions(query: str) -> list[Condition]:
    found: list[Condition] = []
    while query.strip():
        match = _CONDITION.match(query)
        if match is None:
            raise ValueError("the query cannot be read")
        found.append(_condition(*match.groups()))
        query = query[match.end() :]
        if query and not re.match(r"AND\s+\S", query):
            raise ValueError("conditions are combined with AND")
        query = query.removeprefix("AND")
    return found


def _condition(name: str, compare: str, timestamp: str | None, text: str) -> Condition:
    is_list = text.startswith("(")
    if compare not in OPERATORS.get(name, ()) or is_list != (compare == "IN"):
        raise ValueError(f"{name} {compare} is not allowed")
    values = [re.sub(r"\\(.)", r"\1", one[1:-1]) for one in re.findall(_TEXT, text)]
    if (timestamp is not None) != (name == "sg_message_id_created_at"):
        raise ValueError(f"{name}: TIMESTAMP goes with times")
    if timestamp is not None:
        instant = datetime.fromisoformat(values[0]).timestamp()
        return lambda mail: COMPARE[compare](mail.accepted_at, instant)
    if name == "categories":
        return lambda mail: bool(set(values) & set(mail.categories))
    attribute = {"to_email": "email"}.get(name, name)
    return lambda mail: getattr(mail, attribute) in values
