"""How a path leads to a handler, which gets what the pages share.

May touch: starlette. Tests: tests/integration/web/.
"""

from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.web.context import Web
from flows.web.forms import read_fields


def get_route(web: Web, path: str, handler: Callable[[Web, Request], Response]) -> Route:
    """A page, made in a thread."""

    @wraps(handler)
    def endpoint(request: Request) -> Response:
        return handler(web, request)

    return Route(path, endpoint, methods=["GET"])


def post_route(web: Web, path: str, handler: Callable[[Web, Request, Mapping[str, str]], Response]) -> Route:
    """A form without files: read, and handled in a thread."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        form = await read_fields(request)
        return await run_in_threadpool(handler, web, request, form.fields)

    return Route(path, endpoint, methods=["POST"])


def files_route(web: Web, path: str, handler: Callable[[Web, Request], Coroutine[Any, Any, Response]]) -> Route:
    """A body with files, which its handler reads as they come."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await handler(web, request)

    return Route(path, endpoint, methods=["POST"])
