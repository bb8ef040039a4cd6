"""One outbox for every cause: a second provider beside that of tasks, a recipient who is a user, placeholders (M1, M5)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import insert, select, text, update

from factories import TUESDAY
from flows.home.outgoing import open_outgoing
from flows.jobs.providers import due_providers
from posting import NINE, delivered
from sql import schema
from tasks.domain import frames
from tasks.domain.mail.keys import MESSAGE_KEY
from tasks.mail.compose import compose
from tasks.mail.delivery.deliver import deliver
from tasks.mail.due import DUE_COLUMNS
from tasks.mail.placeholders import placeholder

PARTS = {
    "subject.txt": "{{ activity.subject }}",
    "body.txt": "Bonjour, c'est par ici : {{ page.link }}",
    "body.html": '<p>Bonjour, <a href="{{ page.link }}">par ici</a></p>',
}
LINK = "https://x.example/?a=1&b="


@dataclass
class Notices:
    """A provider of another cause: an activity's notice to a user and to a relation."""

    recipients: list[tuple[str, str]] = field(default_factory=lambda: [("user", "U1"), ("relation", "R1")])

    def due(self, store: Any, as_of: date, _scope: Any = None) -> Iterator[pd.DataFrame]:
        known = store.read("messages", status=None, relation_id=None, after=0)
        if "A1" in set(known["activity_id"].dropna()):
            return
        rows = [
            {
                "cause_kind": "activity",
                "cause_id": "A1",
                "step": "notice",
                "cycle": 0,
                "sequence": 0,
                "recipient_kind": kind,
                "recipient_id": name,
                "message": "notice",
                "email": f"{name.lower()}@x.example",
                "language": "fr",
                "send_on": pd.Timestamp(as_of),
                "merge": {"activity": {"subject": "Rendez-vous"}, "page": {"link": placeholder("page_link")}},
            }
            for kind, name in self.recipients
        ]
        yield pd.DataFrame(rows, columns=list(DUE_COLUMNS)).astype({"send_on": frames.DATE})


@pytest.fixture
def noticing(any_firm):
    folder = any_firm.settings.home / "messages" / "notice" / "fr"
    folder.mkdir(parents=True)
    for name, words in PARTS.items():
        (folder / name).write_text(words, encoding="utf-8")
    any_firm.take("users", {"user_id": "U1", "first_name": "Ana", "last_name": "Roy", "email": "u1@x.example"})
    with any_firm.store.begin() as connection:
        planned = {"activity_id": "A1", "kind": "call", "subject": "Rendez-vous", "invitees": "U1 U2"}
        connection.execute(insert(schema.activities).values(planned | {"starts_at": datetime(2030, 1, 1)}))
    any_firm.reload()
    return any_firm


def composed(firm, *providers):
    return compose(firm.store, firm.settings.renderer, [*due_providers(firm.settings), *providers], as_of=TUESDAY)


def send(firm, clock, **fillers):
    with open_outgoing(firm.settings, firm.store) as outgoing:
        filling = replace(outgoing, fillers=fillers)
        return deliver(firm.store, filling, firm.settings.templates, as_of=TUESDAY, clock=clock)


def links(claimed: pd.DataFrame) -> list[str | None]:
    return [
        f"{LINK}{kind}-{name}" for kind, name in zip(claimed["recipient_kind"], claimed["recipient_id"], strict=True)
    ]


def links_of_users(claimed: pd.DataFrame) -> list[str | None]:
    return [LINK if kind == "user" else None for kind in claimed["recipient_kind"]]


def test_every_cause_goes_through_the_one_outbox_and_arrives_once(noticing, service, clock):
    noticing.night(delivers=False)
    assert composed(noticing, Notices()).created == 2
    assert composed(noticing, Notices()).created == 0
    assert send(noticing, clock, page_link=links).sent == 7
    clock.turn(NINE)
    found = noticing.messages()
    assert delivered(service) == {str(message["message_id"]): 1 for message in found}
    notices = [(m["task_id"], m["activity_id"], m["relation_id"], m["user_id"]) for m in found if m["activity_id"]]
    assert notices == [(None, "A1", None, "U1"), (None, "A1", "R1", None)]
    assert all(m["task_id"] for m in found if not m["activity_id"])


def test_a_placeholder_is_stored_as_it_is_and_filled_as_the_message_leaves(noticing, service, clock):
    service.set(keep_bodies=True)
    composed(noticing, Notices())
    with noticing.store.begin() as connection:
        stored = connection.execute(select(schema.messages.c.body_text)).scalars().all()
    assert all(placeholder("page_link") in body and LINK not in body for body in stored)
    send(noticing, clock, page_link=links)
    (request,) = service.requests()
    body = service.body(request["id"])
    own = {one["to"][0]["email"]: one["substitutions"] for one in body["personalizations"]}
    assert f"{LINK}user-U1" in own["u1@x.example"]["-relance_text-"]
    assert 'href="https://x.example/?a=1&amp;b=relation-R1"' in own["r1@x.example"]["-relance_html-"]
    assert "relance_fill" not in json.dumps(body)


def test_the_hash_of_an_attempt_is_that_of_what_left(noticing, service, clock, monkeypatch):
    from tasks.mail.transport.sendgrid import SendGridClient

    left = []
    post = SendGridClient.send

    def watched(self, payload, *others, **named):
        left.append(payload)
        return post(self, payload, *others, **named)

    monkeypatch.setattr(SendGridClient, "send", watched)
    composed(noticing, Notices())
    send(noticing, clock, page_link=links)
    with noticing.store.begin() as connection:
        hashes = connection.execute(select(schema.attempts.c.body_sha256)).scalars().all()
    assert [sha256(payload).hexdigest() for payload in left] == hashes
    assert LINK.encode() in left[0]


def test_a_message_whose_placeholder_has_no_value_does_not_leave_and_waits(noticing, service, clock):
    composed(noticing, Notices())
    outcome = send(noticing, clock, page_link=links_of_users)
    assert (outcome.sent, outcome.dropped) == (1, {"missing_field": 1})
    assert [(m["relation_id"], m["status"]) for m in noticing.messages() if m["reason"]] == [("R1", "suppressed")]
    clock.turn(NINE)
    assert sum(delivered(service).values()) == 1


def test_m5_a_users_corrected_address_is_read_as_the_message_leaves(noticing, service, clock):
    service.set(keep_bodies=True)
    composed(noticing, Notices(recipients=[("user", "U1"), ("user", "U2")]))
    with noticing.store.begin() as connection:
        connection.execute(update(schema.users).values(email="ana@x.example"))
    outcome = send(noticing, clock, page_link=links)
    assert (outcome.sent, outcome.dropped) == (1, {"no_email": 1}), "there is no user U2"
    found = {m["user_id"]: (m["to"], m["status"]) for m in noticing.messages()}
    assert found == {"U1": ("ana@x.example", "sent"), "U2": (None, "suppressed")}
    (request,) = service.requests()
    (person,) = service.body(request["id"])["personalizations"]
    assert person["to"] == [{"name": "Ana Roy", "email": "ana@x.example"}]


@pytest.mark.parametrize("changed", MESSAGE_KEY)
def test_m1_messages_that_differ_in_any_part_of_the_key_are_two(noticing, changed):
    noticing.night(delivers=False)
    others = {"cause_kind": "activity", "cause_id": "2", "step": "b", "recipient_kind": "user", "recipient_id": "R9"}
    columns = ", ".join((*MESSAGE_KEY, "send_on", "status"))
    values = ", ".join(":new" if name == changed else name for name in MESSAGE_KEY)
    again = f"INSERT INTO messages ({columns}) SELECT {values}, send_on, status FROM messages WHERE message_id = 1"
    with noticing.store.begin() as connection:
        connection.execute(text(again), {"new": others.get(changed, 1)})
    assert len(noticing.messages()) == 6
