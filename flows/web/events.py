"""The endpoint for SendGrid's Event Webhook: a signed body in, 204 out once everything is committed.

SendGrid repeats a request for a day unless it gets a 2xx. A body is therefore acknowledged only after it is stored, and
a stored body is recognised when it is sent again.
May touch: fastapi, the sendgrid package. Tests: tests/integration/mail/test_webhook.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from sendgrid.helpers.eventwebhook import EventWebhook

from flows.home.settings import Settings, SettingsError
from sql.store import Store
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
            EventWebhook(self.public_key)
        except Exception:  # noqa: BLE001 - cryptography raises many types for an invalid key
            raise SettingsError("firm.yaml: mail.webhook_key is no public key; copy it whole from SendGrid.") from None

    def accepts(self, body: bytes, signature: str, timestamp: str, now: datetime) -> bool:
        """Whether SendGrid signed this body, at most FRESH_FOR ago."""
        if not timestamp.isdecimal() or len(timestamp) > len(str(2**40)) or not 0 < len(signature) < LONGEST_SIGNATURE:
            return False
        if abs(now.timestamp() - int(timestamp)) > FRESH_FOR.total_seconds():
            return False
        try:
            return bool(EventWebhook(self.public_key).verify_signature(body.decode(), signature, timestamp))
        except Exception:  # noqa: BLE001 - base64, DER and UTF-8 each raise their own types
            return False


def make_app(settings: Settings, store: Store, verifier: Verifier, clock: Callable[[], datetime]) -> FastAPI:
    """The application: POST /events, and GET /health for monitoring."""
    labels = read_words(settings.firm.language)["address_tasks"]
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    def record(body: bytes) -> None:
        now = clock()
        record_events(store, parse_events(body.decode()), labels, now, now.astimezone(settings.firm.zone).date())

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/events")
    async def events(request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return Response(status_code=TOO_LARGE)
        signature, timestamp = (request.headers.get(name, "") for name in (SIGNATURE, TIMESTAMP))
        if not verifier.accepts(body, signature, timestamp, clock()):
            return Response(status_code=FORBIDDEN)
        try:
            await run_in_threadpool(record, body)
        except UnreadableEvents:
            return Response(status_code=BAD_REQUEST)
        return Response(status_code=NO_CONTENT)

    return app


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
