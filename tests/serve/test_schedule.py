"""What nobody starts: scheduled runs come by themselves, on SQLite and PostgreSQL, under `relance serve` and a worker.

Minutes long, as Prefect's scheduler works once a minute: run by `make serve-check`, not by `make test`.
"""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from groups import LAST_YEAR, NEW_YEAR, define_group

from factories import relation
from served import PrefectServer, clean_environment, end_group, free_port, serving, wait_until
from tasks.requests.dossiers import list_dossiers

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
SECONDS_TO_RUN = 150
ROOT = Path(__file__).parents[2]


@pytest.fixture
def office(sqlite_office):
    sqlite_office.bring(relation("R1", "2026-12-01"))
    sqlite_office.put_on("R1")
    return sqlite_office


def instant() -> str:
    return datetime.now(UTC).isoformat()


def server_process(served) -> int:
    """The number of the Prefect server that `relance serve` started."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
    (found,) = [int(c) for c in children if b"prefect\0server" in Path(f"/proc/{c}/cmdline").read_bytes()]
    return found


def test_a_scheduled_run_comes_by_itself_and_again_after_the_server_died_over_a_scheduled_minute(office):
    with serving(office.settings.home, free_port()) as served:
        served.run_every_minute("dispatch")
        began = instant()
        wait_until(lambda: served.completed_by_itself(began), SECONDS_TO_RUN, served.states)

        shown = subprocess.run(
            [sys.executable, "-m", "flows", "doctor", "--json", "--home", str(office.settings.home)],
            env=clean_environment(), stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        checks = {check["name"]: check for check in json.loads(shown.stdout)}
        assert " 02:00 (Europe/Paris)" in checks["next night"]["detail"]

        os.kill(server_process(served), signal.SIGKILL)
        wait_until(lambda: any("runs again" in line for line in served.said), 120, lambda: served.said)
        restarted = instant()
        wait_until(lambda: served.completed_by_itself(restarted), SECONDS_TO_RUN, served.states)
        assert served.end(signal.SIGTERM) == 0
    assert not (office.settings.home / "prefect" / "serving.json").exists()


def test_a_past_dossier_is_removed_by_itself(office):
    define_group(office)
    office.bring(relation("R9", turnover="10"), on=LAST_YEAR, file="more.csv")
    office.night(NEW_YEAR)
    assert len(list_dossiers(office.store)) == 1
    with serving(office.settings.home, free_port()) as served:
        served.run_every_minute("purge-dossiers")
        wait_until(lambda: list_dossiers(office.store) == [], SECONDS_TO_RUN, served.states)
    assert [task["status"] for task in office.tasks(template="papers")] == ["cancelled"]


def test_a_scheduled_run_comes_by_itself_from_a_server_on_postgresql(office, prefect_on_postgres):
    with serving(office.settings.home, free_port(), prefect_on_postgres) as served:
        served.run_every_minute("dispatch")
        began = instant()
        wait_until(lambda: served.completed_by_itself(began), SECONDS_TO_RUN, served.states)


def test_a_scheduled_run_comes_by_itself_to_a_worker_of_a_work_pool(office, prefect_on_postgres, tmp_path):
    port = free_port()
    server = PrefectServer(port)
    environment = clean_environment(
        PREFECT_API_URL=f"{server.address}/api",
        PREFECT_HOME=str(tmp_path / "prefect"),
        RELANCE_HOME=str(office.settings.home),
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
        **prefect_on_postgres,
    )
    log = (tmp_path / "log").open("wb")

    def prefect(*words: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "prefect", "--no-prompt", *words]
        return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def printed() -> str:
        return (tmp_path / "log").read_text(errors="replace")[-3000:]

    processes = [prefect("server", "start", "--port", str(port))]
    try:
        wait_until(lambda: _answers(server), 120, printed)
        assert prefect("work-pool", "create", "relance", "--type", "process").wait(60) == 0, printed()
        assert prefect("deploy", "--prefect-file", "deployments/prefect.yaml", "--all").wait(120) == 0, printed()
        processes.append(prefect("worker", "start", "--pool", "relance"))
        server.run_every_minute("dispatch")
        began = instant()
        wait_until(lambda: server.completed_by_itself(began), SECONDS_TO_RUN, lambda: (server.states(), printed()))
    finally:
        for process in reversed(processes):
            end_group(process)
        log.close()


def _answers(server: PrefectServer) -> bool:
    try:
        return httpx.get(f"{server.address}/api/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_serving_ends_in_words_where_prefect_schedules_nothing(office):
    settings = {"PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false"}
    with serving(office.settings.home, free_port(), settings) as served:
        assert served.process.wait(timeout=150) == 1
        assert "Prefect has scheduled no run of `nightly`" in "".join(served.said)


def test_a_second_server_of_one_home_is_refused(office):
    with serving(office.settings.home, free_port()) as first, serving(office.settings.home, free_port()) as second:
        assert second.process.wait(timeout=40) == 1
        assert f"Another `relance serve` serves this home at {first.address}" in "".join(second.said)
        assert first.process.poll() is None
