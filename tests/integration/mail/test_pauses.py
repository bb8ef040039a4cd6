"""Too many failures pause sending; one command resumes it. Tasks and reports go on meanwhile."""

from datetime import timedelta

import pytest

from factories import TUESDAY, relation
from posting import NINE, TWO_AT_NIGHT, delivered, once, statuses
from stand_in import gateway
from tasks.mail.delivery import deliver


@pytest.fixture
def one_by_one(monkeypatch):
    """Each mail to a request of its own."""
    monkeypatch.setattr("tasks.mail.transport.payload.MAX_PERSONALIZATIONS", 1)


def test_five_answers_in_a_row_that_tell_nothing_pause_sending_until_a_person_resumes_it(
    firm, service, clock, desk, one_by_one
):
    firm.bring(*(relation(f"R{n}", "2026-11-20", email=f"r{n}@x.example") for n in range(8)))
    firm.put_on("R5", "R6", "R7")
    service.faults(gateway(502, accepted=True, times=None))
    figures = firm.night()
    assert "SendGrid failed 5 times in a row (502)" in figures.delivered.problem
    assert statuses(firm) == {"unknown": 5, "pending": 3}
    service.clear_faults()

    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    asked = len(service.calls())
    figures = firm.night(reports=True)
    assert (figures.status, figures.delivered.sent) == ("done", 0)
    assert "Sending is paused since 2026-11-24 01:00 UTC" in figures.delivered.problem
    assert len(service.calls()) == asked
    assert "paused" in firm.settings.reports.joinpath("report-2026-11-24.html").read_text(encoding="utf-8")
    assert "Sending is paused" in desk("dispatch --as-of 2026-11-24", expect=1).stderr

    assert "Mails leave again" in desk("outbox resume").stderr
    assert "not paused" in desk("outbox resume").stderr
    firm.night()
    clock.turn(NINE)
    assert (statuses(firm), delivered(service)) == ({"sent": 8}, once(firm))


@pytest.mark.parametrize("claim", [1, 1000], ids=["a claim each", "one claim"])
def test_failures_are_counted_over_claims(firm, service, one_by_one, monkeypatch, claim):
    monkeypatch.setattr(deliver, "MAILS_A_BATCH", claim)
    service.faults(gateway(502, accepted=True, times=None))
    assert "paused" in firm.night().delivered.problem


def test_failures_are_counted_over_dispatches_and_anew_after_a_resume(firm, service, clock, desk):
    service.faults(gateway(502, accepted=False, times=None))
    for n in range(1, 5):
        clock.turn(TWO_AT_NIGHT + timedelta(minutes=5 * n))
        assert firm.night().delivered.problem is None
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=25))
    assert "5 times in a row (502)" in firm.night().delivered.problem
    desk("outbox resume")
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=30))
    service.clear_faults()
    service.faults(gateway(502, accepted=False))
    assert firm.night().delivered.problem is None, "one failure since"


def test_a_good_answer_between_them_begins_the_count_again(firm, service, clock, one_by_one):
    service.faults(gateway(502, accepted=False, times=4))
    assert firm.night().delivered.problem is None
    assert statuses(firm) == {"unknown": 4, "sent": 1}


def test_a_service_that_takes_nothing_ends_the_dispatch_and_pauses_nothing(firm, service, clock):
    service.stop()
    assert firm.night().delivered.problem
    service.start()
    assert firm.night().delivered.sent == 5


def test_a_person_may_pause_and_says_why(firm, service, clock, desk):
    desk("outbox pause --because Letterhead.")
    assert "already" in desk("outbox pause").stderr
    figures = firm.night(TUESDAY)
    assert (figures.created, figures.delivered.sent) == (5, 0)
    assert "Letterhead." in figures.delivered.problem
    assert statuses(firm) == {"pending": 5}
    assert service.calls() == []


def test_what_left_before_the_failures_is_counted(firm, service, clock, one_by_one, monkeypatch):
    monkeypatch.setattr("tasks.mail.delivery.pauses.FAILURES_THAT_PAUSE", 2)
    service.faults(gateway(502, accepted=True, nth=3, times=2))
    figures = firm.night()
    assert (figures.delivered.sent, figures.delivered.held) == (2, 2)
    assert figures.to_json()["undelivered"] == figures.delivered.problem


def test_each_dispatch_asks_first_whether_it_may(firm, monkeypatch, desk):
    desk("outbox pause")
    monkeypatch.setattr(deliver, "resolve_open_attempts", lambda *_: pytest.fail("it asked the service"))
    firm.night()
