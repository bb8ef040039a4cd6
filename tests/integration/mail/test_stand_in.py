"""The stand-in refuses what SendGrid refuses, fails as it may fail, and its journal tells what really arrived."""

import itertools
import json
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import jsonschema
import pytest
from sendgrid.helpers.eventwebhook import EventWebhook

from stand_in import (
    KEY,
    StandIn,
    busy,
    cancel_refused,
    deliveries,
    error,
    gateway,
    hang,
    hold,
    odd,
    redirect,
    reset,
    slow,
)
from stand_in.events import SIGNATURE, TIMESTAMP
from tasks.mail.transport.base import OWN_HTML, OWN_TEXT, Layout, Mailbox, OutgoingMessage
from tasks.mail.transport.payload import batches_of, request_body

DESCRIPTIONS = Path(__file__).parents[4] / "shared" / "sendgrid"
EVENING = int(datetime(2026, 11, 23, 20, tzinfo=UTC).timestamp())
NINE = int(datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp())
SENDS = "/v3/user/scheduled_sends"
described = pytest.mark.needs_shared


@pytest.fixture
def sendgrid(tmp_path):
    with StandIn(tmp_path / "journal", EVENING, fsync=False) as stand_in:
        yield stand_in


@pytest.fixture
def client(sendgrid):
    with a_client(sendgrid) as opened:
        yield opened


def a_client(sendgrid, key=KEY, timeout=5.0):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=sendgrid.url, headers=headers, timeout=timeout, trust_env=False)


def person(number):
    own = {"to": [{"email": f"client{number}@x.example", "name": f"Client {number}"}], "subject": f"Objet {number}"}
    return own | {"custom_args": {"message_id": str(number)}}


def a_mail(*numbers, **changes):
    content = [{"type": "text/plain", "value": "Bonjour"}, {"type": "text/html", "value": "<p>Bonjour</p>"}]
    mail = {"personalizations": [person(n) for n in numbers or (1,)], "from": {"email": "firm@x.example"}}
    return mail | {"content": content, "categories": ["relance"]} | changes


def send(client, *numbers, **changes):
    return client.post("/v3/mail/send", json=a_mail(*numbers, **changes))


def new_batch(client):
    return client.post("/v3/mail/batch").json()["batch_id"]


def schedule(client, *numbers, batch_id=None, send_at=NINE):
    batch_id = batch_id or new_batch(client)
    assert send(client, *numbers, batch_id=batch_id, send_at=send_at).status_code == 202
    return batch_id


def stop(client, batch_id, status="cancel"):
    return client.post(SENDS, json={"batch_id": batch_id, "status": status})


def schema(name, *path):
    document = json.loads((DESCRIPTIONS / f"{name}.json").read_text(encoding="utf-8"))
    found = document
    for step in path:
        found = found[step]
    return found | {"components": document["components"]}


# ---- what it takes


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


# ---- what it refuses


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


@pytest.fixture(scope="module")
def refusing(tmp_path_factory):
    with StandIn(tmp_path_factory.mktemp("refusing") / "journal", EVENING, fsync=False) as opened:
        yield opened


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


SANDBOX = {"sandbox_mode": {"enable": True}}


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


# ---- batches, cancels, the clock


def test_a_scheduled_mail_leaves_when_its_hour_comes_and_once(sendgrid, client):
    schedule(client, 1)
    sendgrid.advance(NINE - 1)
    assert not sendgrid.deliveries()
    sendgrid.advance(NINE)
    sendgrid.advance(NINE + 86_400)
    assert sendgrid.deliveries() == {1: 1}


def test_a_recipients_own_send_at_goes_before_the_requests(sendgrid, client):
    assert send(client, personalizations=[person(1) | {"send_at": NINE - 60}, person(2)], send_at=NINE).is_success
    sendgrid.advance(NINE - 60)
    assert sendgrid.deliveries() == {1: 1}


def test_a_batch_id_is_known_once_given_out(client):
    batch_id = new_batch(client)
    assert client.get(f"/v3/mail/batch/{batch_id}").json() == {"batch_id": batch_id}
    assert client.get("/v3/mail/batch/nobody").status_code == 400
    assert new_batch(client) != batch_id


def test_nothing_of_a_cancelled_batch_is_delivered_not_even_what_arrives_later(sendgrid, client):
    batch_id = schedule(client, 1)
    assert stop(client, batch_id).json() == {"batch_id": batch_id, "status": "cancel"}
    assert client.get(f"{SENDS}/{batch_id}").json() == [{"batch_id": batch_id, "status": "cancel"}]
    assert client.get(SENDS).json() == [{"batch_id": batch_id, "status": "cancel"}]
    schedule(client, 2, batch_id=batch_id)
    sendgrid.advance(NINE)
    schedule(client, 3, batch_id=batch_id)
    assert client.delete(f"{SENDS}/{batch_id}").status_code == 204
    sendgrid.advance(NINE + 3600)
    assert (sendgrid.deliveries(), sendgrid.accepted()) == ({}, {1: 1, 2: 1, 3: 1})


def test_a_cancel_taken_back_in_time_lets_the_mail_go_and_a_late_sender_after_it_too(sendgrid, client):
    batch_id = schedule(client, 1)
    stop(client, batch_id)
    client.delete(f"{SENDS}/{batch_id}")
    schedule(client, 2, batch_id=batch_id)
    sendgrid.advance(NINE)
    assert sendgrid.deliveries() == {1: 1, 2: 1}


def test_a_pause_holds_until_it_is_lifted_and_72_hours_at_most(sendgrid, client):
    first, second = schedule(client, 1), schedule(client, 2)
    assert [stop(client, batch_id, "pause").status_code for batch_id in (first, second)] == [201, 201]
    sendgrid.advance(NINE + 3600)
    client.delete(f"{SENDS}/{first}")
    assert sendgrid.deliveries() == {1: 1}
    sendgrid.advance(NINE + 73 * 3600)
    client.delete(f"{SENDS}/{second}")
    assert sendgrid.deliveries() == {1: 1}


def test_what_cannot_be_cancelled(client):
    batch_id = new_batch(client)
    assert stop(client, "nobody").status_code == 400
    assert stop(client, batch_id, "stop").status_code == 400
    assert stop(client, batch_id).status_code == 201
    assert stop(client, batch_id, "pause").status_code == 400
    assert client.patch(f"{SENDS}/{batch_id}", json={"status": "pause"}).status_code == 204
    assert client.get(f"{SENDS}/{batch_id}").json()[0]["status"] == "pause"
    other = new_batch(client)
    assert client.get(f"{SENDS}/{other}").json() == []
    for answer in (
        client.get(f"{SENDS}/nobody"),
        client.delete(f"{SENDS}/{other}"),
        client.patch(f"{SENDS}/{other}", json={"status": "pause"}),
    ):
        assert answer.status_code == 404


def test_a_hundred_cancels_are_the_most(client):
    batches = [new_batch(client) for _ in range(101)]
    assert [stop(client, batch_id).status_code for batch_id in batches] == [201] * 100 + [400]
    client.delete(f"{SENDS}/{batches[0]}")
    assert stop(client, batches[100]).status_code == 201


def test_a_cancel_less_than_ten_minutes_before_is_refused_or_taken_and_of_no_use(sendgrid, client):
    early, late = schedule(client, 1), schedule(client, 2)
    sendgrid.advance(NINE - 600)
    assert stop(client, early).status_code == 201
    sendgrid.advance(NINE - 599)
    assert stop(client, late).status_code == 400
    sendgrid.set(late_cancel="ignored")
    assert stop(client, late).status_code == 201
    assert client.get(f"{SENDS}/{late}").json()[0]["status"] == "cancel"
    sendgrid.advance(NINE)
    assert sendgrid.deliveries() == {2: 1}


def test_a_cancel_after_the_hour_is_taken_and_takes_nothing_back(sendgrid, client):
    batch_id = schedule(client, 1)
    sendgrid.advance(NINE)
    assert stop(client, batch_id).status_code == 201
    assert sendgrid.deliveries() == {1: 1}


def test_the_clock_goes_forward_only(sendgrid):
    with pytest.raises(ValueError, match="forward"):
        sendgrid.advance(EVENING - 1)


def test_with_the_real_clock_mails_leave_by_themselves(tmp_path):
    with StandIn(tmp_path / "journal") as sendgrid, a_client(sendgrid) as client:
        now = sendgrid.state()["now"]
        assert abs(now - time.time()) < 5
        schedule(client, 1, send_at=now + 1)
        schedule(client, 2, send_at=now + 3600)
        until(lambda: sendgrid.deliveries() == {1: 1})
        sendgrid.advance(now + 3600)
        assert sendgrid.deliveries() == {1: 1, 2: 1}


def until(is_so):
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("not within five seconds")


# ---- suppressions and logs


@described
@pytest.mark.parametrize("kind", ["bounces", "blocks", "invalid_emails", "spam_reports", "unsubscribes"])
def test_a_list_is_paged_as_described(sendgrid, client, kind):
    for n in range(5):
        sendgrid.suppress(kind, f"c{n}@x.example", created=EVENING + n)
    path = f"/v3/suppression/{kind}"
    document = schema("tsg_suppressions_v3")
    ok = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = client.get(path).json()
    jsonschema.validate(whole, ok | {"components": document["components"]})
    assert [entry["email"] for entry in whole] == [f"c{n}@x.example" for n in (4, 3, 2, 1, 0)]
    between = client.get(path, params={"start_time": EVENING + 1, "end_time": EVENING + 3}).json()
    assert [entry["created"] - EVENING for entry in between] == [3, 2, 1]
    pages = [client.get(path, params={"limit": 2, "offset": n}).json() for n in (0, 2, 4)]
    assert list(itertools.chain(*pages)) == whole
    assert [entry["email"] for entry in client.get(path, params={"email": "C3"}).json()] == ["c3@x.example"]
    assert len(client.get(path, params={"email": "%@x"}).json()) == 5
    for wrong in ({"limit": 501}, {"limit": 0}, {"offset": "a"}, {"start_time": "-1"}):
        assert client.get(path, params=wrong).status_code == 400


def test_a_mail_to_a_suppressed_address_is_taken_and_dropped(sendgrid, client):
    sendgrid.suppress("bounces", "Client1@x.example")
    sendgrid.suppress("blocks", "client2@x.example")
    assert send(client, 1, 2).status_code == 202
    assert (sendgrid.accepted(), sendgrid.deliveries()) == ({1: 1, 2: 1}, {2: 1})


@described
def test_the_logs_find_what_was_taken_and_tell_its_message_id(sendgrid, client):
    schedule(client, 1, 2)
    sendgrid.advance(EVENING + 60)
    send(client, 3, personalizations=[person(3) | {"subject": "L'objet"}])
    found = search(client, "to_email = 'client2@x.example'")
    jsonschema.validate({"messages": found}, schema("tsg_logs_v3", *SCHEMAS, "EmailLogsGetMessagesByFilterResponse"))
    detail = client.get(f"/v3/logs/{found[0]['sg_message_id']}").json()
    # Not `validate`: the description's examples are no valid schema themselves.
    whole = schema("tsg_logs_v3", *SCHEMAS, "EmailLogsGetMessageByIdResponse")
    jsonschema.Draft202012Validator(whole).validate(detail)
    assert (detail["custom_args"], detail["status"]) == ({"message_id": "2"}, "processed")
    assert [m["subject"] for m in search(client, "status IN ('delivered')")] == ["L'objet"]
    assert [m["subject"] for m in search(client, 'subject = "L\'objet" AND categories IN ("a", "relance")')] == [
        "L'objet"
    ]
    since = 'sg_message_id_created_at > TIMESTAMP "2026-11-23T20:00:00Z"'
    assert [m["to_email"] for m in search(client, since)] == ["client3@x.example"]
    assert [m["to_email"] for m in search(client, "")] == [f"client{n}@x.example" for n in (3, 2, 1)]
    assert client.get("/v3/logs/nothing").status_code == 404


SCHEMAS = ("components", "schemas")


def search(client, query):
    answer = client.post("/v3/logs", json={"query": query})
    assert answer.status_code == 200, answer.text
    return answer.json()["messages"]


@pytest.mark.parametrize(
    "query", ["message_id = '1'", "batch_id = 'a'", "status = 'delivered'", "subject = a", "subject = 'a' OR b", "a"]
)
def test_the_logs_refuse_what_cannot_be_asked(refusing, query):
    with a_client(refusing) as client:
        assert client.post("/v3/logs", json={"query": query}).status_code == 400
        assert client.post("/v3/logs", json={"limit": 1001}).status_code == 400


def test_the_logs_may_lag(sendgrid, client):
    sendgrid.set(logs_lag=60)
    send(client, 1)
    assert search(client, "") == []
    sendgrid.advance(EVENING + 60)
    assert len(search(client, "")) == 1


# ---- events


def is_signed(sendgrid, post):
    verifier = EventWebhook(sendgrid.public_key())
    return verifier.verify_signature(post.body.decode(), post.headers[SIGNATURE], post.headers[TIMESTAMP])


def test_events_are_signed_and_carry_the_message_id(sendgrid, client):
    send(client, 1, 2)
    (post,) = sendgrid.events("delivered")
    events = json.loads(post.body)
    assert [(e["event"], e["message_id"], e["email"]) for e in events] == [
        ("delivered", "1", "client1@x.example"),
        ("delivered", "2", "client2@x.example"),
    ]
    assert is_signed(sendgrid, post)
    assert not EventWebhook(sendgrid.public_key()).verify_signature(
        post.body.decode() + " ", post.headers[SIGNATURE], post.headers[TIMESTAMP]
    )


def test_events_come_again_and_out_of_order_on_request(sendgrid, client):
    send(client, *range(20))
    posts = sendgrid.events("delivered", copies=3, seed=7, per_post=25)
    events = [event for post in posts for event in json.loads(post.body)]
    assert [len(json.loads(post.body)) for post in posts] == [25, 25, 10]
    assert set(Counter(e["sg_event_id"] for e in events).values()) == {3}
    assert [e["message_id"] for e in events[:20]] != [str(n) for n in range(20)]
    assert all(is_signed(sendgrid, post) for post in posts)
    again = sendgrid.events("delivered", copies=3, seed=7, per_post=25)
    assert [post.body for post in again] == [post.body for post in posts]


@pytest.mark.parametrize(
    ("event", "listed"),
    [("bounce", "bounces"), ("blocked", "blocks"), ("spamreport", "spam_reports"), ("unsubscribe", "unsubscribes")],
)
def test_an_event_puts_the_address_on_its_list(sendgrid, client, event, listed):
    send(client, 1, 2)
    (post,) = sendgrid.events(event, [2])
    assert [e["message_id"] for e in json.loads(post.body)] == ["2"]
    assert [e["email"] for e in client.get(f"/v3/suppression/{listed}").json()] == ["client2@x.example"]


def test_an_event_may_come_before_our_own_answer(sendgrid):
    sendgrid.faults(hang(accepted=True))
    with a_client(sendgrid, timeout=0.2) as client, pytest.raises(httpx.ReadTimeout):
        send(client, 5)
    assert len(sendgrid.events("delivered", [5])) == 1


# ---- faults


ANSWERS = [
    (error(500), 500, 0),
    (error(500, accepted=True), 500, 1),
    (gateway(502), 502, 1),
    (gateway(503, accepted=False), 503, 0),
    (gateway(504), 504, 1),
    (odd(200), 200, 0),
    (odd(200, accepted=True), 200, 1),
    (redirect(), 302, 0),
    (redirect(accepted=True), 302, 1),
    (error(401), 401, 0),
    (error(403), 403, 0),
    (error(413), 413, 0),
    (busy(), 429, 0),
]


@pytest.mark.parametrize(("fault", "status", "taken"), ANSWERS, ids=lambda x: f"{getattr(x, 'status', x)}")
def test_a_strange_answer_befalls_the_request_it_is_meant_for(sendgrid, client, fault, status, taken):
    sendgrid.faults(fault)
    assert client.get(SENDS).status_code == 200
    answer = send(client, 1)
    assert (answer.status_code, sendgrid.accepted()[1]) == (status, taken)
    assert ("html" in answer.headers.get("content-type", "")) == (status in (200, 302, 502, 503, 504))
    assert send(client, 2).status_code == 202
    assert [(call["status"], call["fault"]) for call in sendgrid.calls()[-2:]] == [(status, "answer"), (202, None)]


BREAKS = [
    (reset("head"), 0),
    (reset("body"), 0),
    (reset("end"), 0),
    (reset("end", accepted=True), 1),
    (reset("answer", accepted=True), 1),
    (hang(), 0),
    (hang(accepted=True), 1),
]


@pytest.mark.parametrize(("fault", "taken"), BREAKS, ids=lambda x: f"{getattr(x, 'does', x)}-{getattr(x, 'at', '')}")
def test_a_connection_breaks_where_it_is_told_to(sendgrid, fault, taken):
    sendgrid.faults(fault)
    with a_client(sendgrid, timeout=0.5) as client:
        with pytest.raises(httpx.TransportError) as broken:
            send(client, *range(500))
        assert isinstance(broken.value, httpx.ReadTimeout) == (fault.does == "hang")
        assert not isinstance(broken.value, httpx.ConnectError)
        assert sendgrid.accepted()[1] == taken
        assert send(client, 1000).status_code == 202
    assert sendgrid.calls()[0]["status"] is None


def test_a_storm_of_429_says_when_it_ends(sendgrid, client):
    sendgrid.faults(busy(30, times=3), busy(2, header="Retry-After", nth=4))
    answers = [send(client, 1) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [429] * 4 + [202]
    assert [answer.headers["X-RateLimit-Reset"] for answer in answers[:3]] == [str(EVENING + 30)] * 3
    assert answers[3].headers["Retry-After"] == "2"


def test_faults_fall_by_number_by_path_and_by_seed(sendgrid, client):
    sendgrid.faults(error(nth=2, times=2), error(503, method="GET", path="/v3/suppression/*", times=None))
    assert [send(client, n).status_code for n in range(4)] == [202, 500, 500, 202]
    assert [client.get("/v3/suppression/blocks").status_code for _ in range(3)] == [503] * 3
    sendgrid.clear_faults()
    assert client.get("/v3/suppression/blocks").status_code == 200
    runs = []
    for seed in (1, 1, 2):
        sendgrid.faults(error(times=None, share=0.5), seed=seed)
        runs.append([send(client, 1).status_code for _ in range(30)])
        sendgrid.clear_faults()
    assert runs[0] == runs[1] != runs[2]
    assert {202, 500} == set(runs[0])


def test_a_held_request_is_taken_late_even_when_nobody_waits_any_more(sendgrid, client):
    batch_id = new_batch(client)
    sendgrid.faults(hold())
    with a_client(sendgrid, timeout=0.2) as hasty, pytest.raises(httpx.ReadTimeout):
        send(hasty, 1, batch_id=batch_id, send_at=NINE)
    assert (sendgrid.state()["held"], sendgrid.accepted()) == (1, {})
    assert stop(client, batch_id).status_code == 201
    sendgrid.release()
    assert (sendgrid.state()["held"], sendgrid.accepted()) == (0, {1: 1})
    sendgrid.advance(NINE)
    assert not sendgrid.deliveries()


def test_cancels_may_be_refused_lost_or_show_up_late(sendgrid, client):
    refused, lost, late = (new_batch(client) for _ in range(3))
    sendgrid.faults(cancel_refused())
    assert stop(client, refused).status_code == 400
    sendgrid.faults(gateway(502, path=SENDS))
    assert stop(client, lost).status_code == 502
    assert client.get(f"{SENDS}/{lost}").json()[0]["status"] == "cancel"
    sendgrid.set(hide_cancels=2)
    assert stop(client, late).status_code == 201
    assert client.get(SENDS).json() == [{"batch_id": lost, "status": "cancel"}]
    assert [len(client.get(f"{SENDS}/{late}").json()) for _ in range(3)] == [0, 0, 1]


def test_every_answer_may_be_slow(sendgrid, client):
    sendgrid.set(latency_ms=100)
    sendgrid.faults(slow(200))
    begun = time.perf_counter()
    assert send(client, 1).status_code == 202
    assert time.perf_counter() - begun >= 0.3


def test_a_setting_or_fault_that_is_none_is_said_so(sendgrid):
    with pytest.raises(ValueError, match="latence"):
        sendgrid.set(latence=1)
    with pytest.raises(ValueError, match="nothing that a test"):
        sendgrid.control("advanse")


# ---- journal, clients, restart


def test_the_journal_holds_a_request_before_its_answer_leaves(tmp_path):
    path = tmp_path / "journal"
    with StandIn(path, EVENING) as sendgrid, a_client(sendgrid) as client:
        for n in range(20):
            assert send(client, n).status_code == 202
            assert sendgrid.accepted()[n] == 1
        sendgrid.kill()
    assert deliveries(path) == dict.fromkeys(range(20), 1)


def test_a_killed_stand_in_takes_up_where_it_was(sendgrid):
    with a_client(sendgrid) as client:
        cancelled, waiting = schedule(client, 1), schedule(client, 2)
        stop(client, cancelled)
        send(client, 3)
        sendgrid.events("bounce", [3])
        sendgrid.advance(EVENING + 60)
    key, port = sendgrid.public_key(), sendgrid.port
    sendgrid.kill()
    with sendgrid.journal.open("ab") as file:
        file.write(b'{"kind":"deliv')
    sendgrid.start()
    assert (sendgrid.public_key(), sendgrid.port, sendgrid.state()["now"]) == (key, port, EVENING + 60)
    with a_client(sendgrid) as client:
        assert client.get(SENDS).json() == [{"batch_id": cancelled, "status": "cancel"}]
        assert new_batch(client) not in (cancelled, waiting)
        assert [e["email"] for e in client.get("/v3/suppression/bounces").json()] == ["client3@x.example"]
        assert [m["status"] for m in search(client, "to_email = 'client3@x.example'")] == ["bounced"]
        schedule(client, 4, batch_id=cancelled)
        schedule(client, 5, batch_id=waiting)
    sendgrid.advance(NINE)
    assert sendgrid.deliveries() == {2: 1, 3: 1, 5: 1}


def test_it_ends_with_whoever_started_it(tmp_path):
    sendgrid = StandIn(tmp_path / "journal", EVENING)
    sendgrid.start()
    process = sendgrid._process
    sendgrid.stop()
    assert process.returncode == 0
    with pytest.raises(httpx.ConnectError), a_client(sendgrid) as client:
        client.get(SENDS)


def test_several_clients_at_once_lose_and_double_nothing(sendgrid):
    def work(k):
        with a_client(sendgrid) as client:
            for n in range(50):
                assert send(client, k * 50 + n).status_code == 202

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sendgrid.deliveries() == dict.fromkeys(range(200), 1)
    assert len({request["id"] for request in sendgrid.requests()}) == 200


def test_a_connection_is_kept_alive(sendgrid, client):
    def peer(answer):
        return answer.extensions["network_stream"].get_extra_info("client_addr")

    answers = [send(client, 1), client.get(SENDS), send(client, 2, content=[]), send(client, 3)]
    assert len({peer(answer) for answer in answers}) == 1


def test_it_starts_in_half_a_second_and_answers_quickly(tmp_path):
    begun = time.perf_counter()
    with StandIn(tmp_path / "journal", EVENING, fsync=False) as sendgrid, a_client(sendgrid) as client:
        started = time.perf_counter()
        for _ in range(300):
            client.get(SENDS)
        # Ten times what it takes, for machines that have other things to do.
        assert started - begun < 5
        assert time.perf_counter() - started < 3


def test_chunked_bodies_are_read(sendgrid, client):
    text = json.dumps(a_mail(1)).encode()
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v3/mail/send", content=iter([text[:50], text[50:]]), headers=headers)
    assert answer.status_code == 202
