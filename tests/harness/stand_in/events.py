"""Events of mails, as the Event Webhook posts them (signed) and as the logs list them.

An event's sg_event_id depends on the mail and the event alone: asked for again, the same event comes again.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

from .mails import Mail
from .service import Service

SIGNATURE, TIMESTAMP = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
# No secret: it signs for nobody but tests, and stays the same over a restart.
PRIVATE_VALUE = int.from_bytes(hashlib.sha256(b"stand-in").digest()) >> 1
IP = "192.0.2.7"
BOUNCED = "550 5.1.1 The email account that you tried to reach does not exist."
FIELDS: dict[str, dict[str, Any]] = {
    "processed": {},
    "delivered": {"response": "250 2.0.0 OK", "ip": IP},
    "deferred": {"response": "451 4.3.0 Try again later", "attempt": "0"},
    "bounce": {"type": "bounce", "status": "5.1.1", "reason": BOUNCED, "bounce_classification": "Invalid Address"},
    "blocked": {"event": "bounce", "type": "blocked", "status": "4.0.0", "reason": "unable to resolve MX record"},
    "dropped": {"reason": "Bounced Address"},
    "spamreport": {},
    "unsubscribe": {},
}
LISTED = {"bounce": "bounces", "blocked": "blocks", "spamreport": "spam_reports", "unsubscribe": "unsubscribes"}
STATUSES = {"bounce": "bounced", "blocked": "blocked", "dropped": "dropped", "deferred": "deferred"}


def event_of(mail: Mail, kind: str, at: int) -> dict[str, Any]:
    """An event as the logs show it, custom_args apart."""
    event = {"event": kind, "email": mail.email, "timestamp": at, "sg_message_id": mail.sg_message_id}
    event["sg_event_id"] = hashlib.sha256(f"{mail.sg_message_id} {kind}".encode()).hexdigest()[:22]
    event |= {"smtp-id": f"<{mail.sg_message_id}@stand-in>", "category": mail.categories}
    event |= FIELDS[kind] | {"custom_args": dict(mail.custom_args)}
    if kind == "dropped" and mail.reason:
        event["reason"] = mail.reason
    if kind == "unsubscribe":
        event["date"] = datetime.fromtimestamp(at, UTC).date().isoformat()
    return event


def history(mail: Mail) -> list[dict[str, Any]]:
    """What the logs list of a mail."""
    left_at = mail.accepted_at if mail.send_at is None else max(mail.send_at, mail.accepted_at)
    last = {"bounced": "bounce"}.get(mail.status, mail.status)
    events = [event_of(mail, "processed", mail.accepted_at)]
    return events if last == "processed" else [*events, event_of(mail, last, left_at)]


def posts(service: Service, kind: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Signed requests of the Event Webhook.

    Args:
        service: whose mails.
        kind: a name of FIELDS; `bounce`, `blocked`, `spamreport`, `unsubscribe` also put the address on its list.
        asked: message_ids (default: every mail delivered, or dropped), copies of each event, seed of the
            disorder (default: in order), per_post events in a request, at (default: now).
    """
    found = _mails(service, kind, asked.get("message_ids"))
    for mail in found:
        _take_note(service, mail, kind)
    at = asked.get("at") or service.now
    events = [_flat(event_of(mail, kind, at)) for mail in found for _ in range(asked.get("copies", 1))]
    if asked.get("seed") is not None:
        Random(asked["seed"]).shuffle(events)
    size = asked.get("per_post", 1000)
    return [_sign(events[i : i + size], service.now) for i in range(0, len(events), size)]


def public_key() -> str:
    """As SendGrid shows it, and as EventWebhook takes it: base64 without the PEM's frame."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = _private_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def _mails(service: Service, kind: str, message_ids: list[Any] | None) -> list[Mail]:
    if message_ids is None:
        status = "dropped" if kind == "dropped" else "delivered"
        return [mail for mail in service.mails.values() if mail.status == status]
    wanted = {str(one) for one in message_ids}
    return [mail for mail in service.mails.values() if mail.message_id in wanted]


def _take_note(service: Service, mail: Mail, kind: str) -> None:
    if kind in STATUSES and mail.status != STATUSES[kind]:
        service.report(mail, STATUSES[kind], str(FIELDS[kind].get("reason", "")))
    if kind in LISTED:
        service.suppress(LISTED[kind], mail.email)


def _flat(event: dict[str, Any]) -> dict[str, Any]:
    # The webhook lays custom_args beside its own fields, where they cannot replace them.
    return {**event.pop("custom_args"), **event}


def _sign(events: list[dict[str, Any]], now: int) -> dict[str, Any]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    # SendGrid ends each event, and the list, with CR LF; whoever parses before verifying signs something else.
    body = "[" + ",\r\n".join(json.dumps(event, separators=(",", ":")) for event in events) + "]\r\n"
    signature = _private_key().sign(f"{now}{body}".encode(), ec.ECDSA(hashes.SHA256()))
    headers = {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: str(now)}
    return {"body": body, "headers": headers | {"Content-Type": "application/json; charset=utf-8"}}


@cache
def _private_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(PRIVATE_VALUE, ec.SECP256R1())
