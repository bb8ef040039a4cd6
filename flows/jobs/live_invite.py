"""Test of invitations on the firm's own account: one to the sender himself, an hour from now.

Only a mailbox shows whether its mail program offers to answer. Nothing here reaches a client, and nothing is stored.
May touch: tasks/mail/. Tests: tests/integration/mail/test_live_invite.py.
"""

import uuid
from datetime import timedelta

from flows.home.clock import now
from flows.home.outgoing import open_outgoing
from flows.home.settings import Settings
from flows.jobs.live_fence import OF_NO_MAIL, OneAttempt
from sql.store import plain
from tasks.domain.activities.activity import Activity
from tasks.domain.activities.calendar import Person, calendar_text
from tasks.domain.activities.invitations import REQUEST
from tasks.mail.transport.base import OutgoingMessage, TransportError

AHEAD = timedelta(hours=1)
SUBJECT = "Relance: a test invitation"


def send_test_invitation(settings: Settings) -> str:
    """Send the sender an invitation; return what to look for, as a sentence.

    Raises:
        TransportError: the message was not accepted.
    """
    sender, language, instant = settings.firm.sender, settings.firm.language, now()
    me = Person(sender.name, sender.email)
    activity = Activity(
        activity_id="live-invite",
        kind="meeting",
        subject=SUBJECT,
        starts_at=plain(instant + AHEAD).replace(second=0, microsecond=0),
        uid=f"{uuid.uuid4().hex}@{sender.email.partition('@')[2]}",
    )
    with open_outgoing(settings, None) as outgoing:
        message = OutgoingMessage(
            message_id=OF_NO_MAIL,
            to_name=sender.name,
            to_email=sender.email,
            subject=SUBJECT,
            layout=outgoing.renderer.layout(language),
            own_text=SUBJECT,
            own_html=f"<p>{SUBJECT}</p>",
            language=language,
            send_at=instant,
            calendar=calendar_text(activity, REQUEST, me, me, plain(instant)),
        )
        outcome = list(outgoing.transport.send([message], OneAttempt()))[-1]
        if not any(receipt.status == "sent" for receipt in outcome.receipts):
            raise TransportError(f"The invitation was not taken ({outcome.http_status or outcome.problem}).")
    return (
        f"an invitation was sent to {sender.email}. It is right if the mail program offers to accept or decline it; "
        "if it shows only a file, invite.ics, opening the file must show one appointment in an hour"
    )
