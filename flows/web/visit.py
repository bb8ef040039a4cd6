"""A visit: which session and link a request belongs to, and whether it may do what it asks.

May touch: tasks/requests/page. Tests: tests/integration/web/test_page_sign_in.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web, address_of
from flows.web.guard import LOOPBACK, is_same_origin
from flows.web.limits import REQUEST
from flows.web.render import page as rendered
from tasks.requests.page.links import Link, find_by_id
from tasks.requests.page.model import Page
from tasks.requests.page.save import Act
from tasks.requests.page.sessions import IDLE, Session, find_session
from tasks.requests.page.view import read_page

SECURE_COOKIE, LOCAL_COOKIE = "__Host-relance", "relance"
FORBIDDEN, TOO_MANY, GONE = 403, 429, 404
RETRY_AFTER = {"Retry-After": "600"}


class Refused(Exception):
    """What is asked is not done; `response` is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True)
class Visit:
    """A request of a session about one of its links.

    Attributes:
        session: the browser's.
        link: the one that it is about, or the latest.
        is_confirmed: whether the session may see its page.
    """

    session: Session
    link: Link
    is_confirmed: bool


def find_visit(web: Web, connection: Connection, request: Request, link_id: int | None = None) -> Visit:
    """The session and link of a request.

    Args:
        web: what pages share.
        connection: a transaction.
        request: it.
        link_id: which of the session's links; None for the latest that still opens a page.

    Raises:
        Refused: there is no session any more, or it has no such link.
    """
    now = web.clock()
    session = find_session(connection, cookie_of(request) or "", now)
    if session is None:
        raise Refused(notice(web, request, "signed_out", FORBIDDEN))
    if not web.limits.takes(REQUEST, session.session_id):
        raise Refused(too_many(web, request))
    for one in session.links if link_id is None else [link_id]:
        link = find_by_id(connection, one, now, web.today()) if one in session.links else None
        if link is not None:
            return Visit(session, link, session.links[one])
    raise Refused(notice(web, request, "signed_out", FORBIDDEN))


def check_form(web: Web, request: Request, session: Session, fields: Mapping[str, str]) -> None:
    """Check that a form was sent from a page of this session.

    Raises:
        Refused: it was not.
    """
    check_origin(web, request)
    if not web.is_form_of(session.session_id, fields.get("form", "")):
        raise Refused(notice(web, request, "refused", FORBIDDEN))


def check_origin(web: Web, request: Request) -> None:
    """Check that no other site sent a form.

    Raises:
        Refused: one did.
    """
    if not is_same_origin(request.headers, own_origin(web, request)):
        raise Refused(notice(web, request, "refused", FORBIDDEN))


def own_origin(web: Web, request: Request) -> str:
    """Scheme and host under which a request came; behind a web server those of firm.yaml."""
    if is_local(request):
        return f"{request.url.scheme}://{request.headers.get('host', '')}"
    return web.settings.firm.web.base or ""


def act_of(web: Web, connection: Connection, request: Request, visit: Visit) -> Act:
    """What a client does in a visit needs the page as it is now.

    Raises:
        Refused: the session may not see it.
    """
    if not visit.is_confirmed:
        raise Refused(redirect())
    return Act(
        shown_page(web, connection, visit),
        visit.session.session_id,
        address_of(request),
        web.clock(),
        web.today(),
        web.settings.templates,
    )


def shown_page(web: Web, connection: Connection, visit: Visit, link: Link | None = None) -> Page:
    """The page of a visit's link, or of another one of its session."""
    return read_page(
        connection,
        link or visit.link,
        session_id=visit.session.session_id,
        chosen_language=visit.session.language,
        firm_language=web.settings.firm.language,
        as_of=web.today(),
    )


def notice(web: Web, request: Request, name: str, status: int = 200, **more: object) -> Response:
    """A page that says one thing, in the browser's language."""
    language = web.language_of(request)
    words = web.words(language)
    email = web.settings.firm.sender.email
    values = {"action": None, "hidden": {}, "button": ""} | more
    return rendered(
        "notice.html",
        language,
        status,
        firm=web.firm_name,
        heading=words[f"{name}_title"],
        text=words[f"{name}_text"].format(firm=web.firm_name, email=email),
        **values,
    )


def too_many(web: Web, request: Request) -> Response:
    """The answer to who asks too often."""
    answer = notice(web, request, "too_many", TOO_MANY)
    answer.headers.update(RETRY_AFTER)
    return answer


def redirect() -> Response:
    """To the session's page; the browser keeps the part of it that the form named."""
    return Response(status_code=303, headers={"Location": "/d"})


def cookie_of(request: Request) -> str | None:
    """The secret of a browser's session."""
    return request.cookies.get(LOCAL_COOKIE if is_local(request) else SECURE_COOKIE)


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Give a browser its session's secret."""
    local = is_local(request)
    response.set_cookie(
        LOCAL_COOKIE if local else SECURE_COOKIE,
        secret,
        max_age=int(IDLE.total_seconds()),
        path="/",
        secure=not local,
        httponly=True,
        samesite="strict",
    )


def forget_cookie(request: Request, response: Response) -> None:
    """Have a browser forget its session's secret."""
    local = is_local(request)
    name = LOCAL_COOKIE if local else SECURE_COOKIE
    response.delete_cookie(name, path="/", secure=not local, httponly=True, samesite="strict")


def is_local(request: Request) -> bool:
    """Whether a page is tried on this machine, without TLS."""
    host = request.headers.get("host", "")
    return request.url.scheme == "http" and (host in LOOPBACK or host.rpartition(":")[0] in LOOPBACK)
