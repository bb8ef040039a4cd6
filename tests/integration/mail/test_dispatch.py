"""Between two nights: what became due, what a dead dispatch left, and what is known of each mail."""

import json
from datetime import timedelta

from factories import TUESDAY
from flows.jobs.dispatch import run_dispatch
from posting import MIDDAY, NINE, TWO_AT_NIGHT, delivered, events, once, statuses
from stand_in import gateway
from tasks.mail.delivery.events import record_events


def test_dispatch_sends_what_waits_and_plans_nothing(any_firm, service, clock):
    any_firm.night(delivers=False)
    assert run_dispatch(any_firm.settings, any_firm.store, TUESDAY).sent == 5
    assert run_dispatch(any_firm.settings, any_firm.store, TUESDAY).sent == 0
    clock.turn(NINE)
    assert delivered(service) == once(any_firm)


def test_dispatch_takes_up_what_nobody_knows(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    assert run_dispatch(firm.settings, firm.store, TUESDAY).sent == 5
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_o5_during_a_run_dispatch_does_nothing(any_firm, service):
    any_firm.night(delivers=False)
    with any_firm.store.lock().acquire():
        other = any_firm.settings.open_store()
        assert run_dispatch(any_firm.settings, other, TUESDAY) is None
        other.close()
    assert service.calls() == []


def test_the_verb_prints_its_figures(firm, desk, clock):
    firm.night(delivers=False)
    assert json.loads(desk("dispatch --as-of 2026-11-24 --json").stdout) == {
        "sent": 5,
        "held": 0,
        "dropped": {},
        "undelivered": None,
    }
    assert "0 mails sent" in desk("dispatch --as-of 2026-11-24").stderr
    with firm.store.lock().acquire():
        assert "Another run is under way" in desk("dispatch").stderr


def test_explain_says_what_was_asked_what_was_told_and_what_happens_next(firm, service, clock, desk):
    firm.night(delivers=False)
    assert "waits for its day" in desk("outbox explain 1").stderr
    service.set(logs_lag=86400)
    clock.turn(MIDDAY)
    service.faults(gateway(502, accepted=True))
    firm.night()
    told = json.loads(desk("outbox explain 1 --json").stdout)
    assert (told["status"], told["state"], told["http_status"], told["batch_id"]) == ("unknown", "unknown", 502, None)
    assert "never sent twice" in told["next"]
    record_events(firm.store, events(service, "delivered", 1), {"bounced": "", "opted_out": ""}, MIDDAY, TUESDAY)
    told = json.loads(desk("outbox explain 1 --json").stdout)
    assert (told["status"], told["state"], told["delivery"]) == ("sent", "accepted", "delivered")
    assert [event["kind"] for event in told["events"]] == ["delivered"]
    shown = desk("outbox explain 1")
    assert "delivered" in shown.stdout
    assert "r0@x.example" not in shown.output
    assert "There is no mail 99" in desk("outbox explain 99", expect=1).stderr


def test_a_fenced_mails_future_is_explained(firm, service, clock, desk):
    service.faults(gateway(502, accepted=True))
    firm.night()
    assert "cancels its batch" in desk("outbox explain 1").stderr
    service.set(logs_lag=86400)
    clock.turn(NINE - timedelta(minutes=14))
    firm.night()
    assert "cannot be taken back" in desk("outbox explain 1").stderr
    assert statuses(firm) == {"held": 5}
    # What a person finds out closes the question for good.
    desk("outbox resolve 1 2 3 4 5 --sent")
    assert desk("outbox list --json").stdout.strip() == "[]"
    assert json.loads(desk("outbox explain 1 --json").stdout)["state"] == "resolved"
