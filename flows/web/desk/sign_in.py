"""Signing in to the desk and out of it: a mailed link with one button behind it.

Whatever address is typed, the answer is the same: nobody learns who works for the firm.
May touch: tasks/desk. Tests: tests/integration/desk/test_desk_sign_in.py.
"""

import re
import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web, address_of
from flows.web.desk.visit import (
    LANGUAGES,
    PATH,
    act_of_self,
    back_to,
    desk_cookie_of,
    forget_desk_cookie,
    set_desk_cookie,
)
from flows.web.limits import SIGN_IN, WRONG_LINK
from flows.web.render import page as rendered
from flows.web.visit import GONE, check_origin, too_many
from tasks.desk.acts import SIGNED_IN, SIGNED_OUT, note_act
from tasks.desk.sign_in import (
    ask_for_links,
    choose_desk_language,
    end_desk_session,
    end_desk_sessions,
    find_desk_session,
    is_link,
    open_session,
)
from tasks.translations import read_desk_words

WANTED = "relance-desk-next"


def show_sign_in(web: Web, request: Request) -> Response:
    """GET /desk/sign-in."""
    with web.store.begin(only_reads=True) as connection:
        session = find_desk_session(connection, desk_cookie_of(request) or "", web.clock())
    if session is not None:
        return back_to(PATH)
    answer = _sign_in_page(web, request, "ask")
    if asked := request.query_params.get("next"):
        answer.set_cookie(WANTED, asked[:500], max_age=1800, path=PATH, httponly=True, samesite="lax")
    return answer


def ask(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/sign-in: mail a link to the users of an address."""
    check_origin(web, request)
    if not web.limits.takes(SIGN_IN, address_of(request)):
        return too_many(web, request)
    if web.settings.firm.web.base is None:
        return _sign_in_page(web, request, "no_url", 503)
    language, email = web.language_of(request), fields.get("email", "")
    with web.store.begin() as connection:
        queued = ask_for_links(
            connection, web.renderer, web.key, email, language=language, now=web.clock(), today=web.today()
        )
    if queued:
        web.send_now()
    return _sign_in_page(web, request, "sent")


def show_link(web: Web, request: Request) -> Response:
    """GET /desk/in/TOKEN: one button, which mail scanners do not press."""
    token = request.path_params["token"]
    if web.limits.is_over(WRONG_LINK, address_of(request)):
        return too_many(web, request)
    with web.store.begin(only_reads=True) as connection:
        is_good = is_link(connection, token, web.clock())
    if not is_good:
        return _old_link(web, request)
    return _sign_in_page(web, request, "open", token=token)


def press_button(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/in: open a session."""
    check_origin(web, request)
    if web.limits.is_over(WRONG_LINK, address_of(request)):
        return too_many(web, request)
    secret = secrets.token_urlsafe(32)
    with web.store.begin() as connection:
        session = open_session(connection, fields.get("token", ""), secret, web.clock())
        if session is not None:
            who = {"user_id": session.user.user_id, "session_id": session.session_id}
            note_act(connection, SIGNED_IN, **who, now=web.clock())  # type: ignore[arg-type]
    if session is None:
        return _old_link(web, request)
    answer = back_to(_wanted(request))
    answer.delete_cookie(WANTED, path=PATH)
    set_desk_cookie(request, answer, secret)
    return answer


def _wanted(request: Request) -> str:
    """The page that was asked for before signing in; only ever one of the desk."""
    asked = request.cookies.get(WANTED, "")
    return asked if re.fullmatch(rf"{PATH}/[\w/?&=%.,:-]*", asked) else PATH


def sign_out(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/sign-out: in this browser, or everywhere."""
    visit = act_of_self(web, request, fields)
    is_everywhere = fields.get("everywhere") == "yes"
    who = {"user_id": visit.user.user_id, "session_id": visit.session.session_id}
    with web.store.begin() as connection:
        note_act(connection, SIGNED_OUT, **who, now=web.clock(), detail={"everywhere": is_everywhere})  # type: ignore[arg-type]
        if is_everywhere:
            end_desk_sessions(connection, visit.user.user_id, web.clock())
        end_desk_session(connection, visit.session.session_id, web.clock())
    answer = back_to(f"{PATH}/sign-in")
    forget_desk_cookie(request, answer)
    return answer


def choose_language(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/language."""
    visit = act_of_self(web, request, fields)
    if (language := fields.get("language", "")) in LANGUAGES:
        with web.store.begin() as connection:
            choose_desk_language(connection, visit.session.session_id, language)
    return back_to(PATH)


def _old_link(web: Web, request: Request) -> Response:
    if not web.limits.takes(WRONG_LINK, address_of(request)):
        return too_many(web, request)
    return _sign_in_page(web, request, "old", GONE)


def _sign_in_page(web: Web, request: Request, name: str, status: int = 200, token: str | None = None) -> Response:
    language = web.language_of(request)
    words = read_desk_words(language)
    values = {"heading": words["sign_in"][f"{name}_title"], "text": words["sign_in"][f"{name}_text"]}
    return rendered(
        "desk/sign_in.html", language, status, firm=web.firm_name, words=words, name=name, token=token, **values
    )
