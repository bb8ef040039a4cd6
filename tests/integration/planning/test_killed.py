"""A run killed in any room, then a normal one: the tables of an undisturbed run."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from factories import TUESDAY, Office, relation
from flows.home.settings import load_settings
from sql import schema

# A real process, killed by a real signal, as it enters a room or as it leaves it.
RUN = """
import datetime, os, signal, sys
from pathlib import Path
import flows.jobs.night as night
from flows.home.settings import load_settings
from sql.store import Store

home, room, moment = sys.argv[1:]

def usher(doorway):
    def walk(*args, **kwargs):
        if (doorway.__name__, moment) == (room, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        result = doorway(*args, **kwargs)
        if (doorway.__name__, moment) == (room, "after"):
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return walk

if room == "amid_the_mails":
    import tasks.mail.transport.folder as folder
    write = Path.replace
    def die_at_the_third(path, target):
        write(path, target)
        die_at_the_third.count += 1
        if die_at_the_third.count == 3:
            os.kill(os.getpid(), signal.SIGKILL)
    die_at_the_third.count = 0
    Path.replace = die_at_the_third

if room == "inside_materialise":
    import tasks.planning.materialise as materialise
    query = materialise.query
    def die_between_tasks_and_steps(name):
        if name == "insert_subtasks":
            os.kill(os.getpid(), signal.SIGKILL)
        return query(name)
    materialise.query = die_between_tasks_and_steps

settings = load_settings(Path(home), os.environ)
night.run_night(settings, settings.open_store(), night.NightOptions(datetime.date(2026, 11, 24)), usher)
"""
ROOMS = [
    "extract_relations",
    "validate",
    "find_date_changes",
    "plan",
    "materialise",
    "compose",
    "deliver",
    "write_report",
]
MOMENTS = [(room, "after") for room in ROOMS] + [("amid_the_mails", ""), ("inside_materialise", "")]


def fill(office):
    office.bring(*(relation(f"R{n}", "2026-11-2" + str(n)) for n in range(6)), relation("R7", "2026-12-20"))
    office.put_on(*(f"R{n}" for n in range(8)))


def dump(store):
    varying = {"sent_at"}
    tables = (schema.follow_up_tasks, schema.follow_up_subtasks, schema.messages, schema.relations)
    with store.begin() as connection:
        return {
            t.name: [
                {k: v for k, v in row.items() if k not in varying}
                for row in connection.execute(t.select().order_by(*t.primary_key)).mappings()
            ]
            for t in tables
        }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, migrated_sqlite):
    from flows.home.copy import copy_home

    home = tmp_path_factory.mktemp("undisturbed") / "home"
    copy_home("starter", home)
    shutil.copy(migrated_sqlite, home / "relance.db")
    settings = load_settings(home, {})
    store = settings.open_store()
    office = Office(settings, store)
    fill(office)
    office.night()
    yield dump(store), {p.name: p.read_bytes() for p in office.mails()}
    store.close()


@pytest.mark.parametrize(("room", "moment"), MOMENTS, ids=[f"{r}-{m}" if m else r for r, m in MOMENTS])
def test_a_killed_run_and_a_normal_one_leave_what_one_undisturbed_run_leaves(sqlite_office, undisturbed, room, moment):
    office = sqlite_office
    fill(office)
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", RUN, str(office.settings.home), room, moment]
    killed = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]

    assert office.night(TUESDAY).status == "done"
    tables, mails = undisturbed
    assert dump(office.store) == tables
    assert {p.name: p.read_bytes() for p in office.mails()} == mails


def test_a_run_killed_on_postgresql_leaves_what_an_undisturbed_one_leaves(office, undisturbed):
    if office.store.is_sqlite:
        pytest.skip("SQLite is killed in every room above")
    fill(office)
    environment = os.environ | {
        "PYTHONPATH": str(Path.cwd()),
        "RELANCE_DATABASE_URL": office.settings.database_url.get_secret_value(),
    }
    command = [sys.executable, "-c", RUN, str(office.settings.home), "amid_the_mails", ""]
    killed = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    # However busy the machine, the server has seen the death before the next run asks for the lock.
    office.store.lock().acquire(wait_seconds=30).release()
    assert office.night(TUESDAY).status == "done"
    assert dump(office.store) == undisturbed[0]
