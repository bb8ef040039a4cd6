"""`relance doctor --live-invite`: an invitation to the sender himself, through the account itself (V5)."""

import pytest

from flows.jobs.live_invite import SUBJECT, send_test_invitation
from posting import statuses
from stand_in import error
from tasks.mail.transport.base import TransportError


def test_the_sender_gets_an_invitation_and_the_outbox_knows_nothing_of_it(firm, service):
    assert "an invitation was sent to" in send_test_invitation(firm.settings)
    (request,) = service.requests()
    assert [mail["subject"] for mail in request["mails"]] == [SUBJECT]
    assert statuses(firm) == {}


def test_an_invitation_that_is_not_taken_is_said_so(firm, service):
    service.faults(error(500))
    with pytest.raises(TransportError, match="The invitation was not taken"):
        send_test_invitation(firm.settings)
