"""The link in the mail: a page with one button, which changes nothing until it is pressed (D2).

Mail scanners follow links, also with script: they find the firm's name and a button. A link that is wrong, old, revoked
or closed gives one and the same answer.
May touch: tasks/requests/page. Tests: tests/integration/web/test_page_links.py.
"""

import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web, address_of
from flows.web.limits import RENEWAL, WRONG_LINK
from flows.web.render import page as rendered
from flows.web.visit import GONE, check_origin, cookie_of, notice, redirect, set_cookie, too_many
from tasks.requests.page.contact import renew_link
from tasks.requests.page.links import find_by_token, recipient_of_dead
from tasks.requests.page.sessions import find_session, open_link


def show_link(web: Web, request: Request) -> Response:
    """GET /r/TOKEN."""
    token = request.path_params["token"]
    if web.limits.is_over(WRONG_LINK, address_of(request)):
        return too_many(web, request)
    with web.store.begin(only_reads=True) as connection:
        link = find_by_token(connection, token, web.clock(), web.today())
    if link is None:
        return gone(web, request, token)
    language = web.language_of(request)
    words = web.words(language)
    return rendered(
        "notice.html",
        language,
        firm=web.firm_name,
        heading=words["open_title"],
        text=words["open_text"].format(firm=web.firm_name),
        action="/r",
        hidden={"token": token},
        button=words["open_button"],
    )


def press_button(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /r, with the token in the form; or to the link itself."""
    check_origin(web, request)
    token = request.path_params.get("token") or fields.get("token", "")
    if web.limits.is_over(WRONG_LINK, address_of(request)):
        return too_many(web, request)
    secret, now = secrets.token_urlsafe(32), web.clock()
    with web.store.begin() as connection:
        link = find_by_token(connection, token, now, web.today())
        if link is None:
            return gone(web, request, token)
        session = find_session(connection, cookie_of(request) or "", now)
        check = web.settings.firm.web.check
        open_link(connection, link, session, secret, check=check, now=now, address=address_of(request))
    answer = redirect()
    set_cookie(request, answer, secret if session is None else cookie_of(request) or secret)
    return answer


def renew(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /renew: mail the link anew to the address on file; the answer is always the same."""
    check_origin(web, request)
    if not web.limits.takes(RENEWAL, address_of(request)):
        return too_many(web, request)
    with web.store.begin() as connection:
        asked = recipient_of_dead(connection, fields.get("token", ""))
        is_queued = asked is not None and renew_link(connection, asked, web.renderer, web.clock(), web.today())
    if is_queued:
        web.send_now()
    return notice(web, request, "renewed")


def gone(web: Web, request: Request, token: str) -> Response:
    """The one answer to every link that opens nothing."""
    if not web.limits.takes(WRONG_LINK, address_of(request)):
        return too_many(web, request)
    words = web.words(web.language_of(request))
    return notice(
        web, request, "gone", GONE, action="/renew", hidden={"token": token[:64]}, button=words["renew_button"]
    )
