"""The application that `relance web` serves: the client's page, one-click unsubscribe, and SendGrid's events.

Its process imports neither Prefect nor Great Expectations nor pandas: it reads requests and writes answers.
May touch: starlette. Tests: tests/integration/web/.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial, wraps
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from flows.web import links, request_page, sign_in, unsubscribe, uploads
from flows.web.context import Web
from flows.web.events import Verifier, event_route
from flows.web.forms import UnreadableForm, read_fields
from flows.web.guard import Guard
from flows.web.render import PAGES
from flows.web.visit import GONE, Refused, notice

NO_CONTENT, BROKEN, BAD = 204, 500, 400
STATIC = {"page.css": "text/css", "page.js": "text/javascript"}
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
        _get(web, "/r/{token}", links.show_link),
        _post(web, "/r/{token}", links.press_button),
        _post(web, "/r", links.press_button),
        _post(web, "/renew", links.renew),
        _get(web, "/d", request_page.show_page),
        _get(web, of_link, request_page.show_page),
        _post(web, f"{of_link}/code/send", sign_in.send),
        _post(web, f"{of_link}/code", sign_in.enter),
        _post(web, f"{of_link}/question", request_page.ask),
        _post(web, f"{of_link}/not-me", request_page.say_not_me),
        _post(web, f"{of_link}/language", request_page.choose_language),
        _post(web, f"{of_link}/end", request_page.end),
        _files(web, of_item, request_page.save),
        _post(web, f"{of_item}/draft", request_page.keep_draft),
        _files(web, f"{of_item}/files", uploads.upload),
        _post(web, f"{of_item}/files/{{document:int}}/remove", request_page.remove_file),
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
        _get(web, "/u/{token}", unsubscribe.show),
        _post(web, "/u/{token}", unsubscribe.unsubscribe),
    ]


def _static(file: Path, kind: str, _: Request) -> Response:
    return FileResponse(file, media_type=kind, headers={"Cache-Control": A_DAY})


def _get(web: Web, path: str, handler: Callable[[Web, Request], Response]) -> Route:
    @wraps(handler)
    def endpoint(request: Request) -> Response:
        return handler(web, request)

    return Route(path, endpoint, methods=["GET"])


def _post(web: Web, path: str, handler: Callable[[Web, Request, Mapping[str, str]], Response]) -> Route:
    """A form without files: read, and handled in a thread."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        form = await read_fields(request)
        return await run_in_threadpool(handler, web, request, form.fields)

    return Route(path, endpoint, methods=["POST"])


def _files(web: Web, path: str, handler: Callable[[Web, Request], Coroutine[Any, Any, Response]]) -> Route:
    """A body with files, which its handler reads as they come."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await handler(web, request)

    return Route(path, endpoint, methods=["POST"])
