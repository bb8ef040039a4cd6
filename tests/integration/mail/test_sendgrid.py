"""Sending through SendGrid, against a stand-in on loopback: no mail lost, none twice (O1–O4). Kills: tests/faults/."""

import json
from datetime import date, timedelta

import pytest

from factories import TUESDAY, relation
from flows.home.errors import SettingsError
from flows.home.settings import load_settings
from posting import MIDDAY, NINE, TWO_AT_NIGHT, delivered, once, statuses
from stand_in import KEY, busy, cancel_refused, error, gateway, hang, odd, redirect, reset
from tasks.mail.delivery.attempts import LEASE
from tasks.mail.transport.base import OWN_HTML, OWN_TEXT, Layout, Mailbox, OutgoingMessage
from tasks.mail.transport.sendgrid import SendGridClient, SendGridTransport

LAYOUT = Layout("fr", f"{OWN_TEXT}\n", f"<p>{OWN_HTML}</p>\n")


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
    service.set(logs_lag=86400)
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
    service.set(logs_lag=86400)
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
    problem = firm.night().delivered.problem
    assert "refuses the API key" in problem
    assert KEY not in problem
    assert statuses(firm) == {"pending": 5}
    firm.night()
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_a_service_that_cannot_be_reached_loses_nothing(firm, service):
    service.stop()
    assert "cannot be reached" in firm.night().delivered.problem
    assert statuses(firm) == {"pending": 5}


def test_a_run_for_a_day_far_ahead_hands_nothing_over(firm, service):
    assert "cannot be handed over before three days ahead" in firm.night(date(2026, 12, 1)).delivered.problem
    assert service.requests() == []


def test_o1_a_dispatch_that_dies_after_its_request_is_fenced_by_the_next(any_firm, service, clock, monkeypatch):
    firm = any_firm

    def die(*_words):
        raise KeyboardInterrupt

    monkeypatch.setattr("tasks.mail.delivery.deliver._record", die)
    with pytest.raises(KeyboardInterrupt):
        firm.night()
    monkeypatch.undo()
    monkeypatch.setattr("flows.jobs.night.now", clock)
    clock.turn(TWO_AT_NIGHT + LEASE + timedelta(seconds=1))
    firm.night()
    clock.turn(NINE)
    assert (statuses(firm), delivered(service)) == ({"sent": 5}, once(firm))


class Numbers:
    """An attempt ledger that only counts."""

    opened = 0

    def next_token(self):
        return f"token-{self.opened}"

    def open(self, *_words):
        self.opened += 1
        return self.opened


def letters(count, bad=None):
    return [
        OutgoingMessage(
            n, f"C{n}", "bad@@x.example" if n == bad else f"c{n}@x.example", "Objet", LAYOUT, "t", "h", "fr", NINE
        )
        for n in range(count)
    ]


def test_o2_429_waits_for_the_reset_and_then_sends(service, clock):
    waits = []
    client = SendGridClient(service.url, KEY, clock)
    service.faults(busy(20, times=2))
    found = list(
        SendGridTransport(client, Mailbox("C", "c@x.example"), clock, waits.append).send(letters(5), Numbers())
    )
    client.close()
    assert [outcome.state for outcome in found] == ["released", "released", "accepted"]
    assert waits == [20.0, 20.0]


@pytest.mark.parametrize("bad", [0, 617, 999])
def test_o2_one_bad_recipient_in_a_thousand_is_found_in_twenty_requests_and_the_others_go(service, clock, bad):
    client = SendGridClient(service.url, KEY, clock)
    ledger = Numbers()
    found = list(SendGridTransport(client, Mailbox("C", "c@x.example"), clock).send(letters(1000, bad), ledger))
    client.close()
    receipts = [receipt for outcome in found for receipt in outcome.receipts]
    assert [(r.message_id, r.reason) for r in receipts if r.status == "rejected"] == [(bad, "invalid_field")]
    assert sum(r.status == "sent" for r in receipts) == 999
    assert ledger.opened <= 21
    clock.turn(NINE)
    assert len(service.deliveries()) == 999


def test_a_dispatch_that_was_stopped_before_its_request_asks_for_nothing(service, clock):
    class Sleeper(Numbers):
        def open(self, *words):
            if not self.opened:
                clock.turn(clock() + timedelta(hours=5))
            return super().open(*words)

    client = SendGridClient(service.url, KEY, clock)
    sender = SendGridTransport(client, Mailbox("C", "c@x.example"), clock, wait=lambda _seconds: None)
    found = list(sender.send(letters(3), Sleeper()))
    client.close()
    assert [(outcome.state, outcome.problem) for outcome in found] == [
        ("released", "stopped before its request"),
        ("accepted", None),
    ]
    assert len(service.requests()) == 1


def test_the_cancel_of_a_batch_stands_as_long_as_its_place_is_not_needed(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    firm.night()
    clock.turn(NINE + timedelta(hours=5))
    service.faults(gateway(502, accepted=True))
    firm.bring(relation("R9", "2026-11-20", email="r9@x.example"), file="more.csv")
    firm.put_on("R9")
    firm.night()
    clock.turn(NINE + timedelta(hours=6))
    firm.night()
    assert service.state()["stops"] == 1, "whoever slept since the night and wakes now still sends nothing"


def test_o2_413_halves(service, clock):
    client = SendGridClient(service.url, KEY, clock)
    service.faults(error(413))
    found = list(SendGridTransport(client, Mailbox("C", "c@x.example"), clock).send(letters(10), Numbers()))
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


def test_what_only_a_person_can_tell_is_listed_and_settled_by_hand(firm, service, clock, desk):
    clock.turn(MIDDAY)
    service.faults(gateway(503, accepted=False))
    firm.night()
    assert [(row["message_id"], row["status"]) for row in json.loads(desk("outbox list --json").stdout)] == [
        (n, "unknown") for n in range(1, 6)
    ]
    assert "2 mails are sent." in desk("outbox resolve 1 2 --sent").stderr
    assert "3 mails are queued again" in desk("outbox resolve 3 4 5 --not-sent").stderr
    assert "1 is sent, 9 is not there. Nothing was changed." in desk("outbox resolve 1 9 --sent", expect=1).stderr
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
    access = load_settings(firm.settings.home, {"SENDGRID_API_KEY_FILE": str(tmp_path / "key")}).sendgrid
    assert access.api_key.get_secret_value() == KEY
