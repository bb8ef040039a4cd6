"""Works that take longer than a page is waited for: begun, looked at while they run, and found lost.

May touch: tasks/desk, the home's works/. Tests: tests/integration/desk/test_desk_works.py.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flows.home.works import is_held, read_progress, remove_folder
from flows.web.context import Web
from flows.web.desk.visit import DeskVisit
from sql.store import plain
from tasks.desk.acts import note_act
from tasks.desk.works import LOST, RUNNING, Work, begin_work, end_work, find_work, purge_works, running_works

TO_START = timedelta(minutes=1)  # how long a process may take until it holds its lock


def begin(
    web: Web, visit: DeskVisit, kind: str, act: str, options: Mapping[str, Any], about: tuple[str, object]
) -> int:
    """Note that somebody asks for a work; returns its number. `start` has it done.

    Raises:
        WorkError: another of its group is under way.
    """
    find_lost(web)
    with web.store.begin() as connection:
        gone = purge_works(connection, web.clock())
        work_id = begin_work(connection, kind, visit.user.user_id, options, web.clock())
        note_act(
            connection,
            act,
            user_id=visit.user.user_id,
            session_id=visit.session.session_id,
            now=web.clock(),
            about=about,
            detail={"work": work_id, "kind": kind},
        )
    for number in gone:
        remove_folder(web.settings.home, number)
    return work_id


def start(web: Web, work_id: int) -> None:
    """Have a work done by a process of its own."""
    assert web.start_work is not None
    web.start_work(work_id)


def look(web: Web, work_id: int) -> tuple[Work, list[str]] | None:
    """A work as it stands, and what it has done so far; None if there is none with this number."""
    with web.store.begin(only_reads=True) as connection:
        work = find_work(connection, work_id)
    if work is None:
        return None
    if work.status == RUNNING and _is_lost(web, work):
        find_lost(web)
        work = replace(work, status=LOST)
    return work, read_progress(web.settings.home, work_id)


def find_lost(web: Web) -> None:
    """Note of works whose process is gone that nobody knows how they ended."""
    with web.store.begin(only_reads=True) as connection:
        running = [find_work(connection, number) for number in running_works(connection)]
    for work in running:
        if work is not None and _is_lost(web, work):
            with web.store.begin() as connection:
                end_work(connection, work.work_id, LOST, web.clock())


def _is_lost(web: Web, work: Work) -> bool:
    if plain(web.clock()) < work.asked_at + TO_START:
        return False
    return not is_held(web.settings.home, work.work_id)
