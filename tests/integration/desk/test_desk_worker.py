"""The process that does the desk's jobs: it answers, says what was refused, and comes back when it was killed."""

import os
import signal
from contextlib import closing

import pytest
from desk_client import ANNE

from factories import TUESDAY
from flows.web.desk.worker import JobRefused, Worker, WorkerGone

pytestmark = pytest.mark.slow


@pytest.fixture
def worker(desk):
    with closing(Worker(desk.office.settings.home)) as one:
        yield one


def test_a_job_is_done_in_another_process_and_its_answer_comes_back(desk, worker):
    assert worker.do("tasks.close_tasks", task_ids=[1], status="done", as_of=TUESDAY) == {}
    assert desk.office.tasks(relation_id="R1")[0]["status"] == "done"
    assert ANNE["user_id"] == "U1"


def test_what_a_job_refuses_comes_back_in_its_words(worker):
    with pytest.raises(JobRefused, match="There is no user nobody"):
        worker.do("tasks.assign_tasks", task_ids=[1], user_id="nobody")


def test_a_worker_that_was_killed_is_said_and_the_next_job_finds_a_new_one(worker):
    worker.do("tasks.close_tasks", task_ids=[999], status="done", as_of=TUESDAY)
    (process,) = worker.processes()
    os.kill(process, signal.SIGKILL)
    with pytest.raises(WorkerGone):
        worker.do("tasks.close_tasks", task_ids=[1], status="done", as_of=TUESDAY)
    assert worker.do("tasks.close_tasks", task_ids=[1], status="done", as_of=TUESDAY) == {}
    assert worker.processes() != [process]
