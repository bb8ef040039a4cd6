"""What holds for every request and every answer: which hosts are served, the security headers, and a last resort.

May touch: starlette. Tests: tests/integration/web/test_page_guard.py.
"""

import logging
import traceback
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("relance.web")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "testserver")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
NOT_STORED = {"Cache-Control": "no-store"}
TRANSPORT_SECURITY = {"Strict-Transport-Security": "max-age=31536000"}


class Guard:
    """Wraps the whole application, so that its own errors are answered with the same headers."""

    def __init__(self, app: ASGIApp, base: str | None) -> None:
        """Take the application, and the address under which clients reach it."""
        self._app = app
        self._host = urlsplit(base).netloc if base else None
        self._is_secure = base is not None and base.startswith("https:")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                secured = HEADERS | (TRANSPORT_SECURITY if self._is_secure else {})
                for name, value in secured.items():
                    headers[name] = value
                for name, value in NOT_STORED.items():
                    headers.setdefault(name, value)
            await send(message)

        if not self._is_served(Headers(scope=scope).get("host", "")):
            await PlainTextResponse("Unknown host.\n", status_code=421)(scope, receive, answer)
            return
        try:
            await self._app(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - whatever failed, nobody's data may reach the log
            _log(error)

    def _is_served(self, host: str) -> bool:
        return host == self._host or host.rpartition(":")[0] in LOOPBACK or host in LOOPBACK


def _log(error: Exception) -> None:
    """Log where something failed, without its text: that may hold a client's data (Q5)."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    log.error("%s at %s:%s", type(error).__name__, last.filename, last.lineno)


def is_same_origin(headers: Headers, own: str) -> bool:
    """Whether a browser says that a form was sent from a page of this application, or says nothing.

    Browsers send `Origin: null` from pages whose referrer policy is `no-referrer`; newer ones also say the site.

    Args:
        headers: of the request.
        own: scheme and host under which it was asked.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin in (None, "null", own)
