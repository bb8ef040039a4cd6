"""The stand-in fails in every way that it is told to, and its journal says what really arrived."""

import json
import threading
import time

import httpx
import pytest
from sendgrid_calls import EVENING, NINE, SENDS, a_client, a_mail, new_batch, schedule, search, send, stop

from stand_in import (
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
