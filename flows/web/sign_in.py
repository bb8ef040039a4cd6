"""The mailed code that a further device shows before it sees a page (D3).

May touch: tasks/requests/page. Tests: tests/integration/web/test_page_sign_in.py.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web, address_of
from flows.web.render import page as rendered
from flows.web.visit import Visit, check_form, find_visit, redirect
from tasks.requests.page.codes import ACCEPTED, SENT, check_code, has_code, send_code

UNPROCESSABLE = 422


def ask_for_code(
    web: Web, request: Request, visit: Visit, *, is_sent: bool, said: str | None = None, problem: str | None = None
) -> Response:
    """The page that asks for a code."""
    language = visit.session.language or web.language_of(request)
    words = web.words(language)
    is_always = web.settings.firm.web.check == "code"
    return rendered(
        "code.html",
        language,
        UNPROCESSABLE if problem else 200,
        firm=web.firm_name,
        words=words,
        heading=words["code_title"],
        text=words["code_text_always" if is_always else "code_text"],
        link_id=visit.link.link_id,
        form=web.form_token(visit.session.session_id),
        is_sent=is_sent,
        said=words[said] if said else None,
        problem=words[problem] if problem else None,
    )


def send(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /d/LINK/code/send."""
    now, today = web.clock(), web.today()
    with web.store.begin() as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        check_form(web, request, visit.session, fields)
        if visit.is_confirmed:
            return redirect()
        address = address_of(request)
        became = send_code(connection, web.renderer, visit.link, visit.session, now=now, today=today, address=address)
        is_sent = became == SENT or has_code(connection, visit.link, visit.session, now)
    if became == SENT:
        web.send_now()
        return ask_for_code(web, request, visit, is_sent=True, said="code_sent")
    return ask_for_code(web, request, visit, is_sent=is_sent, problem=f"code_{became}")


def enter(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /d/LINK/code."""
    with web.store.begin() as connection:
        visit = find_visit(web, connection, request, request.path_params["link"])
        check_form(web, request, visit.session, fields)
        given, address = fields.get("code", ""), address_of(request)
        became = check_code(connection, web.key, visit.link, visit.session, given, now=web.clock(), address=address)
    if became == ACCEPTED:
        return redirect()
    return ask_for_code(web, request, visit, is_sent=became != "expired", problem=f"code_{became}")
