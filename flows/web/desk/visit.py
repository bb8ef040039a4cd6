"""Who asks for a page of the desk, whether he may do what he asks, and the row that says that he did.

May touch: tasks/desk. Tests: tests/integration/desk/test_desk_sign_in.py, tests/integration/desk/test_desk_rights.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.worker import JobRefused, WorkerGone
from flows.web.limits import DESK_REQUEST
from flows.web.render import page as rendered
from flows.web.visit import FORBIDDEN, Refused, check_origin, is_local, too_many
from tasks.desk.acts import REFUSED, UNKNOWN, note_act
from tasks.desk.sign_in import IDLE, DeskSession, find_desk_session, touch_desk_session
from tasks.desk.users import User
from tasks.domain.requests.tokens import is_same
from tasks.domain.rights import may
from tasks.translations import read_desk_words

SECURE_COOKIE, LOCAL_COOKIE = "__Secure-relance-desk", "relance-desk"
PATH = "/desk"
SEE_OTHER = 303
LANGUAGES = ("fr", "nl", "en")


@dataclass(frozen=True)
class DeskVisit:
    """A request of somebody who is signed in.

    Attributes:
        session: his.
        language: in which he reads.
        words: the desk's texts in it.
        form: what his forms carry, so that no other site can send them (CSRF).
    """

    session: DeskSession
    language: str
    words: Mapping[str, Any]
    form: str

    @property
    def user(self) -> User:
        """Who it is."""
        return self.session.user

    def may(self, act: str) -> bool:
        """Whether his role is enough for an act."""
        return may(self.user.role, act)


def visit_of(web: Web, connection: Connection, request: Request) -> DeskVisit:
    """Who asks.

    Raises:
        Refused: nobody is signed in: to the page for it, and from there back here.
    """
    session = find_desk_session(connection, desk_cookie_of(request) or "", web.clock())
    if session is None:
        raise Refused(to_sign_in(request))
    if not web.limits.takes(DESK_REQUEST, session.session_id):
        raise Refused(too_many(web, request))
    language = session.language or web.language_of(request)
    return DeskVisit(session, language, read_desk_words(language), web.desk_form(session.session_id))


def act_of_self(web: Web, request: Request, fields: Mapping[str, str]) -> DeskVisit:
    """Who sends a form of his own pages; his session is in use.

    Raises:
        Refused: he is not signed in, or the form was not made for him.
    """
    check_origin(web, request)
    with web.store.begin() as connection:
        visit = visit_of(web, connection, request)
        if not is_same(fields.get("form", ""), visit.form):
            raise Refused(desk_notice(web, visit, "refused", FORBIDDEN))
        touch_desk_session(connection, visit.session.session_id, web.clock())
    return visit


def act_of(web: Web, request: Request, fields: Mapping[str, str], act: str) -> DeskVisit:
    """Who does something that his role allows.

    Raises:
        Refused: as for `act_of_self`, or his role is not enough.
    """
    visit = act_of_self(web, request, fields)
    if not visit.may(act):
        raise not_allowed(web, visit)
    return visit


@dataclass(frozen=True)
class Done:
    """What came of an act: the job's answer, or in words why it was not done."""

    answer: Any = None
    problem: str | None = None


def do(web: Web, visit: DeskVisit, act: str | None, about: tuple[str, object], job: str, **given: Any) -> Done:
    """Have a job done in somebody's name; the row that says so is written first.

    Args:
        web: what pages share.
        visit: whose.
        act: which of tasks/domain/rights.py; None for a job that changes nothing, of which no row is kept.
        about: the kind and id of what it changes.
        job: a function of flows/jobs/desk/, such as `tasks.accept`.
        **given: what it is called with.
    """
    assert web.jobs is not None
    who = {"user_id": visit.user.user_id, "session_id": visit.session.session_id}
    number = None
    if act is not None:
        with web.store.begin() as connection:
            number = note_act(connection, act, **who, now=web.clock(), about=about, detail=noted(given))  # type: ignore[arg-type]
    try:
        return Done(web.jobs.do(job, **given))
    except JobRefused as error:
        problem, became = str(error), REFUSED
    except WorkerGone:
        problem, became = str(visit.words["worker_gone"]), UNKNOWN
    if number is not None:
        with web.store.begin() as connection:
            note_act(connection, became, **who, now=web.clock(), about=about, detail={"of_act": number})  # type: ignore[arg-type]
    return Done(problem=problem)


PERSONAL = ("text", "reason", "value", "fields", "written")


def noted(given: Mapping[str, Any]) -> dict[str, Any]:
    """What an act's row keeps of what was typed: no text that may be about a client."""
    return {name: value for name, value in given.items() if name not in PERSONAL and value is not None}


def desk_page(web: Web, visit: DeskVisit, template: str, status: int = 200, **values: object) -> Response:
    """A page of the desk, in its reader's language."""
    shared = {"firm": web.firm_name, "words": visit.words, "user": visit.user, "form": visit.form, "may": visit.may}
    values = {"said": None, "problem": None} | values
    return rendered(f"desk/{template}", visit.language, status, **shared, **values)


def desk_notice(web: Web, visit: DeskVisit, name: str, status: int) -> Response:
    """A page of the desk that says one thing."""
    heading, text = visit.words[f"{name}_title"], visit.words[f"{name}_text"]
    return desk_page(web, visit, "notice.html", status, here="", heading=heading, text=text)


def not_allowed(web: Web, visit: DeskVisit) -> Refused:
    """His role is not enough."""
    return Refused(desk_notice(web, visit, "not_allowed", FORBIDDEN))


def missing(web: Web, visit: DeskVisit) -> Refused:
    """What is asked for is not there."""
    return Refused(desk_notice(web, visit, "missing", 404))


def back_to(path: str) -> Response:
    """To a page of the desk, after an act."""
    return Response(status_code=SEE_OTHER, headers={"Location": path})


def to_sign_in(request: Request) -> Response:
    """To the page for signing in, which leads back."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(asked)}" if request.method == "GET" and asked != PATH else ""
    return back_to(f"{PATH}/sign-in{back}")


def desk_cookie_of(request: Request) -> str | None:
    """The secret of a browser's session at the desk."""
    return request.cookies.get(LOCAL_COOKIE if is_local(request) else SECURE_COOKIE)


def set_desk_cookie(request: Request, response: Response, secret: str) -> None:
    """Give a browser its session's secret; links in mails lead to the desk, so that the cookie goes with them."""
    local = is_local(request)
    response.set_cookie(
        LOCAL_COOKIE if local else SECURE_COOKIE,
        secret,
        max_age=int(IDLE.total_seconds()),
        path=PATH,
        secure=not local,
        httponly=True,
        samesite="lax",
    )


def forget_desk_cookie(request: Request, response: Response) -> None:
    """Have a browser forget its session's secret."""
    local = is_local(request)
    name = LOCAL_COOKIE if local else SECURE_COOKIE
    response.delete_cookie(name, path=PATH, secure=not local, httponly=True, samesite="lax")
