"""Sending through SendGrid, against a stand-in on loopback: no mail lost, none twice (O1–O4)."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from stand_in import KEY, StandIn, busy, cancel_refused, error, gateway, hang, odd, redirect, reset

from factories import TUESDAY, relation
from flows.cli import relance
from flows.settings import SettingsError, load_settings
from tasks.attempts import LEASE
from tasks.mail import sendgrid
from tasks.mail.payload import Sender
from tasks.mail.sendgrid import SendGridClient, SendGridTransport
from tasks.mail.transport import OWN_HTML, OWN_TEXT, Layout, Letter, TransportError

TWO_AT_NIGHT = datetime(2026, 11, 24, 1, tzinfo=UTC)
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
MIDDAY = datetime(2026, 11, 24, 11, tzinfo=UTC)
LAYOUT = Layout("fr", f"{OWN_TEXT}\n", f"<p>{OWN_HTML}</p>\n")


class Clock:
    """The instant that the product and the stand-in go by."""

    def __init__(self, instant, service):
        self.instant, self._service = instant, service

    def __call__(self):
        return self.instant

    def turn(self, instant):
        self.instant = instant
        self._service.advance(instant)


@pytest.fixture
def service(tmp_path):
    with StandIn(tmp_path / "journal", now=TWO_AT_NIGHT, fsync=False) as found:
        yield found


@pytest.fixture
def clock(service):
    return Clock(TWO_AT_NIGHT, service)


@pytest.fixture
def sending(service, clock, monkeypatch):
    """Make an office of five relations whose mail is due send by the stand-in."""

    def set_up(office):
        monkeypatch.setattr("flows.night.now", clock)
        monkeypatch.setattr("flows.sending.now", clock)
        monkeypatch.setattr(sendgrid, "TOTAL_SECONDS", 1.0)
        office.bring(*(relation(f"R{n}", "2026-11-20", email=f"r{n}@x.example") for n in range(5)))
        office.put_on(*(f"R{n}" for n in range(5)))
        path = office.settings.home / "firm.yaml"
        words = path.read_text(encoding="utf-8").replace("transport: folder", "transport: sendgrid")
        path.write_text(words, encoding="utf-8")
        access = {"SENDGRID_API_KEY": KEY, "SENDGRID_HOST": service.url}
        office.reload({"RELANCE_DATABASE_URL": office.settings.database_url} | access)
        return office

    return set_up


@pytest.fixture
def firm(sqlite_office, sending):
    """Sending from the embedded database."""
    return sending(sqlite_office)


@pytest.fixture
def any_firm(office, sending):
    """Sending from each kind of database; what the store does is tests/integration/test_attempts.py's."""
    return sending(office)


# A real dispatch, killed by a real signal as it leaves a step.
DISPATCH = """
import datetime, os, signal, sys
from pathlib import Path
import flows.night as night
import tasks.attempts, tasks.fence, tasks.mail.sendgrid
from flows.settings import load_settings
from sql.store import Store

home, place, step, instant = sys.argv[1:]
night.now = lambda: datetime.datetime.fromisoformat(instant)
holder = {
    "ledger": tasks.attempts.AttemptLedger,
    "client": tasks.mail.sendgrid.SendGridClient,
    "fence": tasks.fence,
}[place]
whole = getattr(holder, step)

def die_after(*args, **kwargs):
    whole(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(holder, step, die_after)
settings = load_settings(Path(home), os.environ)
night.run_night(settings, Store(settings.database_url), night.Request(datetime.date(2026, 11, 24)))
"""
KILLED_SENDING = [("ledger", "claim_messages"), ("ledger", "open"), ("client", "send"), ("ledger", "close")]
KILLED_FENCING = [("client", "cancel"), ("client", "is_cancelled"), ("fence", "_settle")]


def kill(firm, service, place, step, instant):
    access = {"SENDGRID_API_KEY": KEY, "SENDGRID_HOST": service.url, "PYTHONPATH": str(Path.cwd())}
    access["RELANCE_DATABASE_URL"] = firm.settings.database_url
    command = [sys.executable, "-c", DISPATCH, str(firm.settings.home), place, step, instant.isoformat()]
    killed = subprocess.run(command, env=os.environ | access, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]


def statuses(firm):
    return Counter(message["status"] for message in firm.messages())


def once(firm):
    return Counter(str(message["message_id"]) for message in firm.messages())


def delivered(service):
    return Counter({str(one): n for one, n in service.deliveries().items()})


def test_a_night_hands_its_mails_over_for_the_firms_hour_under_a_batch_of_their_own(any_firm, service, clock):
    firm = any_firm
    figures = firm.night()
    assert (figures.delivered.sent, statuses(firm)) == (5, {"sent": 5})
    assert service.deliveries() == {}
    (request,) = service.requests()
    assert request["batch_id"]
    assert request["send_at"] == int(NINE.timestamp())
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_a_run_after_the_hour_sends_at_once(firm, service, clock):
    clock.turn(MIDDAY)
    firm.night()
    assert delivered(service) == once(firm)
    assert [line["batch_id"] for line in service.requests()] == [None]


MISFORTUNES = {
    "502 and taken": gateway(502, accepted=True),
    "503 and not taken": gateway(503, accepted=False),
    "500 and taken": error(500, accepted=True),
    "500 and not taken": error(500),
    "reset before the body": reset("head"),
    "reset in mid-body": reset("body"),
    "reset after the body, taken": reset("end", accepted=True),
    "reset after the body, not taken": reset("end"),
    "reset in mid-answer": reset("answer", accepted=True),
    "no answer, taken": hang(accepted=True),
    "no answer, not taken": hang(),
    "200, not taken": odd(200),
    "200, taken": odd(200, accepted=True),
    "302": redirect(),
    "408 and taken": error(408, accepted=True),
}


@pytest.mark.parametrize("fault", MISFORTUNES.values(), ids=MISFORTUNES)
def test_o3_whatever_befalls_a_scheduled_request_each_mail_arrives_once(firm, service, clock, fault):
    service.faults(fault)
    firm.night()
    assert statuses(firm) == {"unknown": 5}
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    firm.night()
    assert statuses(firm) == {"sent": 5}
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_o3_an_unknown_immediate_request_is_never_repeated(firm, service, clock):
    clock.turn(MIDDAY)
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(MIDDAY + timedelta(hours=1))
    firm.night()
    assert statuses(firm) == {"unknown": 5}
    assert delivered(service) == once(firm)


def test_o3_a_cancel_that_is_not_confirmed_queues_nothing(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    service.set(hide_cancels=1)
    firm.night()
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    firm.night()
    assert statuses(firm) == {"unknown": 5}
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=10))
    firm.night()
    clock.turn(NINE)
    assert (statuses(firm), delivered(service)) == ({"sent": 5}, once(firm))


def test_o3_too_near_its_hour_an_unknown_mail_is_held_for_a_person(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(NINE - timedelta(minutes=14))
    firm.night()
    assert {(m["status"], m["reason"]) for m in firm.messages()} == {("held", "unconfirmed")}
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_a_cancel_that_is_refused_leaves_everything_as_it_was(firm, service, clock):
    service.faults(gateway(502, accepted=True), cancel_refused())
    firm.night()
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    firm.night()
    assert statuses(firm) == {"unknown": 5}
    firm.night()
    clock.turn(NINE)
    assert (statuses(firm), delivered(service)) == ({"sent": 5}, once(firm))


@pytest.mark.parametrize("status", [401, 403])
def test_o2_a_key_that_is_refused_stops_the_dispatch_and_marks_nothing(firm, service, clock, status):
    service.faults(error(status))
    with pytest.raises(TransportError, match="refuses the API key") as caught:
        firm.night()
    assert KEY not in str(caught.value)
    assert statuses(firm) == {"pending": 5}
    firm.night()
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_o2_429_waits_for_the_reset_and_then_sends(firm, service, clock, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr(SendGridTransport, "wait", staticmethod(waits.append), raising=False)
    service.faults(busy(20, times=2))
    firm.night()
    assert statuses(firm) == {"sent": 5}


def test_a_service_that_cannot_be_reached_loses_nothing(firm, service):
    service.stop()
    with pytest.raises(TransportError):
        firm.night()
    assert statuses(firm) == {"pending": 5}


def test_a_run_for_a_day_far_ahead_hands_nothing_over(firm, service):
    with pytest.raises(TransportError, match="cannot be handed over before three days ahead"):
        firm.night(date(2026, 12, 1))
    assert service.requests() == []


def test_o1_a_dispatch_that_dies_after_its_request_is_fenced_by_the_next(any_firm, service, clock, monkeypatch):
    firm = any_firm

    def die(*_words):
        raise KeyboardInterrupt

    monkeypatch.setattr("tasks.deliver._record", die)
    with pytest.raises(KeyboardInterrupt):
        firm.night()
    monkeypatch.undo()
    monkeypatch.setattr("flows.night.now", clock)
    clock.turn(TWO_AT_NIGHT + LEASE + timedelta(seconds=1))
    firm.night()
    clock.turn(NINE)
    assert (statuses(firm), delivered(service)) == ({"sent": 5}, once(firm))


@pytest.mark.parametrize(("place", "step"), KILLED_SENDING, ids=[step for _, step in KILLED_SENDING])
def test_a_dispatch_killed_anywhere_loses_nothing_and_doubles_nothing(firm, service, clock, place, step):
    kill(firm, service, place, step, clock())
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=1))
    firm.night()
    clock.turn(NINE)
    assert (statuses(firm), delivered(service)) == ({"sent": 5}, once(firm))


def test_a_dispatch_killed_before_it_could_write_its_answer_down_on_either_database(any_firm, service, clock):
    kill(any_firm, service, "client", "send", clock())
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=1))
    any_firm.night()
    clock.turn(NINE)
    assert (statuses(any_firm), delivered(service)) == ({"sent": 5}, once(any_firm))


@pytest.mark.parametrize(("place", "step"), KILLED_FENCING, ids=[step for _, step in KILLED_FENCING])
def test_a_fence_killed_anywhere_loses_nothing_and_doubles_nothing(firm, service, clock, place, step):
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=1))
    kill(firm, service, place, step, clock())
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=2))
    firm.night()
    clock.turn(NINE)
    assert (statuses(firm), delivered(service)) == ({"sent": 5}, once(firm))


class Numbers:
    """An attempt ledger that only counts."""

    opened = 0

    def open(self, *_words):
        self.opened += 1
        return self.opened


def letters(count, bad=None):
    return [
        Letter(n, f"C{n}", "bad@@x.example" if n == bad else f"c{n}@x.example", "Objet", LAYOUT, "t", "h", "fr", NINE)
        for n in range(count)
    ]


@pytest.mark.parametrize("bad", [0, 617, 999])
def test_o2_one_bad_recipient_in_a_thousand_is_found_in_twenty_requests_and_the_others_go(service, clock, bad):
    client = SendGridClient(service.url, KEY, clock)
    ledger = Numbers()
    found = list(SendGridTransport(client, Sender("C", "c@x.example"), clock).send(letters(1000, bad), ledger))
    client.close()
    receipts = [receipt for outcome in found for receipt in outcome.receipts]
    assert [(r.message_id, r.reason) for r in receipts if r.status == "rejected"] == [(bad, "invalid_field")]
    assert sum(r.status == "sent" for r in receipts) == 999
    assert ledger.opened <= 21
    clock.turn(NINE)
    assert len(service.deliveries()) == 999


def test_o2_413_halves(service, clock):
    client = SendGridClient(service.url, KEY, clock)
    service.faults(error(413))
    found = list(SendGridTransport(client, Sender("C", "c@x.example"), clock).send(letters(10), Numbers()))
    client.close()
    assert [outcome.state for outcome in found] == ["refused", "accepted", "accepted"]


def test_two_letters_to_one_address_go_in_two_requests(firm, service, clock):
    firm.bring(*(relation(f"R{n}", "2026-11-20", email="same@x.example") for n in range(5)))
    firm.night()
    assert len(service.requests()) == 5
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_q5_the_key_is_in_no_log_and_no_setting_shown(firm, service, caplog):
    caplog.set_level("DEBUG")
    firm.night()
    assert KEY not in caplog.text + repr(firm.settings)


def test_m5_a_mail_queued_again_is_judged_by_the_facts_of_its_new_dispatch(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    firm.night()
    firm.bring(relation("R0", "2026-11-20", status="former"), *(relation(f"R{n}", "2026-11-20") for n in range(1, 5)))
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    firm.night(TUESDAY)
    clock.turn(NINE)
    assert sum(service.deliveries().values()) == 4
    assert statuses(firm) == {"sent": 4, "suppressed": 1}


def test_what_only_a_person_can_tell_is_listed_and_settled_by_hand(firm, service, clock, monkeypatch):
    clock.turn(MIDDAY)
    service.faults(gateway(503, accepted=False))
    firm.night()
    monkeypatch.setenv("RELANCE_HOME", str(firm.settings.home))
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)

    def desk(words, expect=0):
        result = CliRunner().invoke(relance, words.split(), catch_exceptions=False)
        assert result.exit_code == expect, result.output
        return result.output

    assert [(row["message_id"], row["status"]) for row in json.loads(desk("outbox list --json"))] == [
        (n, "unknown") for n in range(1, 6)
    ]
    assert "2 mails are sent." in desk("outbox settle 1 2 --sent")
    assert "3 mails are queued again" in desk("outbox settle 3 4 5 --not-sent")
    assert "1 is sent, 9 is not there. Nothing was changed." in desk("outbox settle 1 9 --sent", expect=1)
    firm.night()
    assert statuses(firm) == {"sent": 5}
    assert delivered(service) == {"3": 1, "4": 1, "5": 1}


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "set SENDGRID_API_KEY"),
        ({"SENDGRID_API_KEY": "two words"}, "set SENDGRID_API_KEY"),
        ({"SENDGRID_API_KEY_FILE": "/nowhere/key"}, "SENDGRID_API_KEY_FILE: /nowhere/key cannot be read"),
    ],
)
def test_a_firm_that_sends_by_sendgrid_without_a_key_is_told_so(firm, environment, says):
    with pytest.raises(SettingsError, match=says):
        load_settings(firm.settings.home, environment)


def test_the_key_may_stand_in_a_file(firm, tmp_path):
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    assert load_settings(firm.settings.home, {"SENDGRID_API_KEY_FILE": str(tmp_path / "key")}).sendgrid.api_key == KEY
