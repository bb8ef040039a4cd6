"""The page of a request: what it shows, and what is done on it (D4, D7).

Every form works without script: what is saved is answered with a redirect to the page, what is wrong with the page
itself, the words beside the item and everything that was typed still in its field.
May touch: tasks/requests/page. Tests: tests/integration/web/test_page_answers.py.
"""

from collections.abc import Mapping
from datetime import UTC

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web, address_of
from flows.web.forms import Form, read_form
from flows.web.limits import QUESTION
from flows.web.page_view import Said, read_shown, render_page
from flows.web.render import clock_time
from flows.web.sign_in import ask_for_code
from flows.web.uploads import STATUS_OF, problem_in_words, take
from flows.web.visit import (
    act_of,
    check_form,
    find_visit,
    forget_cookie,
    notice,
    redirect,
    too_many,
)
from tasks.domain.requests.files import RefusedFile
from tasks.domain.requests.values import AnswerError
from tasks.requests.page.codes import has_code
from tasks.requests.page.contact import ask_question, is_not_the_right_person
from tasks.requests.page.save import Act, Conflict, Typed, promise_item, save_draft, save_item
from tasks.requests.page.sessions import choose_session_language, end_session, touch
from tasks.requests.page.taking_back import remove_document
from tasks.requests.page.uploads import Taken
from tasks.requests.page.view import LANGUAGES

UNPROCESSABLE, CONFLICT = 422, 409


def show_page(web: Web, request: Request) -> Response:
    """GET /d, and GET /d/LINK for another request of the same session; changes nothing."""
    with web.store.begin(only_reads=True) as connection:
        visit = find_visit(web, connection, request, request.path_params.get("link"))
        shown = read_shown(web, connection, visit) if visit.is_confirmed else None
        is_sent = shown is None and has_code(connection, visit.link, visit.session, web.clock())
    return ask_for_code(web, request, visit, is_sent=is_sent) if shown is None else render_page(web, shown, Said())


async def save(web: Web, request: Request) -> Response:
    """POST /d/LINK/items/KEY: an answer, "does not concern me", a promise, "still correct"."""
    form = await read_form(request, web.documents, web.most_bytes)
    return await run_in_threadpool(_save, web, request, form)


def _save(web: Web, request: Request, form: Form) -> Response:
    key, fields = request.path_params["key"], form.fields
    try:
        taken = _take(web, request, key, form) if form.files else Taken()
        with web.store.begin() as connection:
            act = _act(web, connection, request, fields)
            touch(connection, act.session_id, act.now, act.page.link.link_id)
            _do(connection, act, key, fields, taken)
    except AnswerError as error:
        return _again(web, request, key, error, fields)
    if taken.refused is not None:
        return _again(web, request, key, taken.refused, fields)
    return redirect()


def _take(web: Web, request: Request, key: str, form: Form) -> Taken:
    """Take the files of a form; examined before the transaction that records the answer, which others wait for."""
    try:
        with web.store.begin(only_reads=True) as connection:
            act = _act(web, connection, request, form.fields)
    except BaseException:
        form.discard()
        raise
    return take(web, act, key, form.files, is_combined=form.fields.get("combine") == "yes")


def _do(connection: Connection, act: Act, key: str, fields: Mapping[str, str], taken: Taken) -> None:
    """Record what a form says; after files that came the version of the form is out of date."""
    typed = Typed(
        value=fields.get("value"),
        expires_on=fields.get("expires_on"),
        not_applicable=fields.get("not_applicable"),
        promised_on=fields.get("promised_on"),
        version=None if taken.count else fields.get("version"),
        is_still_correct=fields.get("do") == "still_correct",
    )
    is_said = taken.is_answered and not (typed.not_applicable or "").strip()  # with the files, as they were recorded
    if fields.get("do") == "promise":
        promise_item(connection, act, key, typed)
    elif is_said:
        return
    elif taken.refused is None or taken.count:
        save_item(connection, act, key, typed)


def _again(
    web: Web, request: Request, key: str, error: AnswerError | RefusedFile, fields: Mapping[str, str]
) -> Response:
    """The page with what was wrong, and with everything that was typed."""
    is_conflict = isinstance(error, Conflict)
    status = CONFLICT if is_conflict else STATUS_OF.get(error.code, UNPROCESSABLE)
    with web.store.begin() as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        act = act_of(web, connection, request, visit)
        if is_conflict and act.page.item(key) and not act.page.link.is_closed:
            save_draft(connection, act, key, fields.get("value", ""))
        shown = read_shown(web, connection, visit)
    words = problem_in_words(web, shown.page.language, error)
    return render_page(web, shown, Said(errors={key: words}, kept={key: dict(fields)}), status)


def keep_draft(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /d/LINK/items/KEY/draft, by script: keep what is typed and not sent."""
    with web.store.begin() as connection:
        act = _act(web, connection, request, fields)
        try:
            save_draft(connection, act, request.path_params["key"], fields.get("value", ""), fields.get("version"))
        except AnswerError:
            return Response(status_code=UNPROCESSABLE)
        words = web.words(act.page.language)
        at = clock_time(act.now.astimezone(UTC).replace(tzinfo=None), act.page.language, web.settings.firm.zone)
    return Response(words["draft_saved"].format(time=at), media_type="text/plain")


def remove_file(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /d/LINK/items/KEY/files/NUMBER/remove."""
    try:
        with web.store.begin() as connection:
            act = _act(web, connection, request, fields)
            path = remove_document(connection, act, request.path_params["key"], request.path_params["document"])
    except AnswerError as error:
        return _again(web, request, request.path_params["key"], error, {})
    if path is not None:
        (web.documents / path).unlink(missing_ok=True)
    return redirect()


def ask(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /d/LINK/question."""
    with web.store.begin() as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        act = _act(web, connection, request, fields)
        words, question = web.words(act.page.language), fields.get("question", "")
        if not web.limits.takes(QUESTION, visit.link.link_id):
            return too_many(web, request)
        label = web.firm_words()["question"].format(name=" ".join(act.page.recipient_name.split()))
        said, status, is_queued = Said(said=words["question_sent"]), 200, False
        try:
            is_queued = ask_question(connection, act, question, web.renderer, label)
        except AnswerError as error:
            said, status = Said(question=question, question_error=words["errors"][error.code]), UNPROCESSABLE
        shown = read_shown(web, connection, visit)
    if is_queued:
        web.send_now()
    return render_page(web, shown, said, status)


def say_not_me(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /d/LINK/not-me."""
    with web.store.begin() as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        act = _act(web, connection, request, fields)
        label = web.firm_words()["wrong_person"].format(name=" ".join(act.page.recipient_name.split()))
        is_not_the_right_person(connection, act, label)
        shown = read_shown(web, connection, visit)
    return render_page(web, shown, Said(said=web.words(act.page.language)["not_me_sent"]))


def choose_language(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /d/LINK/language."""
    with web.store.begin() as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        check_form(web, request, visit.session, fields)
        if (language := fields.get("language", "")) in LANGUAGES:
            choose_session_language(connection, visit.session.session_id, language)
            touch(connection, visit.session.session_id, web.clock(), visit.link.link_id)
    return redirect()


def end(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /d/LINK/end: the visit is over on this device."""
    with web.store.begin() as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        check_form(web, request, visit.session, fields)
        end_session(connection, visit.session, visit.link, web.clock(), address_of(request))
    answer = notice(web, request, "ended")
    # Not "cookies": that would clear those of the firm's other sites, too.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    forget_cookie(request, answer)
    return answer


def _act(web: Web, connection: Connection, request: Request, fields: Mapping[str, str]) -> Act:
    """Who does what."""
    visit = find_visit(web, connection, request, request.path_params["link"])
    check_form(web, request, visit.session, fields)
    return act_of(web, connection, request, visit)
