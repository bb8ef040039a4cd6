"""SendGrid's paths: what each answers. Source: the descriptions of twilio/sendgrid-oai."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson

from . import logs
from .mails import is_sandbox
from .rules import MAX_BODY_BYTES, complaints
from .service import Refused, Service
from .suppressions import LISTS

STATUSES = ("cancel", "pause")


@dataclass(frozen=True)
class Request:
    """A request, read to its end."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """The body, decoded.

        Raises:
            ValueError: it is not JSON.
        """
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def reply(status: int, value: Any) -> Answer:
    """JSON."""
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def refusal(status: int, message: str, where: str | None = None) -> Answer:
    """An error in SendGrid's shape."""
    return reply(status, {"errors": [{"message": message, "field": where, "help": None}]})


def answer(service: Service, keys: set[str], request: Request) -> Answer:
    """Carry out a request to /v3."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key not in keys:
        words = "The provided authorization grant is invalid, expired, or revoked" if key else "authorization required"
        return refusal(401, words)
    matches = [(method, do, found) for method, path, do in ROUTES if (found := path.fullmatch(request.path))]
    if not matches:
        return refusal(404, "not found")
    for method, do, found in matches:
        if method == request.method:
            try:
                return do(service, request, *found.groups())
            except Refused as refused:
                return refusal(400, str(refused))
            except ValueError as error:
                return refusal(400, f"Bad Request: {error}")
    return refusal(405, "method not allowed")


def _send(service: Service, request: Request) -> Answer:
    if len(request.body) > MAX_BODY_BYTES:
        return refusal(413, "content too large")
    if "json" not in request.headers.get("content-type", ""):
        return refusal(415, "Content-Type should be application/json.")
    try:
        body = request.json()
    except ValueError:
        return refusal(400, "Bad Request")
    if errors := complaints(body, service.now, service.batches):
        return reply(400, {"errors": errors})
    if is_sandbox(body):
        return Answer(200)
    return Answer(202, headers={"X-Message-Id": service.accept(body, request.body)})


def _new_batch(service: Service, request: Request) -> Answer:
    return reply(201, {"batch_id": service.new_batch()})


def _find_batch(service: Service, request: Request, batch_id: str) -> Answer:
    return reply(200, {"batch_id": batch_id}) if batch_id in service.batches else refusal(400, "invalid batch id")


def _stop(service: Service, request: Request) -> Answer:
    asked = request.json()
    batch_id, status = (asked.get(k) if isinstance(asked, dict) else None for k in ("batch_id", "status"))
    if not isinstance(batch_id, str):
        return refusal(400, "batch_id is required", "batch_id")
    if status not in STATUSES:
        return refusal(400, "status must be cancel or pause", "status")
    service.stop(batch_id, status)
    return reply(201, {"batch_id": batch_id, "status": status})


def _stops(service: Service, request: Request) -> Answer:
    found = [{"batch_id": k, "status": stop.status} for k, stop in service.stops.items() if not stop.hidden]
    return reply(200, found)


def _find_stop(service: Service, request: Request, batch_id: str) -> Answer:
    """A list, as described; empty for a batch without a status, 404 for a batch that never was."""
    if batch_id not in service.batches:
        return refusal(404, "batch id not found")
    stop = service.stops.get(batch_id)
    if stop is not None and stop.hidden:
        stop.hidden -= 1
        stop = None
    return reply(200, [] if stop is None else [{"batch_id": batch_id, "status": stop.status}])


def _restop(service: Service, request: Request, batch_id: str) -> Answer:
    asked = request.json()
    if batch_id not in service.stops:
        return refusal(404, "batch id not found")
    if not isinstance(asked, dict) or asked.get("status") not in STATUSES:
        return refusal(400, "status must be cancel or pause", "status")
    service.restop(batch_id, asked["status"])
    return Answer(204)


def _unstop(service: Service, request: Request, batch_id: str) -> Answer:
    if batch_id not in service.stops:
        return refusal(404, "batch id not found")
    service.unstop(batch_id)
    return Answer(204)


def _suppressions(service: Service, request: Request, kind: str) -> Answer:
    return reply(200, service.suppressions.page(kind, request.query))


def _unsuppress(service: Service, request: Request, kind: str, email: str) -> Answer:
    found = service.unsuppress(kind, unquote(email))
    return Answer(204) if found else refusal(404, "not found")


def _resubscribe(service: Service, request: Request, email: str) -> Answer:
    return _unsuppress(service, request, "unsubscribes", email)


def _search(service: Service, request: Request) -> Answer:
    shown = service.now - service.settings.logs_lag
    mails = [mail for mail in service.mails.values() if mail.accepted_at <= shown]
    return reply(200, {"messages": logs.search(mails, request.json())})


def _details(service: Service, request: Request, sg_message_id: str) -> Answer:
    mail = service.mails.get(sg_message_id)
    if mail is None or mail.accepted_at > service.now - service.settings.logs_lag:
        return refusal(404, "message not found")
    return reply(200, logs.details(mail))


ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
    (method, re.compile(path), do)
    for method, path, do in (
        ("POST", r"/v3/mail/send", _send),
        ("POST", r"/v3/mail/batch", _new_batch),
        ("GET", r"/v3/mail/batch/([^/]+)", _find_batch),
        ("POST", r"/v3/user/scheduled_sends", _stop),
        ("GET", r"/v3/user/scheduled_sends", _stops),
        ("GET", r"/v3/user/scheduled_sends/([^/]+)", _find_stop),
        ("PATCH", r"/v3/user/scheduled_sends/([^/]+)", _restop),
        ("DELETE", r"/v3/user/scheduled_sends/([^/]+)", _unstop),
        ("GET", rf"/v3/suppression/({'|'.join(LISTS)})", _suppressions),
        (
            "DELETE",
            rf"/v3/suppression/({'|'.join(one for one in LISTS if one != 'unsubscribes')})/([^/]+)",
            _unsuppress,
        ),
        ("DELETE", r"/v3/asm/suppressions/global/([^/]+)", _resubscribe),
        ("POST", r"/v3/logs", _search),
        ("GET", r"/v3/logs/([^/]+)", _details),
    )
]
