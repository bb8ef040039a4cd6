"""Fixtures: an office of five relations whose mail is due, sending through a stand-in for SendGrid."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from factories import Office, relation
from flows.cli import relance
from posting import TWO_AT_NIGHT, Clock
from stand_in import KEY, StandIn
from tasks.mail.transport import sendgrid

CLOCKS = (
    "home.outgoing",
    "jobs.night",
    "jobs.send_now",
    "jobs.dispatch",
    "jobs.live_fence",
    "jobs.live_invite",
    "jobs.requests",
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[StandIn]:
    """A SendGrid whose clock stands at two at night."""
    with StandIn(tmp_path / "journal", now=TWO_AT_NIGHT, fsync=False) as found:
        yield found


@pytest.fixture
def clock(service: StandIn) -> Clock:
    """The clock of both sides."""
    return Clock(TWO_AT_NIGHT, service)


@pytest.fixture
def sending(service: StandIn, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[Office], Office]:
    """Make an office of five relations whose mail is due send by the stand-in."""

    def set_up(office: Office) -> Office:
        for flow in CLOCKS:
            monkeypatch.setattr(f"flows.{flow}.now", clock)
        monkeypatch.setattr(sendgrid, "TOTAL_SECONDS", 1.0)
        office.bring(*(relation(f"R{n}", "2026-11-20", email=f"r{n}@x.example") for n in range(5)))
        office.put_on(*(f"R{n}" for n in range(5)))
        path = office.settings.home / "firm.yaml"
        words = path.read_text(encoding="utf-8").replace("transport: folder", "transport: sendgrid")
        path.write_text(words, encoding="utf-8")
        access = {"SENDGRID_API_KEY": KEY, "SENDGRID_HOST": service.url}
        office.reload({"RELANCE_DATABASE_URL": office.settings.database_url.get_secret_value()} | access)
        return office

    return set_up


@pytest.fixture
def firm(sqlite_office: Office, sending: Callable[[Office], Office]) -> Office:
    """Sending from the embedded database."""
    return sending(sqlite_office)


@pytest.fixture
def any_firm(office: Office, sending: Callable[[Office], Office]) -> Office:
    """Sending from each kind of database."""
    return sending(office)


@pytest.fixture
def desk(firm: Office, service: StandIn, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line of that firm: words in, what was printed out."""
    monkeypatch.setenv("RELANCE_HOME", str(firm.settings.home))
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)
    monkeypatch.setenv("SENDGRID_HOST", service.url)

    def at_the_desk(words: str, expect: int = 0) -> Result:
        result = CliRunner().invoke(relance, words.split(), catch_exceptions=False)
        assert result.exit_code == expect, result.output
        return result

    return at_the_desk
