"""The writer's lock (P9): one holder, and gone with its process."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sql.lock import LockTaken
from sql.store import Store

HOLD = """
import sys, time
from sql.store import Store
lock = Store(sys.argv[1]).lock().acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_holder_is_refused_until_the_first_lets_go(store, database_url):
    other = Store(database_url)
    with store.lock(), pytest.raises(LockTaken):
        other.lock().acquire()
    with other.lock():
        pass
    other.close()


def test_a_lock_can_be_waited_for(store, database_url):
    other = Store(database_url)
    first = store.lock().acquire()
    started = time.monotonic()
    with pytest.raises(LockTaken):
        other.lock().acquire(wait_seconds=0.5)
    assert time.monotonic() - started >= 0.5
    first.release()
    other.lock().acquire(wait_seconds=0.5).release()
    other.close()


def test_a_lock_dies_with_its_process(store, database_url):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, database_url],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockTaken):
            store.lock().acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        store.lock().acquire(wait_seconds=10).release()


def test_a_run_right_after_a_killed_one_does_not_take_its_ghost_for_a_second_run(store, database_url):
    if store.is_sqlite:
        pytest.skip("the operating system lets go of a file's lock before a process is gone")
    other = Store(database_url)
    ghost = other.lock().acquire()
    noticed = threading.Timer(0.5, ghost.release)
    noticed.start()
    store.lock().acquire().release()
    noticed.join()
    other.close()
