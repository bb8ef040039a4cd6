"""The signed endpoint: what SendGrid signed lately is written down and acknowledged; everything else is refused."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from flows.home.errors import SettingsError
from flows.web.app import make_app
from flows.web.context import Web as Served
from flows.web.events import MOST_BYTES, SIGNATURE, TIMESTAMP, Verifier
from posting import NINE, statuses
from sql import schema
from stand_in import KEY
from tasks.mail.delivery import events as recording


@pytest.fixture
def sent(firm, clock):
    firm.night()
    clock.turn(NINE)
    return firm


class Web:
    """The application, asked as a web server asks it."""

    def __init__(self, firm, service, clock):
        served = Served(firm.settings, firm.store, b"k" * 32, clock, lambda: None, firm.settings.renderer)
        self._app = make_app(served, Verifier(service.public_key()))

    def ask(self, method, path, **words):
        async def once():
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **words)

        return asyncio.run(once())

    def post(self, path, **words):
        return self.ask("POST", path, **words)


@pytest.fixture
def web(firm, service, clock):
    return Web(firm, service, clock)


def known(firm):
    with firm.store.begin() as connection:
        return list(connection.execute(select(schema.mail_events.c.kind)).scalars())


def put(web, post, **headers):
    return web.post("/events", content=post.body, headers=post.headers | headers).status_code


def test_what_sendgrid_signed_is_written_down_and_acknowledged(sent, web, service):
    (post,) = service.events("delivered")
    assert put(web, post) == 204
    assert known(sent) == ["delivered"] * 5


def test_a_body_told_again_is_acknowledged_and_changes_nothing(sent, web, service):
    (post,) = service.events("bounce", ["1"])
    assert (put(web, post), put(web, post)) == (204, 204)
    assert (known(sent), statuses(sent)) == (["bounced"], {"sent": 4, "suppressed": 1})


def test_a_forged_body_is_refused(sent, web, service):
    (post,) = service.events("delivered", ["1"])
    forged = post.body.replace(b"delivered", b"unsubscribe")
    assert web.post("/events", content=forged, headers=post.headers).status_code == 403
    assert known(sent) == []


def test_a_body_read_and_written_anew_is_not_the_one_that_was_signed(sent, web, service):
    (post,) = service.events("delivered")
    assert web.post("/events", content=post.body.replace(b"\r\n", b""), headers=post.headers).status_code == 403


@pytest.mark.parametrize("minutes", [11, -11])
def test_a_stale_signature_is_refused(sent, service, clock, minutes):
    (post,) = service.events("delivered")
    at = lambda: clock() + timedelta(minutes=minutes)
    assert put(Web(sent, service, at), post) == 403
    assert known(sent) == []


@pytest.mark.parametrize("minutes", [9, -9])
def test_a_signature_is_good_for_ten_minutes(sent, service, clock, minutes):
    (post,) = service.events("delivered")
    at = lambda: clock() + timedelta(minutes=minutes)
    assert put(Web(sent, service, at), post) == 204


@pytest.mark.parametrize(
    "headers",
    [
        {SIGNATURE: ""},
        {SIGNATURE: "not base64 at all"},
        {SIGNATURE: "A" * 5000},
        {TIMESTAMP: ""},
        {TIMESTAMP: "soon"},
        {TIMESTAMP: "9" * 400},
    ],
    ids=str,
)
def test_headers_that_are_none_are_refused(web, clock, headers):
    good = {SIGNATURE: "MEUCIQ==", TIMESTAMP: str(int(clock().timestamp()))}
    assert web.post("/events", content=b"[]", headers=good | headers).status_code == 403


def test_a_body_beyond_a_megabyte_is_refused_without_being_kept(firm, web):
    assert web.post("/events", content=b"x" * (MOST_BYTES + 1)).status_code == 413
    # One that is just as long as allowed is read whole, and not believed.
    assert web.post("/events", content=b"x" * MOST_BYTES).status_code == 403
    assert known(firm) == []


def test_what_could_not_be_written_down_is_not_acknowledged_and_comes_again(sent, web, service, monkeypatch):
    (post,) = service.events("bounce", ["1"])

    def full(*_words):
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(recording, "apply_status_changes", full)
        assert put(web, post) == 500
        assert known(sent) == []
    assert put(web, post) == 204
    assert known(sent) == ["bounced"]


def test_the_application_shows_nothing_else(web):
    assert web.ask("GET", "/health").json() == {"status": "ok"}
    assert [web.ask("GET", path).status_code for path in ("/docs", "/openapi.json", "/", "/events")] == [
        404,
        404,
        404,
        405,
    ]


def test_a_key_that_is_none_is_told_at_the_start():
    with pytest.raises(SettingsError, match="mail.webhook_key is no public key"):
        Verifier("A" * 60)


def test_relance_serve_events_needs_a_key_serves_and_stops_in_order(sqlite_office, sending, service):
    firm = sending(sqlite_office)
    environment = os.environ | {"SENDGRID_API_KEY": KEY, "SENDGRID_HOST": service.url}
    command = [sys.executable, "-m", "flows", "serve", "--events", "--port", "0", "--home", str(firm.settings.home)]
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (refused.returncode, "mail.webhook_key is missing" in refused.stderr) == (1, True)

    path = firm.settings.home / "firm.yaml"
    words = path.read_text(encoding="utf-8")
    path.write_text(words.replace("mail:\n", f"mail:\n  webhook_key: {service.public_key()}\n"), encoding="utf-8")
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as serving:
        said = serving.stderr.readline()
        address = re.search(r"http://\S+", said)
        assert address, said + serving.stderr.read()
        assert httpx.post(address.group(), content=b"[]", trust_env=False).status_code == 403
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(timeout=20) in (0, -signal.SIGTERM)
