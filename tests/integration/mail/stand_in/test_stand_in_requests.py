"""What the stand-in takes and refuses is what SendGrid takes and refuses."""

import json
from datetime import UTC, datetime

import jsonschema
import pytest
from sendgrid_calls import EVENING, NINE, SANDBOX, SENDS, a_client, a_mail, new_batch, person, schema, send

from tasks.mail.transport.base import OWN_HTML, OWN_TEXT, Layout, Mailbox, OutgoingMessage
from tasks.mail.transport.payload import batches_of, request_body

described = pytest.mark.needs_shared


@described
def test_the_mail_of_these_tests_is_as_described():
    jsonschema.validate(
        a_mail(1, 2),
        schema("tsg_mail_v3", "components", "requestBodies", "PostMailSend", "content", "application/json", "schema"),
    )


def test_an_immediate_mail_is_accepted_and_delivered_at_once(sendgrid, client):
    answer = send(client, 1, 2)
    assert (answer.status_code, answer.content, bool(answer.headers["X-Message-Id"])) == (202, b"", True)
    assert sendgrid.deliveries() == sendgrid.accepted() == {1: 1, 2: 1}
    (request,) = sendgrid.requests()
    assert (request["batch_id"], request["send_at"], request["id"]) == (None, None, answer.headers["X-Message-Id"])
    assert request["mails"][0] == {
        "email": "client1@x.example",
        "subject": "Objet 1",
        "custom_args": {"message_id": "1"},
    }


def test_the_projects_own_requests_are_taken_and_arrive_whole(sendgrid, client):
    layout = Layout("fr", f"{OWN_TEXT}\n--\nCabinet\n", f"<html><body>{OWN_HTML}<hr></body></html>\n")
    nine = datetime.fromtimestamp(NINE, UTC)
    letters = [
        OutgoingMessage(
            n, f"Éloïse {n}", f"c{n}@x.example", f"Objet {n} en été", layout, text, f"<p>{text}</p>", "fr", nine
        )
        for n, text in enumerate(["Bonjour", "é" * 4000, "x" * 20_000])
    ]
    sendgrid.set(keep_bodies=True)
    for batch in batches_of(letters):
        for at, batch_id, is_sandbox in ((nine, new_batch(client), False), (None, None, False), (None, None, True)):
            body = request_body(batch, Mailbox("Cabinet", "firm@x.example"), "token-1", at, batch_id, is_sandbox)
            answer = client.post("/v3/mail/send", content=json.dumps(body, ensure_ascii=False).encode())
            assert answer.status_code == 415
            answer = client.post("/v3/mail/send", json=body)
            assert answer.status_code == (200 if is_sandbox else 202), answer.text
    assert sendgrid.body(sendgrid.requests()[0]["id"])["personalizations"][0]["subject"] == "Objet 0 en été"
    assert sendgrid.deliveries() == {0: 1, 1: 1, 2: 1}
    sendgrid.advance(NINE)
    assert sendgrid.deliveries() == {0: 2, 1: 2, 2: 2}


def test_the_sandbox_checks_and_accepts_nothing(sendgrid, client):
    sandbox = {"sandbox_mode": {"enable": True}}
    assert send(client, 1, mail_settings=sandbox).status_code == 200
    assert send(client, 1, mail_settings=sandbox, content=[]).status_code == 400
    assert not sendgrid.accepted()


def test_a_thousand_recipients_are_taken_and_one_more_is_not(client):
    assert send(client, *range(1000)).status_code == 202
    assert send(client, *range(1001)).status_code == 400


def one(**changes):
    return {"personalizations": [person(1) | changes]}


REFUSED = {
    "no personalization": ({"personalizations": []}, "personalizations"),
    "no sender": ({"from": {}}, "from.email"),
    "no recipient": (one(to=[]), "personalizations.0.to"),
    "bad address": (one(to=[{"email": "client@x@example"}]), "personalizations.0.to.0.email"),
    "a line break in an address": (one(to=[{"email": "c@x.example\n"}]), "personalizations.0.to.0.email"),
    "an umlaut in an address": (one(to=[{"email": "jérôme@x.example"}]), "personalizations.0.to.0.email"),
    "no domain": (one(to=[{"email": "c@localhost"}]), "personalizations.0.to.0.email"),
    "two dots": (one(to=[{"email": "c..d@x.example"}]), "personalizations.0.to.0.email"),
    "line break in a name": (one(to=[{"email": "c@x.example", "name": "a\r\nBcc: b"}]), "personalizations.0.to.0.name"),
    "line break in a subject": (one(subject="a\nb"), "personalizations.0.subject"),
    "empty subject": (one(subject=""), "personalizations.0.subject"),
    "an address twice": (
        {"personalizations": [person(1), person(2) | {"to": [{"email": "CLIENT1@x.example"}]}]},
        "personalizations.1.to.0",
    ),
    "an address in cc again": (one(cc=[{"email": "Client1@X.example"}]), "personalizations.0.cc.0"),
    "long substitutions": (one(substitutions={"-a-": "é" * 4999}), "personalizations.0.substitutions"),
    "a number to substitute": (one(substitutions={"-a-": 1}), "personalizations.0.substitutions"),
    "a number as argument": (one(custom_args={"message_id": 1}), "personalizations.0.custom_args"),
    "a header of SendGrid's": (one(headers={"X-SG-EID": "1"}), "personalizations.0.headers.X-SG-EID"),
    "a header for all": ({"headers": {"reply-to": "a@x.example"}}, "headers.reply-to"),
    "line break in a header": (one(headers={"X-A": "1\r\nBcc: b"}), "personalizations.0.headers.X-A"),
    "a property unknown": (one(subjekt="a"), "personalizations.0.subjekt"),
    "another property unknown": ({"bacth_id": "a"}, "bacth_id"),
    "no content": ({"content": []}, "content"),
    "empty content": ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
    "html before text": (
        {"content": [{"type": "text/html", "value": "a"}, {"type": "text/plain", "value": "a"}]},
        "content",
    ),
    "eleven categories": ({"categories": [str(n) for n in range(11)]}, "categories"),
    "a category twice": ({"categories": ["a", "a"]}, "categories"),
    "a long category": ({"categories": ["a" * 256]}, "categories"),
    "send_at too far": ({"send_at": EVENING + 72 * 3600 + 1}, "send_at"),
    "one send_at too far": (one(send_at=EVENING + 72 * 3600 + 1), "personalizations.0.send_at"),
    "send_at as text": ({"send_at": str(NINE)}, "send_at"),
    "batch unknown": ({"batch_id": "nobody"}, "batch_id"),
    "a bad reply_to": ({"reply_to": {"email": "a"}}, "reply_to.email"),
    "a setting unknown": ({"tracking_settings": {"clicks": {"enable": False}}}, "tracking_settings.clicks"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_request_is_refused_and_its_field_named(refusing, case):
    changes, field = REFUSED[case]
    with a_client(refusing) as client:
        answer = send(client, **changes)
    assert answer.status_code == 400, case
    assert [wrong["field"] for wrong in answer.json()["errors"]] == [field]
    assert not refusing.accepted()


def test_a_subject_is_needed_somewhere(refusing):
    bare = person(1)
    del bare["subject"]
    with a_client(refusing) as client:
        assert send(client, personalizations=[bare]).json()["errors"][0]["field"] == "subject"
        assert send(client, personalizations=[bare], subject="Objet", mail_settings=SANDBOX).status_code == 200


def test_ten_thousand_bytes_of_substitutions_and_72_hours_are_allowed(refusing):
    own = one(substitutions={"-a-": "é" * 4998 + "e"}, send_at=EVENING + 72 * 3600)
    with a_client(refusing) as client:
        assert send(client, **own, mail_settings=SANDBOX).status_code == 200


def test_a_key_is_needed(refusing):
    for key in (None, "SG.other"):
        with a_client(refusing, key) as client:
            answer = send(client)
            assert (answer.status_code, len(answer.json()["errors"])) == (401, 1)
            assert client.get(SENDS).status_code == 401


def test_paths_methods_and_bodies_that_are_none(refusing):
    with a_client(refusing) as client:
        assert client.get("/v3/nothing").status_code == 404
        assert client.get("/v3/mail/send").status_code == 405
        for content in (b"{", b"[]", b"\xff", b'{"from": "a'):
            answer = client.post("/v3/mail/send", content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 400


def test_thirty_megabytes_are_the_most(refusing):
    content = [{"type": "text/plain", "value": "x" * 30_000_000}]
    with a_client(refusing) as client:
        assert send(client, content=content).status_code == 413
        content[0]["value"] = "x" * 29_990_000
        assert send(client, content=content, mail_settings=SANDBOX).status_code == 200
