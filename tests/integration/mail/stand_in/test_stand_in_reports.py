"""What the stand-in tells afterwards: lists of suppressed addresses, logs, signed events."""

import itertools
import json
from collections import Counter

import httpx
import jsonschema
import pytest
from sendgrid.helpers.eventwebhook import EventWebhook
from sendgrid_calls import EVENING, a_client, person, schedule, schema, search, send

from stand_in import (
    hang,
)
from stand_in.events import SIGNATURE, TIMESTAMP

described = pytest.mark.needs_shared


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
