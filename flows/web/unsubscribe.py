"""One-click unsubscribe: the link in a message's List-Unsubscribe header (RFC 8058).

A mail program posts to it; a person who opens it finds a button. GET changes nothing.
May touch: tasks/mail. Tests: tests/integration/web/test_unsubscribe.py.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web, address_of
from flows.web.limits import WRONG_LINK
from flows.web.visit import notice, too_many
from tasks.mail.delivery.suppressions import BY_HAND, Suppression, suppress
from tasks.mail.unsubscribe import address_of_message
from tasks.translations import read_words


def show(web: Web, request: Request) -> Response:
    """GET /u/TOKEN: a button; a link that is wrong gets the same page."""
    words = web.words(web.language_of(request))
    token = request.path_params["token"]
    return notice(web, request, "unsubscribe", action=f"/u/{token}", button=words["unsubscribe_button"])


def unsubscribe(web: Web, request: Request, _: Mapping[str, str]) -> Response:
    """POST /u/TOKEN: no more messages to the address that the message went to."""
    if web.limits.is_over(WRONG_LINK, address_of(request)):
        return too_many(web, request)
    labels = read_words(web.settings.firm.language)["address_tasks"]
    with web.store.begin() as connection:
        address = address_of_message(connection, web.key, request.path_params["token"])
        if address is not None:
            suppress(connection, [Suppression(address, BY_HAND, web.clock())], labels, web.today())
    if address is None:
        web.limits.takes(WRONG_LINK, address_of(request))
    return notice(web, request, "unsubscribed")
