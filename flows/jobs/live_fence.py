"""Test of the fence on the firm's own account: schedule an e-mail to the sender himself, then cancel it.

A stand-in cannot show whether SendGrid honours a cancellation. Nothing here reaches a client.
May touch: tasks/mail/. Tests: tests/integration/mail/test_live_fence.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.home.clock import now
from flows.home.errors import SettingsError
from flows.home.outgoing import open_outgoing
from flows.home.settings import Settings
from sql.store import Store
from tasks.mail.delivery.fence import remember_cancel
from tasks.mail.delivery.outgoing import Outgoing
from tasks.mail.transport.base import OutgoingMessage, TransportError

AHEAD = timedelta(minutes=45)
OF_NO_MAIL = 0  # ids in the outbox start at 1
SUBJECT = "Relance: this mail was taken back, and must not arrive"


@dataclass
class OneAttempt:
    """Remembers the batch id of the one message."""

    batch_id: str | None = None

    def next_token(self) -> str:
        """A name for the attempt, which no row holds."""
        return "live-fence"

    def open(
        self,
        message_ids: Sequence[int],  # noqa: ARG002 - the signature of transport.Attempts
        token: str,  # noqa: ARG002
        body_sha256: str,  # noqa: ARG002
        batch_id: str | None,
        send_at: datetime | None,  # noqa: ARG002
    ) -> int:
        """Keep the batch."""
        self.batch_id = batch_id
        return OF_NO_MAIL


def prove_fence(settings: Settings, store: Store) -> str:
    """Schedule an e-mail, cancel its batch, and check that the cancellation is confirmed.

    Returns:
        What was observed, as a sentence for the operator.

    Raises:
        SettingsError: the home does not send through SendGrid.
        TransportError: the message was not accepted, or its cancellation is not confirmed.
    """
    with open_outgoing(settings, None) as outgoing:
        if outgoing.service is None:
            raise SettingsError("firm.yaml sends by folder: there is nothing to take back.")
        send_at = now() + AHEAD
        attempt = OneAttempt()
        outcome = list(outgoing.transport.send([_test_message(settings, outgoing, send_at)], attempt))[-1]
        if outcome.state != "accepted" or attempt.batch_id is None:
            raise TransportError(f"SendGrid did not take a scheduled mail ({outcome.http_status or outcome.problem}).")
        outgoing.service.cancel(attempt.batch_id)
        if not outgoing.service.is_cancelled(attempt.batch_id):
            raise TransportError(f"SendGrid does not confirm the cancel of batch {attempt.batch_id}.")
        remember_cancel(store, attempt.batch_id, send_at, now())
    return (
        f"a mail to the sender was taken for {send_at:%H:%M} UTC, and its cancel is confirmed. Look into the sender's "
        "mailbox after that: if it is there all the same, cancels do not hold on this account"
    )


def _test_message(settings: Settings, outgoing: Outgoing, send_at: datetime) -> OutgoingMessage:
    sender, language = settings.firm.sender, settings.firm.language
    return OutgoingMessage(
        message_id=OF_NO_MAIL,
        to_name=sender.name,
        to_email=sender.email,
        subject=SUBJECT,
        layout=outgoing.renderer.layout(language),
        own_text=SUBJECT,
        own_html=f"<p>{SUBJECT}</p>",
        language=language,
        send_at=send_at,
    )
