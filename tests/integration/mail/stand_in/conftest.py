"""A stand-in of each test's own, and one of a module's that takes nothing."""

import pytest
from sendgrid_calls import EVENING, a_client

from stand_in import StandIn


@pytest.fixture
def sendgrid(tmp_path):
    with StandIn(tmp_path / "journal", EVENING, fsync=False) as stand_in:
        yield stand_in


@pytest.fixture
def client(sendgrid):
    with a_client(sendgrid) as opened:
        yield opened


@pytest.fixture(scope="module")
def refusing(tmp_path_factory):
    with StandIn(tmp_path_factory.mktemp("refusing") / "journal", EVENING, fsync=False) as opened:
        yield opened
