"""Fixtures: the desk of an office, on each kind of database and on the embedded one."""

import pytest
from desk_client import Desk, open_desk
from page_client import Moment

from factories import Office


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    """The instant that the pages, and the messages that leave, go by."""
    clock = Moment()
    for place in ("flows.home.outgoing", "flows.jobs.links", "flows.jobs.requests", "flows.jobs.send_now"):
        monkeypatch.setattr(f"{place}.now", clock)
    return clock


@pytest.fixture
def desk(sqlite_office: Office, moment: Moment) -> Desk:
    """A browser at the desk of an office on its embedded database; nobody is signed in."""
    return open_desk(sqlite_office, moment)


@pytest.fixture
def any_desk(office: Office, moment: Moment) -> Desk:
    """The same on each kind of database."""
    return open_desk(office, moment)
