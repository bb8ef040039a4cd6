"""SendGrid requests: who shares one, what it says, and that what arrives is what the folder would hold."""

import base64
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers.mail import CustomArg, Header, Personalization, Substitution, To

from tasks.mail.transport.base import OWN_HTML, OWN_TEXT, Layout, Mailbox, OutgoingMessage
from tasks.mail.transport.payload import MAX_PERSONALIZATIONS, MAX_SUBSTITUTION_BYTES, batches_of, request_body

DESCRIPTION = Path(__file__).parents[4] / "shared" / "sendgrid" / "tsg_mail_v3.json"
SENDER = Mailbox("Cabinet Test", "contact@cabinet.example")
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
FRENCH = Layout("fr", f"{OWN_TEXT}\n--\nCabinet\n", f"<html><body>{OWN_HTML}<hr></body></html>\n")
DUTCH = Layout("nl", f"{OWN_TEXT}\n--\nKantoor\n", f"<p>{OWN_HTML}</p>\n")


def message(number, email="", layout=FRENCH, text="Bonjour", html="<p>Bonjour</p>", send_at=NINE):
    address = email or f"client{number}@x.example"
    return OutgoingMessage(
        number, f"Client {number}", address, f"Objet {number}", layout, text, html, layout.language, send_at
    )


def numbers(batches):
    return [[one.message_id for one in batch.messages] for batch in batches]


messages = st.lists(
    st.builds(
        message,
        st.integers(1, 10**6),
        st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "c@x.example"]),
        st.sampled_from([FRENCH, DUTCH]),
        st.sampled_from(["Bonjour", "é" * 200, "x" * (MAX_SUBSTITUTION_BYTES + 1)]),
        st.just("<p>Bonjour</p>"),
        st.sampled_from([NINE, NINE.replace(day=25)]),
    ),
    max_size=40,
)


@given(messages)
def test_o4_every_message_is_in_one_batch_and_no_address_twice_in_any(found):
    batches = batches_of(found)
    assert Counter(id(one) for batch in batches for one in batch.messages) == Counter(map(id, found))
    for batch in batches:
        addresses = [one.to_email.casefold() for one in batch.messages]
        assert len(addresses) == len(set(addresses)) <= MAX_PERSONALIZATIONS
        assert len({(one.layout, one.language, one.send_at) for one in batch.messages}) == 1
        assert batch.is_shared or len(batch.messages) == 1


def test_o4_a_thousand_share_a_request_and_the_next_begins_another():
    assert [len(batch.messages) for batch in batches_of(map(message, range(2001)))] == [1000, 1000, 1]


def test_a_request_stays_under_twenty_megabytes():
    heavy = [message(n, html="<p>" + "é" * 4900 + "</p>") for n in range(1500)]
    batches = batches_of(heavy)
    assert all(len(json.dumps(request_body(b, SENDER, "token-1", None, None)).encode()) < 30_000_000 for b in batches)
    assert sum(len(b.messages) for b in batches) == 1500


@given(messages.filter(bool))
def test_what_arrives_is_what_the_folder_would_hold(found):
    for batch in batches_of(found):
        body = request_body(batch, SENDER, "token-1", NINE, "batch-1")
        contents = {part["type"]: part["value"] for part in body["content"]}
        for one, personal in zip(batch.messages, body["personalizations"], strict=True):
            arrived = dict(contents)
            for mark, own in personal.get("substitutions", {}).items():
                arrived = {kind: text.replace(mark, own) for kind, text in arrived.items()}
            assert arrived == {"text/plain": one.text, "text/html": one.html}
            assert (personal["subject"], personal["to"][0]["email"]) == (one.subject, one.to_email)
            own_bytes = sum(len(v.encode()) for v in personal.get("substitutions", {}).values())
            assert own_bytes <= MAX_SUBSTITUTION_BYTES


@given(messages.filter(bool), st.sampled_from(["", "Zoë", 'O\'Neil "fils", SA', "<b>"]))
def test_a_personalization_is_what_the_packages_helpers_make_of_it(found, name):
    for batch in batches_of([replace(one, to_name=name) for one in found]):
        body = request_body(batch, SENDER, "token-1", None, None)
        assert body["personalizations"] == [by_helpers(one, batch.is_shared).get() for one in batch.messages]


def by_helpers(one, is_shared):
    personal = Personalization()
    personal.add_to(To(one.to_email, one.to_name))
    personal.subject = one.subject
    for name, value in one.unsubscribe_headers(SENDER.email).items():
        personal.add_header(Header(name, value))
    personal.add_custom_arg(CustomArg("message_id", str(one.message_id)))
    personal.add_custom_arg(CustomArg("attempt", "token-1"))
    for mark, own in ((OWN_TEXT, one.own_text), (OWN_HTML, one.own_html)) if is_shared else ():
        personal.add_substitution(Substitution(mark, own))
    return personal


def test_a_scheduled_request_names_its_instant_and_its_batch_and_an_immediate_one_neither():
    (batch,) = batches_of([message(1)])
    scheduled, at_once = (
        request_body(batch, SENDER, "token-1", NINE, "b1"),
        request_body(batch, SENDER, "token-1", None, None),
    )
    assert (scheduled["send_at"], scheduled["batch_id"]) == (int(NINE.timestamp()), "b1")
    assert not {"send_at", "batch_id", "mail_settings"} & set(at_once)
    assert request_body(batch, SENDER, "token-1", None, None, is_sandbox=True)["mail_settings"] == {
        "sandbox_mode": {"enable": True}
    }


def test_q5_custom_args_and_categories_hold_nothing_personal():
    (batch,) = batches_of([message(7, email="canary@x.example", text="Canary")])
    body = request_body(batch, SENDER, "token-1", NINE, "b1")
    assert body["categories"] == ["relance"]
    assert [p["custom_args"] for p in body["personalizations"]] == [{"message_id": "7", "attempt": "token-1"}]


def test_halves_hold_what_the_whole_held():
    (batch,) = batches_of(map(message, range(5)))
    assert numbers(batch.halves()) == [[0, 1], [2, 3, 4]]


@pytest.mark.needs_shared
def test_a_request_fits_sendgrids_own_description():
    described = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    schema = described["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]["schema"]
    whole = schema | {"components": described["components"]}
    for batch in batches_of([message(1), message(2, layout=DUTCH), message(3, text="x" * 20_000)]):
        for sandbox in (False, True):
            jsonschema.validate(request_body(batch, SENDER, "token-1", NINE, "b1", sandbox), whole)
            jsonschema.validate(request_body(batch, SENDER, "token-1", None, None, sandbox), whole)


def test_v5_a_calendar_goes_alone_as_a_part_that_programs_act_on_and_as_a_file():
    text = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    messages = [message(1), replace(message(2), calendar=text), message(3)]
    batches = batches_of(messages)
    assert sorted([one.message_id for one in batch.messages] for batch in batches) == [[1, 3], [2]]
    (alone,) = [batch for batch in batches if len(batch.messages) == 1]
    body = request_body(alone, SENDER, "t-1", None, None)
    assert [part["type"] for part in body["content"]] == [
        "text/plain",
        "text/html",
        "text/calendar; method=REQUEST",
    ]
    assert body["content"][2]["value"] == text
    (file,) = body["attachments"]
    assert (file["filename"], file["type"], file["disposition"]) == ("invite.ics", "application/ics", "attachment")
    assert base64.b64decode(file["content"]).decode() == text
    assert "substitutions" not in body["personalizations"][0]
