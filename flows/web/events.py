"""The endpoint for SendGrid's Event Webhook: a signed body in, 204 out once everything is committed.

SendGrid repeats a request for a day unless it gets a 2xx. A body is therefore acknowledged only after it is stored, and
a stored body is recognised when it is sent again.
May touch: starlette, the sendgrid package. Tests: tests/integration/mail/test_webhook.py.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.home.errors import SettingsError
from flows.web.context import Web
from tasks.mail.delivery.events import UnreadableEvents, parse_events, record_events
from tasks.translations import read_words

SIGNATURE, TIMESTAMP = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
FRESH_FOR = timedelta(minutes=10)
MOST_BYTES = 1_000_000  # SendGrid posts at 768 KB or every 30 seconds, docs "Event Webhook", read 2026-11
LONGEST_SIGNATURE = 200
NO_CONTENT, BAD_REQUEST, FORBIDDEN, TOO_LARGE = 204, 400, 403, 413


@dataclass(frozen=True)
class Verifier:
    """Verifies that a body was signed by SendGrid.

    Raises:
        SettingsError: the public key is not valid.
    """

    public_key: str

    def __post_init__(self) -> None:
        try:
            _webhook(self.public_key)
        except Exception:  # noqa: BLE001 - cryptography raises many types for an invalid key
            raise SettingsError("firm.yaml: mail.webhook_key is no public key; copy it whole from SendGrid.") from None

    def accepts(self, body: bytes, signature: str, timestamp: str, now: datetime) -> bool:
        """Whether SendGrid signed this body, at most FRESH_FOR ago."""
        if not timestamp.isdecimal() or len(timestamp) > len(str(2**40)) or not 0 < len(signature) < LONGEST_SIGNATURE:
            return False
        if abs(now.timestamp() - int(timestamp)) > FRESH_FOR.total_seconds():
            return False
        try:
            return bool(_webhook(self.public_key).verify_signature(body.decode(), signature, timestamp))
        except Exception:  # noqa: BLE001 - base64, DER and UTF-8 each raise their own types
            return False


def event_route(web: Web, verifier: Verifier) -> Route:
    """POST /events."""
    labels = read_words(web.settings.firm.language)["address_tasks"]

    def record(body: bytes) -> None:
        record_events(web.store, parse_events(body.decode()), labels, web.clock(), web.today())

    async def events(request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return Response(status_code=TOO_LARGE)
        signature, timestamp = (request.headers.get(name, "") for name in (SIGNATURE, TIMESTAMP))
        if not verifier.accepts(body, signature, timestamp, web.clock()):
            return Response(status_code=FORBIDDEN)
        try:
            await run_in_threadpool(record, body)
        except UnreadableEvents:
            return Response(status_code=BAD_REQUEST)
        return Response(status_code=NO_CONTENT)

    return Route("/events", events, methods=["POST"])


def _webhook(public_key: str) -> Any:
    # The sendgrid package takes a third of a second to import, and a home without a key does not need it.
    from sendgrid.helpers.eventwebhook import EventWebhook

    return EventWebhook(public_key)


async def _read(request: Request) -> bytes | None:
    """The raw body; None if it is longer than SendGrid's can be."""
    found: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            return None
        found.append(piece)
    return b"".join(found)
