"""Imports at the desk: the list, one import and its undo, and a file that is uploaded, looked at, and then imported.

May touch: tasks/desk, the home's works/. Tests: tests/integration/desk/test_desk_imports.py.
"""

import re
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from flows.home.works import FOLDER, folder_of
from flows.web.context import Web
from flows.web.desk.visit import PATH, act_of, back_to, desk_page, missing, visit_of
from flows.web.desk.works import begin, find_lost, look, start
from flows.web.forms import Form, read_form
from tasks.desk.acts import IMPORT as ABOUT
from tasks.desk.imports import read_import, read_imports
from tasks.desk.works import DONE, IMPORT, PREVIEW, RUNNING, UNDO, WorkError, latest_works, use_up
from tasks.domain.definitions.kinds import KIND_NAMES

CONFLICT, UNPROCESSABLE = 409, 422
LONGEST_NAME = 150


def show_imports(web: Web, request: Request) -> Response:
    """GET /desk/imports."""
    return _list(web, request)


def _list(web: Web, request: Request, status: int = 200, problem: str | None = None) -> Response:
    find_lost(web)
    before = request.query_params.get("before", "")
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        page = read_imports(connection, int(before) if before.isdecimal() else None)
        works = latest_works(connection, (PREVIEW, IMPORT, UNDO), 5)
    return desk_page(
        web,
        visit,
        "imports.html",
        status,
        here="data",
        tab="imports",
        heading=visit.words["data"]["imports"],
        page=page,
        works=works,
        kinds=KIND_NAMES,
        mappings=sorted(web.settings.mappings),
        zone=web.settings.firm.zone,
        following=page.next and f"?before={page.next}",
        problem=problem,
    )


async def upload(web: Web, request: Request) -> Response:
    """POST /desk/imports: a file, what its rows are, and the profile that reads it; it is looked at first."""
    form = await read_form(request, web.settings.home / FOLDER, web.most_bytes)
    try:
        return await run_in_threadpool(_upload, web, request, form)
    finally:
        form.discard()


def _upload(web: Web, request: Request, form: Form) -> Response:
    visit = act_of(web, request, form.fields, "import")
    words, kind, mapping = visit.words["data"], form.fields.get("kind", ""), form.fields.get("mapping") or None
    if len(form.files) != 1 or form.files[0].is_too_large or not form.files[0].size:
        return _list(web, request, UNPROCESSABLE, words["one_file"])
    if kind not in KIND_NAMES or (mapping is not None and mapping not in web.settings.mappings):
        return _list(web, request, UNPROCESSABLE, words["no_kind"])
    file = form.files[0]
    options: dict[str, Any] = {"kind": kind, "mapping": mapping, "file": _plain_name(file.name), "sha256": file.sha256}
    options |= {"as_of": web.today().isoformat(), "of_work": None, "notifies": form.fields.get("notifies") == "yes"}
    try:
        work_id = begin(web, visit, PREVIEW, "import", options, (ABOUT, options["file"]))
    except WorkError as error:
        return _list(web, request, CONFLICT, str(error))
    file.path.rename(folder_of(web.settings.home, work_id) / str(options["file"]))
    start(web, work_id)
    return back_to(f"{PATH}/imports/works/{work_id}")


def _plain_name(name: str) -> str:
    """A file's name without folders, and without signs that are none in names; feeds are told apart by it."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[\x00-\x1f\x7f<>:\"|?*]", "_", last)
    stem, dot, suffix = plain.rpartition(".")
    stem = stem.lstrip(".")
    return f"{(stem or 'file')[:LONGEST_NAME]}{dot or '.'}{suffix[:10]}"


def show_work(web: Web, request: Request) -> Response:
    """GET /desk/imports/works/NUMBER: a preview, an import or an undo, while it is under way and after."""
    found = look(web, request.path_params["work"])
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
    if found is None or found[0].kind not in (PREVIEW, IMPORT, UNDO):
        raise missing(web, visit)
    work, _ = found
    return desk_page(
        web,
        visit,
        "import_work.html",
        here="data",
        tab="imports",
        heading=visit.words["data"]["works"][work.kind],
        work=work,
        is_running=work.status == RUNNING,
        is_own=work.user_id == visit.user.user_id,
        problem=work.problem,
    )


def import_now(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/imports/works/NUMBER: import the file that a preview showed, once, by who looked at it."""
    visit = act_of(web, request, fields, "import")
    found = look(web, request.path_params["work"])
    if found is None or found[0].kind != PREVIEW:
        raise missing(web, visit)
    preview, words = found[0], visit.words["data"]
    if preview.user_id != visit.user.user_id:
        return _list(web, request, CONFLICT, words["not_yours"])
    if preview.status != DONE or preview.result is None or preview.result.get("closed"):
        return _list(web, request, CONFLICT, words["used_up"])
    options: dict[str, Any] = {**preview.options, "of_work": preview.work_id}
    try:
        work_id = begin(web, visit, IMPORT, "import", options, (ABOUT, options["file"]))
    except WorkError as error:
        return _list(web, request, CONFLICT, str(error))
    with web.store.begin() as connection:
        use_up(connection, preview.work_id)
    start(web, work_id)
    return back_to(f"{PATH}/imports/works/{work_id}")


def show_import(web: Web, request: Request) -> Response:
    """GET /desk/imports/NUMBER."""
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        found = read_import(connection, request.path_params["number"])
    if found is None:
        raise missing(web, visit)
    values = {"here": "data", "tab": "imports", "heading": found["source_file"], "one": found}
    return desk_page(web, visit, "import.html", **values, zone=web.settings.firm.zone)


def undo(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/imports/NUMBER: take an import back."""
    visit, import_id = act_of(web, request, fields, "undo_import"), request.path_params["number"]
    try:
        work_id = begin(web, visit, UNDO, "undo_import", {"import_id": import_id}, (ABOUT, import_id))
    except WorkError as error:
        return _list(web, request, CONFLICT, str(error))
    start(web, work_id)
    return back_to(f"{PATH}/imports/works/{work_id}")
