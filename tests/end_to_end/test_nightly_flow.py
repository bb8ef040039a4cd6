"""The Prefect flow: one real run against a real server leaves the tables that the plain calls leave."""

import os
from collections.abc import Iterator

import pytest

from factories import TUESDAY, relation

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    os.environ |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.mark.filterwarnings("ignore")
def test_the_nightly_flow_leaves_the_tables_that_plain_calls_leave(prefect_server, sqlite_office, monkeypatch):
    from flows.nightly import nightly

    office = sqlite_office
    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-11-20"), relation("R3", ""))
    office.put_on("R1", "R2", "R3")
    rehearsed = office.night(is_rehearsal=True)

    monkeypatch.delenv("RELANCE_DATABASE_URL", raising=False)
    figures = nightly(home=str(office.settings.home), as_of=TUESDAY)

    assert office.tasks() == rehearsed.tasks
    assert [m["message_id"] for m in office.messages()] == [m["message_id"] for m in rehearsed.mails or []]
    same = ("read", "quarantined", "blocked", "planned", "closed", "messages")
    assert {k: figures[k] for k in same} == {k: rehearsed.to_json()[k] for k in same}
    assert len(office.mails()) == figures["messages"]["sent"] == 1
