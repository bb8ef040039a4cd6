"""What nobody knows is looked up before a person is asked: events, then the logs (O3)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from factories import relation
from posting import MIDDAY, NINE, TWO_AT_NIGHT, delivered, once, statuses
from sql import schema
from stand_in import error, gateway


def attempts(firm):
    with firm.store.begin() as connection:
        return list(
            connection.execute(select(schema.attempts.c.state).order_by(schema.attempts.c.attempt_id)).scalars()
        )


def looked_up(service):
    return [line for line in service.calls() if line["path"].startswith("/v3/logs")]


@pytest.mark.parametrize("accepted", [True, False], ids=["taken", "not taken"])
def test_an_immediate_request_without_an_answer_is_sent_if_the_logs_know_it_and_else_stays_unknown(
    any_firm, service, clock, accepted
):
    clock.turn(MIDDAY)
    service.faults(gateway(502, accepted=accepted))
    any_firm.night()
    assert statuses(any_firm) == {"unknown": 5}
    clock.turn(MIDDAY + timedelta(minutes=5))
    any_firm.night()
    assert statuses(any_firm) == {"sent" if accepted else "unknown": 5}
    assert delivered(service) == (once(any_firm) if accepted else {})
    assert attempts(any_firm) == ["accepted" if accepted else "unknown"]


def test_logs_that_come_late_are_asked_again(firm, service, clock):
    service.set(logs_lag=3600)
    clock.turn(MIDDAY)
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(MIDDAY + timedelta(minutes=30))
    firm.night()
    assert statuses(firm) == {"unknown": 5}
    clock.turn(MIDDAY + timedelta(minutes=61))
    firm.night()
    assert statuses(firm) == {"sent": 5}


def test_after_three_days_only_an_event_or_a_person_is_asked(firm, service, clock):
    clock.turn(MIDDAY)
    service.faults(gateway(502, accepted=False))
    firm.night()
    clock.turn(MIDDAY + timedelta(days=3, minutes=1))
    firm.night()
    assert (looked_up(service), statuses(firm)) == ([], {"unknown": 5})


def test_a_scheduled_request_with_no_time_left_is_looked_up_before_it_is_held(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(NINE - timedelta(minutes=14))
    firm.night()
    assert statuses(firm) == {"sent": 5}
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_o3_with_time_left_the_fence_comes_first_and_the_logs_are_not_asked(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    firm.night()
    assert looked_up(service) == []


def test_o3_after_a_cancel_the_logs_prove_nothing(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    service.set(hide_cancels=1)
    firm.night()
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    firm.night()
    assert (looked_up(service), statuses(firm)) == ([], {"unknown": 5})


def test_another_mail_to_the_same_address_proves_nothing(firm, service, clock):
    clock.turn(MIDDAY)
    firm.night()
    service.faults(gateway(502, accepted=False))
    with firm.store.begin() as connection:
        # Back to the queue by force: no such change is drawn in states.py.
        connection.execute(text("DROP TRIGGER hold_messages"))
        connection.execute(schema.messages.update().values(status="pending", attempt_id=None, sent_at=None))
    clock.turn(MIDDAY + timedelta(minutes=1))
    firm.night()
    assert statuses(firm) == {"unknown": 5}
    clock.turn(MIDDAY + timedelta(minutes=6))
    firm.night()
    assert (len(looked_up(service)), statuses(firm)) == (2, {"unknown": 5}), "its details name another attempt"


def test_an_account_without_logs_tells_nothing_and_stops_nothing(firm, service, clock):
    clock.turn(MIDDAY)
    service.faults(gateway(502, accepted=True), error(403, path="/v3/logs"))
    firm.night()
    clock.turn(MIDDAY + timedelta(minutes=5))
    assert firm.night().delivered.problem is None
    assert statuses(firm) == {"unknown": 5}


def test_the_logs_are_asked_for_the_address_it_went_to(firm, service, clock):
    firm.night(delivers=False)
    rows = [relation(f"R{n}", "2026-11-20", email=f"new{n}@x.example") for n in range(5)]
    firm.bring(*rows)
    clock.turn(MIDDAY)
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(MIDDAY + timedelta(minutes=5))
    firm.night()
    assert statuses(firm) == {"sent": 5}
