"""The application that `relance web` serves: the client's page, one-click unsubscribe, and SendGrid's events.

Its process imports neither Prefect nor Great Expectations nor pandas: it reads requests and writes answers.
May touch: starlette. Tests: tests/integration/web/.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from flows.web import links, request_page, sign_in, unsubscribe, uploads
from flows.web.context import Web
from flows.web.desk.routes import desk_routes
from flows.web.events import Verifier, event_route
from flows.web.forms import UnreadableForm
from flows.web.guard import Guard
from flows.web.render import PAGES
from flows.web.routing import files_route, get_route, post_route
from flows.web.visit import GONE, Refused, notice

NO_CONTENT, BROKEN, BAD = 204, 500, 400
STATIC = {"page.css": "text/css", "page.js": "text/javascript", "desk.css": "text/css"}
A_DAY = "public, max-age=86400"


def make_app(web: Web, verifier: Verifier | None) -> ASGIApp:
    """The application of one home.

    Args:
        web: what its pages share.
        verifier: of SendGrid's events; None if the home has no key, and takes none.
    """

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return error.response

    async def unreadable(request: Request, _: Exception) -> Response:
        return notice(web, request, "refused", BAD)

    async def missing(request: Request, _: Exception) -> Response:
        return notice(web, request, "gone", GONE)

    async def broken(request: Request, _: Exception) -> Response:
        return notice(web, request, "broken", BROKEN)

    routes = [*_client_routes(web), *_other_routes(web)]
    if web.settings.firm.desk:
        routes += desk_routes(web)
    if verifier is not None:
        routes.append(event_route(web, verifier))
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        Refused: refused,
        UnreadableForm: unreadable,
        404: missing,
        Exception: broken,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    return Guard(app, web.settings.firm.web.base)


def _client_routes(web: Web) -> list[BaseRoute]:
    of_link, of_item = "/d/{link:int}", "/d/{link:int}/items/{key}"
    return [
        get_route(web, "/r/{token}", links.show_link),
        post_route(web, "/r/{token}", links.press_button),
        post_route(web, "/r", links.press_button),
        post_route(web, "/renew", links.renew),
        get_route(web, "/d", request_page.show_page),
        get_route(web, of_link, request_page.show_page),
        post_route(web, f"{of_link}/code/send", sign_in.send),
        post_route(web, f"{of_link}/code", sign_in.enter),
        post_route(web, f"{of_link}/question", request_page.ask),
        post_route(web, f"{of_link}/not-me", request_page.say_not_me),
        post_route(web, f"{of_link}/language", request_page.choose_language),
        post_route(web, f"{of_link}/end", request_page.end),
        files_route(web, of_item, request_page.save),
        post_route(web, f"{of_item}/draft", request_page.keep_draft),
        files_route(web, f"{of_item}/files", uploads.upload),
        post_route(web, f"{of_item}/files/{{document:int}}/remove", request_page.remove_file),
    ]


def _other_routes(web: Web) -> list[BaseRoute]:
    def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def robots(_: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    return [
        Route("/health", health),
        Route("/robots.txt", robots),
        Route("/favicon.ico", lambda _: Response(status_code=NO_CONTENT)),
        *(Route(f"/static/{name}", partial(_static, PAGES / name, kind)) for name, kind in STATIC.items()),
        get_route(web, "/u/{token}", unsubscribe.show),
        post_route(web, "/u/{token}", unsubscribe.unsubscribe),
    ]


def _static(file: Path, kind: str, _: Request) -> Response:
    return FileResponse(file, media_type=kind, headers={"Cache-Control": A_DAY})
