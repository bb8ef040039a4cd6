"""Works of the desk: one of a group at a time, and never running for ever, whatever their process died of."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from flows.home.works import folder_of, holding, is_held, note_progress, read_progress
from flows.web.server import starter_of
from served import clean_environment
from sql import schema
from tasks.desk.works import DONE, LOST, REHEARSAL, RUN, WorkError, begin_work, end_work, purge_works

SECONDS = 60


def states(desk):
    w = schema.desk_works.c
    with desk.office.store.begin(only_reads=True) as connection:
        return connection.execute(select(w.kind, w.status).order_by(w.work_id)).all()


def rehearse(desk):
    action, form = desk.form("/desk/run", desk.get("/desk/run"))
    return desk.post(action, form)


@pytest.fixture
def planner(any_desk):
    any_desk.sign_in(role="admin")
    return any_desk


def test_two_of_a_group_are_not_under_way_at_once(any_desk):
    store, now = any_desk.office.store, any_desk.clock()
    with store.begin() as connection:
        first = begin_work(connection, REHEARSAL, "U1", {}, now)
        with pytest.raises(WorkError, match=f"no. {first}"):
            begin_work(connection, RUN, "U2", {}, now)
        begin_work(connection, "preview", "U2", {}, now)
        assert end_work(connection, first, DONE, now, result={"a": 1})
        assert not end_work(connection, first, LOST, now)
        begin_work(connection, RUN, "U2", {}, now)


def test_a_work_whose_process_is_gone_is_lost_and_another_may_begin(planner):
    planner.starts_works = False
    path = rehearse(planner).headers["location"]
    page = planner.get(path).text
    assert '<meta http-equiv="refresh"' in page
    assert rehearse(planner).status_code == 409
    planner.clock.forward(minutes=2)
    page = planner.get(path).text
    assert "a disparu" in page
    assert '<meta http-equiv="refresh"' not in page
    assert rehearse(planner).status_code == 303


def test_a_work_that_is_held_is_under_way_however_long_it_takes(planner):
    planner.starts_works = False
    path = rehearse(planner).headers["location"]
    with holding(planner.office.settings.home, 1):
        note_progress(planner.office.settings.home, 1, "plan 3.2")
        planner.clock.forward(hours=2)
        page = planner.get(path).text
        assert "plan 3.2 s" in page
        assert [tuple(row) for row in states(planner)] == [("rehearsal", "running")]
    assert "a disparu" in planner.get(path).text


def test_results_are_kept_for_a_day_and_works_for_a_month(any_desk):
    store, now = any_desk.office.store, any_desk.clock()
    with store.begin() as connection:
        number = begin_work(connection, REHEARSAL, "U1", {}, now)
        end_work(connection, number, DONE, now, result={"mails": ["private"]})
    w = schema.desk_works.c
    for later, kept in ((timedelta(hours=23), 1), (timedelta(hours=25), 0)):
        with store.begin() as connection:
            purge_works(connection, now + later)
            assert (connection.execute(select(w.result)).scalar_one() is not None) == bool(kept)
    with store.begin() as connection:
        purge_works(connection, now + timedelta(days=31))
        assert connection.execute(select(w.work_id)).all() == []


def test_the_lock_of_a_process_that_is_killed_is_free(tmp_path):
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); from pathlib import Path; "
        "from flows.home.works import holding\n"
        "with holding(Path(sys.argv[2]), 7):\n    print('held', flush=True); time.sleep(60)"
    )
    root = str(Path.cwd())
    command = [sys.executable, "-c", code, root, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        assert is_held(tmp_path, 7)
        process.send_signal(signal.SIGKILL)
    assert not is_held(tmp_path, 7)
    assert read_progress(tmp_path, 7) == []
    assert folder_of(tmp_path, 7).is_dir()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the process is not waited for: it outlives who started it
def test_a_rehearsal_in_a_process_of_its_own_ends_with_its_result(desk, monkeypatch):
    desk.sign_in(role="admin")
    for name in list(os.environ):
        if name not in clean_environment():
            monkeypatch.delenv(name)
    object.__setattr__(desk.web, "start_work", starter_of(desk.office.settings.home))
    path = rehearse(desk).headers["location"]
    until = time.monotonic() + SECONDS
    while "<meta http-equiv" in (page := desk.get(path).text) and time.monotonic() < until:
        time.sleep(0.2)
    assert "Tâches qui seraient créées : 0" in page
    assert [tuple(row) for row in states(desk)] == [("rehearsal", "done")]
