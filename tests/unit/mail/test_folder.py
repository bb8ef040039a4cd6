"""What the folder transport writes: a whole mail to one recipient, whatever the names are."""

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.mail.transport.base import OWN_HTML, OWN_TEXT, Layout, OutgoingMessage
from tasks.mail.transport.folder import POLICY, FolderTransport

# No control characters, and no halves of a surrogate pair: imports let neither in.
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=255)
LONG = "Société de fait Martin, Durand & Fils, successeurs de Dupont, notaires associés"
INSIDE = "Dupont Consulting International Holding, copy to boss@other.example, and others of the same group, SA"


def written(to_name: str, sender_name: str = "Cabinet Dupont"):
    layout = Layout("fr", f"{OWN_TEXT}\n", f"<p>{OWN_HTML}</p>")
    letter = OutgoingMessage(
        message_id=7,
        to_name=to_name,
        to_email="client@x.example",
        subject="Vos documents",
        layout=layout,
        own_text="Bonjour",
        own_html="Bonjour",
        language="fr",
        send_at=datetime(2026, 11, 24, 8, tzinfo=UTC),
    )
    mail = FolderTransport(None, sender_name, "firm@x.example").compose(letter)
    return mail.as_bytes(policy=POLICY)


@given(NAMES, NAMES)
@example(INSIDE, INSIDE)
@example(LONG, LONG)
@example('A "quoted", name; with <angles> (and a comment) ' * 4, "\\" * 100)
@example("   ", ",")
def test_whatever_the_names_a_mail_has_one_recipient_and_one_sender(to_name, sender_name):
    raw = written(to_name, sender_name)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert [a.addr_spec for a in mail["To"].addresses] == ["client@x.example"]
    assert [a.addr_spec for a in mail["From"].addresses] == ["firm@x.example"]
    assert not mail["To"].defects
    assert mail["Subject"] == "Vos documents"
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("name", [INSIDE, LONG, "Jeanne Martin", "O'Neil, Pat", "Bürkli 中文 " * 9, "=?utf-8?q?x?="])
def test_a_name_comes_out_as_it_went_in(name):
    # The older of Python's parsers: the newer one keeps the blank between two encoded words (RFC 2047 drops it).
    phrase, address = parseaddr(email.message_from_bytes(written(name))["To"])
    found = str(make_header(decode_header(phrase)))
    assert address == "client@x.example"
    assert " ".join(found.split()) == " ".join(name.split())
