"""Run planning now: a rehearsal first, with its tasks and mails to read; then the run, under the product's own lock.

May touch: tasks/desk. Tests: tests/integration/desk/test_desk_run.py.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.visit import PATH, act_of, back_to, desk_page, missing, visit_of
from flows.web.desk.works import begin, find_lost, look, start
from tasks.desk.acts import RUN as ABOUT
from tasks.desk.outbox import masked
from tasks.desk.works import DONE, REHEARSAL, RUN, RUNNING, Work, WorkError, latest_works, use_up

CONFLICT = 409


def show_run(web: Web, request: Request) -> Response:
    """GET /desk/run: what to plan, and the last works."""
    return _asked(web, request)


def _asked(web: Web, request: Request, status: int = 200, problem: str | None = None) -> Response:
    find_lost(web)
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        works = latest_works(connection, (REHEARSAL, RUN))
    values = {"here": "run", "heading": visit.words["run"]["title"], "works": works, "problem": problem}
    return desk_page(web, visit, "run.html", status, **values, schedules=_schedules(web), zone=web.settings.firm.zone)


def _schedules(web: Web) -> list[str]:
    return sorted(f"{t.template}/{s.key}" for t in web.settings.templates.values() for s in t.schedules)


def rehearse(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/run: a rehearsal of everything, or of one schedule."""
    visit = act_of(web, request, fields, "run")
    schedule = fields.get("schedule") or None
    if schedule is not None and schedule not in _schedules(web):
        return _asked(web, request, CONFLICT, visit.words["run"]["no_schedule"])
    options = {"as_of": web.today().isoformat(), "schedule": schedule}
    try:
        work_id = begin(web, visit, REHEARSAL, "run", options, (ABOUT, schedule or "all"))
    except WorkError as error:
        return _asked(web, request, CONFLICT, str(error))
    start(web, work_id)
    return back_to(f"{PATH}/run/{work_id}")


def show_work(web: Web, request: Request) -> Response:
    """GET /desk/run/NUMBER: a rehearsal or a run, while it is under way and after."""
    found = look(web, request.path_params["work"])
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
    if found is None or found[0].kind not in (REHEARSAL, RUN):
        raise missing(web, visit)
    work, progress = found
    return desk_page(
        web,
        visit,
        "run_work.html",
        here="run",
        heading=visit.words["run"]["kinds"][work.kind],
        work=work,
        progress=progress,
        is_running=work.status == RUNNING,
        mails=[mail | {"text": masked(mail.get("text"))} for mail in _shown(work, "mails")],
        tasks=_shown(work, "tasks"),
        problem=work.problem,
    )


def _shown(work: Work, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (work.result or {}).get(name, [])
    return rows


def run_now(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/run/NUMBER: make the run that a rehearsal showed, once."""
    visit = act_of(web, request, fields, "run")
    found = look(web, request.path_params["work"])
    if found is None or found[0].kind != REHEARSAL:
        raise missing(web, visit)
    rehearsal = found[0]
    words = visit.words["run"]
    if rehearsal.status != DONE or rehearsal.result is None:
        return _asked(web, request, CONFLICT, words["used_up"])
    if rehearsal.options["as_of"] != web.today().isoformat():
        return _asked(web, request, CONFLICT, words["of_another_day"])
    about = (ABOUT, rehearsal.options.get("schedule") or "all")
    try:
        work_id = begin(web, visit, RUN, "run", rehearsal.options, about)
    except WorkError as error:
        return _asked(web, request, CONFLICT, str(error))
    with web.store.begin() as connection:
        use_up(connection, rehearsal.work_id)
    start(web, work_id)
    return back_to(f"{PATH}/run/{work_id}")
