"""The SendGrid transport: one connection, one request at a time. Reports `sent` only for HTTP 202 (O2).

After a dropped connection or a late answer the outcome is `unknown`, and nothing is sent again from here (O3).
May touch: httpx. Tests: tests/integration/mail/test_sendgrid.py, against a stand-in on loopback.
"""

import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx

from tasks.mail.transport.base import Attempts, Mailbox, Outcome, OutgoingMessage, Receipt, TransportError
from tasks.mail.transport.payload import Batch, batches_of, request_body

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 30.0
# With less time ahead, a cancel could come too late (O3, O4).
SCHEDULED_FROM = timedelta(minutes=30)
LONGEST_SCHEDULE = timedelta(hours=72)
# A request must begin this soon after its attempt was recorded, or not at all: the lease is 45 s
# (tasks/mail/delivery/attempts.py).
LATEST_START = timedelta(seconds=10)
LONGEST_WAIT_SECONDS = 60.0
FAILURES_THAT_STOP = 5
Fate = Literal["accepted", "refused", "too_large", "busy", "stopped", "unknown", "unreachable"]


@dataclass(frozen=True)
class Answer:
    """SendGrid's answer, classified (O2). `wait_seconds`: until it accepts requests again."""

    fate: Fate
    status: int | None = None
    wait_seconds: float = 0.0
    problem: str | None = None


def sort_answer(status: int, is_sandbox: bool = False) -> Fate:
    """Classify an HTTP status by what it means for the messages of the request."""
    if status == httpx.codes.ACCEPTED or (is_sandbox and status == httpx.codes.OK):
        return "accepted"
    by_status: dict[int, Fate] = {401: "stopped", 403: "stopped", 408: "unknown", 413: "too_large", 429: "busy"}
    if status in by_status:
        return by_status[status]
    # SendGrid documents no redirect or other success status: we cannot tell who answered and whether it was accepted.
    is_refusal = httpx.codes.BAD_REQUEST <= status < httpx.codes.INTERNAL_SERVER_ERROR
    return "refused" if is_refusal else "unknown"


class SendGridClient:
    """One kept-alive connection to SendGrid, without redirects or automatic retries."""

    def __init__(self, host: str, api_key: str, clock: Callable[[], datetime]) -> None:
        limits = httpx.Limits(max_connections=1, keepalive_expiry=CONNECT_SECONDS)
        timeout = httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
        headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self._http = httpx.Client(
            base_url=host, headers=headers, timeout=timeout, limits=limits, follow_redirects=False, trust_env=False
        )
        self._clock = clock
        # These libraries log paths, and the path of a list contains an address (Q5).
        for chatty in ("httpx", "httpcore"):
            logging.getLogger(chatty).setLevel(logging.WARNING)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def send(self, body: bytes, is_sandbox: bool = False) -> Answer:
        """POST /v3/mail/send, once."""
        try:
            response = self._http.post("/v3/mail/send", content=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            # Failed before the first byte of the body: nothing can have arrived.
            return Answer("unreachable", problem=type(error).__name__)
        except httpx.TransportError as error:
            return Answer("unknown", problem=type(error).__name__)
        fate = sort_answer(response.status_code, is_sandbox)
        return Answer(fate, response.status_code, self._wait(response), _problem(response))

    def new_batch_id(self) -> str:
        """POST /v3/mail/batch: get an id by which a scheduled send can be cancelled.

        Raises:
            TransportError: SendGrid gives none.
        """
        return str(self.call("POST", "/v3/mail/batch", {httpx.codes.CREATED})["batch_id"])

    def call(
        self,
        method: str,
        path: str,
        expected: set[int],
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> Any:
        """Make a request and return the answer's JSON, or {} if it has none.

        Raises:
            TransportError: SendGrid cannot be reached, or answers with an unexpected status.
        """
        try:
            response = self._http.request(method, path, json=body, params=query)
        except httpx.TransportError as error:
            raise TransportError(f"SendGrid cannot be reached ({type(error).__name__}). Run again later.") from None
        if response.status_code not in expected:
            # The last part of a path may be an address (Q5).
            raise TransportError(f"SendGrid answers {response.status_code} to {method} {path.rsplit('/', 1)[0]}.")
        try:
            return response.json() if response.content else {}
        except ValueError:
            raise TransportError(f"SendGrid's answer to {method} {path.rsplit('/', 1)[0]} cannot be read.") from None

    def _wait(self, response: httpx.Response) -> float:
        """Seconds until the rate limit resets, according to the answer's headers."""
        reset = response.headers.get("X-RateLimit-Reset") or response.headers.get("Retry-After") or "1"
        if not reset.isdigit():
            return 1.0
        seconds = float(reset)
        # X-RateLimit-Reset is an instant, Retry-After a number of seconds.
        return max(seconds - self._clock().timestamp(), 0.1) if seconds > LONGEST_SCHEDULE.total_seconds() else seconds


def _problem(response: httpx.Response) -> str | None:
    """The fields that SendGrid rejects; its full messages may quote an address (Q5)."""
    if response.status_code == httpx.codes.ACCEPTED:
        return None
    try:
        fields = [str(error.get("field")) for error in response.json()["errors"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return ", ".join(fields)[:200] or None


@dataclass(frozen=True)
class SendGridTransport:
    """Sends claimed messages in batches; each attempt is recorded before its request is made."""

    client: SendGridClient
    sender: Mailbox
    clock: Callable[[], datetime]
    wait: Callable[[float], None] = time.sleep
    is_sandbox: bool = False
    may_repeat: bool = False

    def send(self, messages: Sequence[OutgoingMessage], attempts: Attempts) -> Iterator[Outcome]:
        """Send every message; a refused batch is halved until the faulty message is on its own.

        Raises:
            TransportError: SendGrid rejects the API key, or keeps rejecting requests.
        """
        queue = deque(batches_of(messages))
        failures = 0
        while queue:
            batch = queue.popleft()
            answer, outcome = self._offer(batch, attempts)
            if outcome is None:
                continue
            yield outcome
            if answer.fate in ("refused", "too_large") and len(batch.messages) > 1:
                queue.extendleft(reversed(batch.halves()))
            elif answer.fate in ("busy", "unreachable"):
                self.wait(min(max(answer.wait_seconds, 0.1), LONGEST_WAIT_SECONDS))
                queue.appendleft(batch)
            failures = failures + 1 if answer.fate in ("busy", "unreachable") else 0
            _stop_if(answer, failures)

    def _offer(self, batch: Batch, attempts: Attempts) -> tuple[Answer, Outcome | None]:
        send_at = self._send_at(batch)
        batch_id = None if send_at is None else self.client.new_batch_id()
        token = attempts.next_token()
        body = request_body(batch, self.sender, token, send_at, batch_id, self.is_sandbox)
        payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        ids = [message.message_id for message in batch.messages]
        began = self.clock()
        carried = [i for message in batch.messages for i in message.carried]
        attempt_id = attempts.open([*ids, *carried], token, hashlib.sha256(payload).hexdigest(), batch_id, send_at)
        if attempt_id is None:
            return Answer("unreachable"), None
        if self.clock() - began > LATEST_START:
            # The process was suspended: the lease would end before the answer, and another may already have taken over.
            return Answer("unreachable"), Outcome([], attempt_id, "released", problem="stopped before its request")
        answer = self.client.send(payload, self.is_sandbox)
        state, receipts = _verdict(answer, ids)
        return answer, Outcome(receipts, attempt_id, state, answer.status, answer.problem)

    def _send_at(self, batch: Batch) -> datetime | None:
        """The instant of a scheduled send; None if it is too near to be fenced, and is sent at once."""
        send_at = batch.messages[0].send_at
        ahead = send_at - self.clock()
        if ahead > LONGEST_SCHEDULE:
            raise TransportError(
                f"Mails of {send_at:%Y-%m-%d} cannot be handed over before three days ahead. A run for a day in the "
                "future needs --no-deliver."
            )
        return send_at if ahead >= SCHEDULED_FROM else None


def _verdict(answer: Answer, ids: list[int]) -> tuple[str, list[Receipt]]:
    """The attempt's state, and a receipt for each message whose outcome is decided."""
    if answer.fate == "accepted":
        return "accepted", [Receipt(i, "sent") for i in ids]
    if answer.fate == "unknown":
        return "unknown", [Receipt(i, "unknown") for i in ids]
    if answer.fate in ("refused", "too_large"):
        return "refused", [Receipt(ids[0], "rejected", "invalid_field")] if len(ids) == 1 else []
    # busy, unreachable, stopped: SendGrid took nothing, and the messages are still claimed.
    return "released", []


def _stop_if(answer: Answer, failures: int) -> None:
    if answer.fate == "stopped":
        raise TransportError(
            f"SendGrid refuses the API key ({answer.status}). Check SENDGRID_API_KEY; nothing was lost."
        )
    if failures >= FAILURES_THAT_STOP:
        # SendGrid took nothing, so it is safe to try again later.
        said = answer.status or answer.problem
        raise TransportError(
            f"SendGrid is rejecting all requests ({said}, {failures} times in a row). What was not sent waits in the "
            "outbox; run again later."
        )
