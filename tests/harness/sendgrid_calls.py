"""Calls to a stand-in for SendGrid, as any client would make them, and SendGrid's own description of its API."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx

from stand_in import KEY

DESCRIPTIONS = Path(__file__).parents[3] / "shared" / "sendgrid"
EVENING = int(datetime(2026, 11, 23, 20, tzinfo=UTC).timestamp())
NINE = int(datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp())
SENDS = "/v3/user/scheduled_sends"
SANDBOX = {"sandbox_mode": {"enable": True}}


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


def search(client, query):
    answer = client.post("/v3/logs", json={"query": query})
    assert answer.status_code == 200, answer.text
    return answer.json()["messages"]
