"""Files that clients send: read as they come, and handed to the stage that examines and keeps them (D5).

May touch: tasks/requests/page. Tests: tests/integration/web/test_page_uploads.py.
"""

from collections.abc import Sequence
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.web.context import Web
from flows.web.forms import ReceivedFile, read_file
from flows.web.limits import UPLOAD
from flows.web.visit import act_of, check_form, find_visit, too_many
from tasks.domain.requests.files import RefusedFile, refusal_text
from tasks.domain.requests.values import AnswerError
from tasks.requests.page.save import Act, Typed, save_item
from tasks.requests.page.uploads import Taken, Taking, Upload, check_disk, take_files
from tasks.translations import read_words

TOO_LARGE, UNPROCESSABLE, NO_SPACE = 413, 422, 507
STATUS_OF = {"too_large": TOO_LARGE, "disk_full": NO_SPACE}


def take(web: Web, act: Act, key: str, files: Sequence[ReceivedFile], *, is_combined: bool) -> Taken:
    """Take the files of a form; those that are too large are refused, the others go on.

    Raises:
        AnswerError: the item takes no files, or there is no room for any.
    """
    whole = [file for file in files if not file.is_too_large]
    for file in files:
        if file.is_too_large:
            file.path.unlink(missing_ok=True)
    try:
        check_disk(web.documents, 0)
    except AnswerError:
        for file in whole:
            file.path.unlink(missing_ok=True)
        raise
    uploads = [Upload(file.path, file.name, file.sha256) for file in whole]
    taken = take_files(taking_of(web, act), act, key, uploads, is_combined=is_combined)
    if len(whole) < len(files):
        taken.refused = AnswerError("the file is too large", "too_large")
    return taken


def taking_of(web: Web, act: Act) -> Taking:
    """How this home takes files."""
    name = " ".join(act.page.recipient_name.split())
    label = web.firm_words()["infected"].format(name=name)
    return Taking(web.store, web.documents, web.settings.firm.web.clamd, label)


async def upload(web: Web, request: Request) -> Response:
    """POST /d/LINK/items/KEY/files, by script: one file as the body; its name and the form's token in headers."""
    act = await run_in_threadpool(_begin, web, request)
    if isinstance(act, Response):
        return act
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdecimal() else 0
    if size > web.most_bytes:
        return _problem(web, act, AnswerError("the file is too large", "too_large"))
    try:
        await run_in_threadpool(check_disk, web.documents, size)
        name = unquote(request.headers.get("x-file-name", ""))
        file = await read_file(request.stream(), name, web.documents, web.most_bytes)
        return await run_in_threadpool(_finish, web, act, request, file)
    except AnswerError as error:
        return _problem(web, act, error)


def _begin(web: Web, request: Request) -> Act | Response:
    with web.store.begin(only_reads=True) as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        check_form(web, request, visit.session, {"form": request.headers.get("x-form", "")})
        if not web.limits.takes(UPLOAD, visit.link.link_id):
            return too_many(web, request)
        return act_of(web, connection, request, visit)


def _finish(web: Web, act: Act, request: Request, file: ReceivedFile) -> Response:
    key = request.path_params["key"]
    taken = take(web, act, key, [file], is_combined=False)
    if taken.refused is not None:
        return _problem(web, act, taken.refused)
    with web.store.begin() as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        now = act_of(web, connection, request, visit)
        item = now.page.item(key)
        if item is not None and not now.page.link.is_closed and not item.is_expiry_asked:
            save_item(connection, now, key, Typed())
    words = web.words(act.page.language)
    return JSONResponse({"said": words["already_there"] if taken.is_known else words["upload_done"]})


def _problem(web: Web, act: Act, error: AnswerError | RefusedFile) -> Response:
    words = problem_in_words(web, act.page.language, error)
    return JSONResponse({"problem": words}, status_code=STATUS_OF.get(error.code, UNPROCESSABLE))


def problem_in_words(web: Web, language: str, error: AnswerError | RefusedFile) -> str:
    """What is wrong, in the client's language."""
    if isinstance(error, RefusedFile):
        return refusal_text(error, read_words(language)["refused_files"])
    errors: dict[str, str] = web.words(language)["errors"]
    return errors.get(error.code, errors["not_possible"]).format(size=web.settings.firm.web.max_file_mb)
