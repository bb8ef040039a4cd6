"""The Prefect flows: real runs against a real server do what the plain calls do, show it, and name nobody."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from groups import LAST_YEAR, NEW_YEAR, define_group
from pydantic import ValidationError

from factories import TUESDAY, relation, write_csv

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
WEEK_AGO = TUESDAY - timedelta(days=7)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    os.environ |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def office(prefect_server, sqlite_office, monkeypatch):
    """Three relations on a schedule: one not due yet, one due, one without its date."""
    monkeypatch.delenv("RELANCE_DATABASE_URL", raising=False)
    monkeypatch.setenv("RELANCE_HOME", str(sqlite_office.settings.home))
    sqlite_office.bring(
        relation("R1", "2026-12-01"), relation("R2", "2026-11-20"), relation("R3", "", type="sole_trader")
    )
    sqlite_office.put_on("R1", "R2", "R3")
    return sqlite_office


@pytest.fixture
def seen(office):
    """What Prefect shows since the test began: runs, artifacts, logs."""
    from prefect import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterStartTime
    from prefect.types._datetime import now

    began = now("UTC")

    class Seen:
        def runs(self):
            since = FlowRunFilterStartTime(after_=began)
            with get_client(sync_client=True) as client:
                return client.read_flow_runs(flow_run_filter=FlowRunFilter(start_time=since))

        def artifacts(self):
            with get_client(sync_client=True) as client:
                found = client.read_artifacts()
            return {one.key: one for one in reversed(found) if one.created and one.created >= began}

    return Seen()


def test_the_nightly_flow_leaves_what_plain_calls_leave(office, seen):
    from flows.nightly import nightly

    rehearsed = office.night(is_rehearsal=True)
    figures = nightly(as_of=TUESDAY)

    assert office.tasks() == rehearsed.tasks
    assert [m["message_id"] for m in office.messages()] == [m["message_id"] for m in rehearsed.mails or []]
    same = ("read", "quarantined", "blocked", "planned", "closed", "messages")
    assert {k: figures[k] for k in same} == {k: rehearsed.to_json()[k] for k in same}
    assert len(office.mails()) == figures["messages"]["sent"] == 1

    (run,) = seen.runs()
    assert run.name == f"{office.settings.firm.name}, 2026-11-24"
    shown = seen.artifacts()
    table = {row["what"]: row["number"] for row in json.loads(shown["figures"].data)}
    assert (table["tasks created"], table["automations blocked"], table["mails sent"]) == (2, 1, 1)
    assert "`R3`" in shown["reasons"].data
    assert "report-2026-11-24.html" in shown["reasons"].data
    assert shown["stages"].data == 100.0
    # Q5: relations by id, and nobody by name or address.
    everything = str([one.data for one in shown.values()]) + run.name
    assert not [word for word in ("Jeanne", "Martin", "jeanne@") if word in everything]


def test_a_night_is_some_task_runs_whatever_its_size(office, seen):
    from prefect import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    from flows.nightly import STAGES, nightly

    nightly(as_of=TUESDAY)
    (run,) = seen.runs()
    with get_client(sync_client=True) as client:
        tasks = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    assert len(tasks) == STAGES
    assert all(f", {office.settings.firm.name}, 2026-11-24" in one.name for one in tasks)


def test_planning_now_takes_one_schedule_and_some_relations_and_mails_nobody(office, seen):
    from flows.run_planning_now import run_planning_now

    rehearsed = run_planning_now(schedule="id-card/renewal", types=["person"], as_of=TUESDAY, dry_run=True)
    assert (rehearsed["planned"]["created"], office.tasks()) == (2, [])
    run_planning_now(schedule="id-card/renewal", types=["sole_trader"], as_of=TUESDAY)
    assert office.tasks() == []
    run_planning_now(schedule="id-card/renewal", types=["person"], statuses=["client"], as_of=TUESDAY)
    assert {task["relation_id"] for task in office.tasks()} == {"R1", "R2"}
    assert ({m["status"] for m in office.messages()}, office.mails()) == ({"pending"}, [])
    run_planning_now(as_of=TUESDAY, deliver=True)
    assert len(office.mails()) == 1


def test_a_bad_parameter_is_refused_in_words(office):
    from flows.assign_schedule import assign_schedule
    from flows.prefect_ui import FlowFailed
    from flows.run_planning_now import run_planning_now

    with pytest.raises(FlowFailed, match="There is no schedule 'nonsense'; there are"):
        run_planning_now(schedule="nonsense")
    with pytest.raises(FlowFailed, match="goes by missions"):
        assign_schedule(schedule="vat/returns")
    with pytest.raises(FlowFailed, match="more than one year back"):
        assign_schedule(schedule="id-card/renewal", start=TUESDAY - timedelta(days=900))
    with pytest.raises((ValidationError, Exception), match="person"):
        run_planning_now(types=["canary"])


def test_the_bulk_action_and_an_import(office, tmp_path):
    from flows.assign_schedule import assign_schedule
    from flows.import_csv import import_csv
    from flows.prefect_ui import FlowFailed

    write_csv(office.settings.home / "more.csv", [relation("R8", "2026-12-01"), relation("R9", "", type="canary")])
    told = import_csv(kind="relations", file="more.csv", as_of=TUESDAY)
    assert (told["new"], told["quarantined"]) == (1, 1)
    assert assign_schedule(schedule="id-card/renewal", relations=["R8"])["changed"] == 1
    with pytest.raises(FlowFailed, match="Unknown relations, left out: R77"):
        assign_schedule(schedule="id-card/renewal", relations=["R8", "R77"])
    moved = assign_schedule(schedule="id-card/renewal", relations=["R8"], start=office.settings.today(), move=True)
    assert (moved["changed"], moved["moved"], moved["unchanged"]) == (0, 0, 1)
    moved = assign_schedule(schedule="id-card/renewal", relations=["R1"], start=office.settings.today(), move=True)
    assert (moved["changed"], moved["moved"]) == (0, 1)
    assert assign_schedule(schedule="id-card/renewal", relations=["R8"], remove=True)["changed"] == 1
    with pytest.raises(FlowFailed, match="nowhere.csv"):
        import_csv(kind="relations", file="nowhere.csv")


def test_a_failed_gate_is_a_failed_run_that_says_what_to_do(office, seen):
    from prefect.client.schemas.objects import StateType

    from flows.import_csv import import_csv
    from flows.prefect_ui import FlowFailed

    (office.settings.home / "shrunk.csv").write_text("relation_id,type,status,name\n", encoding="utf-8")
    with pytest.raises(FlowFailed, match="shrunk.csv: it holds no rows"):
        import_csv(kind="relations", file="shrunk.csv", as_of=TUESDAY)
    (run,) = seen.runs()
    assert run.state.type == StateType.FAILED
    assert "shrunk.csv: it holds no rows" in run.state.message


def test_dispatch_sends_what_waits_and_a_pause_is_a_failed_run(office):
    from flows.dispatch import dispatch
    from flows.home.clock import now
    from flows.prefect_ui import FlowFailed
    from tasks.mail.delivery.pauses import pause

    office.night(delivers=False)
    assert dispatch()["status"] == "done"
    pause(office.store, "Letterhead.", now())
    with pytest.raises(FlowFailed, match="Letterhead"):
        dispatch()
    with office.store.lock().acquire():
        assert dispatch() == {"status": "already_running"}


def test_purge_dossiers_removes_what_is_past_and_leaves_it_to_a_night_under_way(office):
    from flows.purge_dossiers import purge_dossiers

    define_group(office)
    office.bring(relation("R9", turnover="10"), on=LAST_YEAR, file="more.csv")
    office.night(NEW_YEAR)
    with office.store.lock().acquire():
        assert purge_dossiers(as_of=NEW_YEAR + timedelta(days=40)) == {"status": "already_running"}
    told = purge_dossiers(as_of=NEW_YEAR + timedelta(days=40))
    assert told == {"status": "done", "dossiers": 1, "unanswered": 1, "files": 0}


def test_the_report_by_itself(office, seen):
    from flows.data_quality_report import data_quality_report

    told = data_quality_report(as_of=TUESDAY)
    assert told["report"].endswith("report-2026-11-24.html")
    criteria = {row["criterion"]: row for row in json.loads(seen.artifacts()["quality"].data)}
    assert criteria["email.present"]["met"] == 3


def test_during_a_run_another_says_so_and_does_nothing(office):
    from flows.nightly import nightly

    with office.store.lock().acquire():
        assert nightly(as_of=TUESDAY)["status"] == "already_running"
    assert office.tasks() == []


def test_p6_ten_missed_nights_and_one_run_leave_what_ten_nights_leave(office, home, tmp_path, migrated_sqlite):
    import shutil

    from factories import Office
    from flows.home.copy import copy_home
    from flows.home.settings import load_settings
    from flows.nightly import nightly
    from sql.store import Store

    other = tmp_path / "other"
    copy_home("starter", other)
    shutil.copy(migrated_sqlite, other / "relance.db")
    store = Store(f"sqlite:///{other / 'relance.db'}")
    faithful = Office(load_settings(other, {}), store)
    faithful.bring(relation("R1", "2026-12-01"), relation("R2", "2026-11-20"), relation("R3", "", type="sole_trader"))
    faithful.put_on("R1", "R2", "R3")
    for n in range(10):
        faithful.night(TUESDAY + timedelta(days=n), delivers=False)
    nightly(as_of=TUESDAY + timedelta(days=9))
    key = ("relation_id", "template", "schedule", "anchor_on", "due_on", "planned_on")
    tables = [sorted(tuple(task[k] for k in key) for task in one.tasks()) for one in (office, faithful)]
    store.close()
    assert tables[0] == tables[1]


def test_a_night_by_prefect_on_postgresql(prefect_server, home, postgres_copy, monkeypatch):
    from factories import Office
    from flows.home.settings import load_settings
    from flows.nightly import nightly
    from sql.store import Store

    monkeypatch.setenv("RELANCE_HOME", str(home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", postgres_copy)
    firm = Office(load_settings(home, {"RELANCE_DATABASE_URL": postgres_copy}), Store(postgres_copy))
    firm.bring(relation("R1", "2026-12-01"), relation("R2", "2026-11-20"))
    firm.put_on("R1", "R2")
    assert nightly(as_of=TUESDAY)["planned"]["created"] == 2
    assert (len(firm.tasks()), len(firm.mails())) == (2, 1)
    firm.store.close()
