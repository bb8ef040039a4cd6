"""Batches, cancels and the clock of the stand-in: what is cancelled in time does not arrive."""

import time

import pytest
from sendgrid_calls import EVENING, NINE, SENDS, a_client, new_batch, person, schedule, send, stop

from stand_in import (
    StandIn,
)


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
