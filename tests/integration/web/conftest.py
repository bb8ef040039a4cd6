"""Fixtures: an office whose clients have a page, on each kind of database and on the embedded one."""

import pytest
from page_client import Moment, Pages, ask

from factories import Office


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    """The instant that the pages, and the messages that leave, go by."""
    clock = Moment()
    monkeypatch.setattr("flows.home.outgoing.now", clock)
    monkeypatch.setattr("flows.jobs.links.now", clock)
    return clock


@pytest.fixture
def pages(sqlite_office: Office, moment: Moment) -> Pages:
    """A browser on the page of an office on its embedded database."""
    ask(sqlite_office)
    return Pages(sqlite_office, moment)


@pytest.fixture
def any_pages(office: Office, moment: Moment) -> Pages:
    """The same on each kind of database."""
    ask(office)
    return Pages(office, moment)
