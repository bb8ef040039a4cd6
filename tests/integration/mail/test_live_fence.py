"""`relance doctor --live-fence`: a mail to the sender is scheduled and taken back, on the account itself."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from flows.cli import relance
from flows.home.errors import SettingsError
from flows.jobs.live_fence import prove_fence
from posting import MIDDAY, TWO_AT_NIGHT, statuses
from stand_in import KEY, cancel_refused, error
from tasks.mail.transport.base import TransportError


def test_the_mail_is_taken_back_and_never_arrives(firm, service, clock):
    assert "its cancel is confirmed" in prove_fence(firm.settings, firm.store)
    (request,) = service.requests()
    assert [mail["email"] for mail in request["mails"]] == [firm.settings.firm.sender.email]
    clock.turn(TWO_AT_NIGHT + timedelta(hours=2))
    assert service.deliveries() == {}
    assert statuses(firm) == {}


@pytest.mark.parametrize(
    ("fault", "says"),
    [(error(500), "did not take a scheduled mail"), (cancel_refused(), "does not confirm the cancel")],
    ids=["not taken", "not cancelled"],
)
def test_what_does_not_hold_is_said(firm, service, fault, says):
    service.faults(fault)
    with pytest.raises(TransportError, match=says):
        prove_fence(firm.settings, firm.store)


def test_its_cancel_gives_its_place_back_when_it_is_needed(firm, service, clock, monkeypatch):
    from stand_in import gateway

    prove_fence(firm.settings, firm.store)
    assert service.state()["stops"] == 1
    monkeypatch.setattr("tasks.mail.delivery.fence.MOST_OPEN_CANCELS", 1)
    clock.turn(MIDDAY - timedelta(hours=5))
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(MIDDAY - timedelta(hours=4, minutes=55))
    firm.night()
    assert (service.state()["stops"], statuses(firm)) == (1, {"sent": 5})


def test_a_home_that_writes_to_a_folder_has_nothing_to_take_back(sqlite_office):
    with pytest.raises(SettingsError, match="sends by folder"):
        prove_fence(sqlite_office.settings, sqlite_office.store)


def test_the_doctor_does_it_when_asked(firm, service, monkeypatch):
    monkeypatch.setenv("RELANCE_HOME", str(firm.settings.home))
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)
    monkeypatch.setenv("SENDGRID_HOST", service.url)
    plain = json.loads(CliRunner().invoke(relance, ["doctor", "--json"]).stdout)
    assert "live fence" not in [check["name"] for check in plain]
    assert {check["name"]: check["detail"] for check in plain}["sending"] == "not paused"
    asked = CliRunner().invoke(relance, ["doctor", "--live-fence", "--json"])
    assert asked.exit_code == 0, asked.output
    assert json.loads(asked.stdout)[-1]["ok"]
