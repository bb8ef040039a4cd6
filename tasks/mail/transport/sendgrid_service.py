"""SendGrid's other endpoints: cancels, suppression lists and logs, through the client of the transport.

Paths and parameters: SendGrid's own description, version 3, read 2026-11.
May touch: the client. Tests: tests/integration/mail/test_sendgrid.py, tests/integration/mail/test_suppressions.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tasks.mail.transport.base import TransportError
from tasks.mail.transport.sendgrid import SendGridClient

OK, CREATED, NO_CONTENT, BAD_REQUEST, NOT_FOUND = 200, 201, 204, 400, 404
ADDRESSES_A_PAGE = 500
LOGS_LOOKED_AT = 10  # only a handful of messages go to one address after an attempt was opened
SCHEDULED = "/v3/user/scheduled_sends"


@dataclass(frozen=True)
class SendGridService:
    """The implementation of tasks/mail/transport/service.py for SendGrid."""

    client: SendGridClient

    def cancel(self, batch_id: str) -> None:
        """Ask to cancel a batch; only `is_cancelled` tells whether the cancel is in force."""
        # 400 if this batch is already cancelled, and also if a cancel is no longer accepted.
        self.client.call("POST", SCHEDULED, {CREATED, BAD_REQUEST}, {"batch_id": batch_id, "status": "cancel"})

    def is_cancelled(self, batch_id: str) -> bool:
        """Whether a cancel of this batch is in force."""
        found: Any = self.client.call("GET", f"{SCHEDULED}/{batch_id}", {OK, NOT_FOUND})
        rows = found if isinstance(found, list) else [found]
        return any(row.get("batch_id") == batch_id and row.get("status") == "cancel" for row in rows)

    def cancelled_batches(self) -> list[str]:
        """Every batch with a cancel in force."""
        found: Any = self.client.call("GET", SCHEDULED, {OK})
        return [str(row["batch_id"]) for row in found if row.get("status") == "cancel"]

    def forget_cancel(self, batch_id: str) -> None:
        """DELETE a past cancel; SendGrid keeps at most a hundred (O4)."""
        self.client.call("DELETE", f"{SCHEDULED}/{batch_id}", {NO_CONTENT, NOT_FOUND})

    def suppressed(self, kind: str, since: datetime, until: datetime) -> Iterator[tuple[str, datetime]]:
        """Addresses added to a list within a period, page by page.

        The end of the period is fixed, so that entries added meanwhile do not shift the pages.
        """
        asked = {"start_time": int(since.timestamp()), "end_time": int(until.timestamp()), "limit": ADDRESSES_A_PAGE}
        offset = 0
        while page := self.client.call("GET", f"/v3/suppression/{kind}", {OK}, query=asked | {"offset": offset}):
            for entry in page:
                yield str(entry["email"]), datetime.fromtimestamp(int(entry["created"]), UTC)
            if len(page) < ADDRESSES_A_PAGE:
                return
            offset += len(page)

    def unsuppress(self, kind: str, address: str) -> None:
        """Remove an address from a list; unsubscribes have a different path."""
        folder = "/v3/asm/suppressions/global" if kind == "unsubscribes" else f"/v3/suppression/{kind}"
        self.client.call("DELETE", f"{folder}/{quote(address, safe='')}", {NO_CONTENT, NOT_FOUND})

    def has_mail(self, address: str, token: str, since: datetime) -> bool:
        """Whether the logs show a message of an attempt.

        Logs are searched by address and time; only a message's details say which attempt it belongs to. False proves
        nothing, as an account may have no logs.
        """
        at = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        # An address contains neither quotes nor backslashes (tasks/domain/definitions/firm.py).
        words = f'to_email = "{address}" AND sg_message_id_created_at >= TIMESTAMP "{at}"'
        try:
            found = self.client.call("POST", "/v3/logs", {OK}, {"query": words, "limit": LOGS_LOOKED_AT})
            return any(self._token(str(mail["sg_message_id"])) == token for mail in found.get("messages", []))
        except (TransportError, KeyError, AttributeError):
            return False

    def _token(self, sg_message_id: str) -> object:
        details = self.client.call("GET", f"/v3/logs/{quote(sg_message_id, safe='')}", {OK})
        return (details.get("custom_args") or {}).get("attempt")
