"""The outbox at the desk: what was sent, waits or was stopped, and the mails that a person decides on (O3).

May touch: tasks/desk. Tests: tests/integration/desk/test_desk_outbox.py.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.typed import key_of
from flows.web.desk.visit import PATH, Done, act_of, back_to, desk_page, do, missing, visit_of
from tasks.desk.acts import MESSAGE
from tasks.desk.outbox import masked, read_message, read_messages

FILTERS = ("status", "relation")
UNPROCESSABLE = 422


def show_outbox(web: Web, request: Request) -> Response:
    """GET /desk/outbox."""
    asked = {name: value for name, value in request.query_params.items() if name in FILTERS and value.strip()}
    after = key_of(request.query_params.get("after", ""))
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        page = read_messages(connection, asked.get("status"), asked.get("relation"), after)
    values = {
        "heading": visit.words["outbox"]["title"],
        "asked": dict.fromkeys(FILTERS, "") | asked,
        "page": page,
        "following": page.next and f"?{urlencode(asked | {'after': f'{page.next[0]}_{page.next[1]}'})}",
    }
    return desk_page(web, visit, "outbox.html", here="outbox", **values)


def show_message(web: Web, request: Request) -> Response:
    """GET /desk/outbox/NUMBER."""
    return _message(web, request, Done())


def _message(web: Web, request: Request, done: Done, status: int = 200) -> Response:
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        found = read_message(connection, request.path_params["message"])
    if found is None:
        raise missing(web, visit)
    message, events = found
    return desk_page(
        web,
        visit,
        "message.html",
        status,
        here="outbox",
        heading=message["subject"] or message["step"],
        message=message,
        events=events,
        text=masked(message["body_text"]),
        zone=web.settings.firm.zone,
        problem=done.problem,
    )


def resolve(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/outbox/NUMBER: it was sent, or it was not."""
    visit, message_id = act_of(web, request, fields, "resolve_mail"), request.path_params["message"]
    if fields.get("was_sent") not in ("yes", "no"):
        return back_to(f"{PATH}/outbox/{message_id}")
    given = {"message_id": message_id, "was_sent": fields["was_sent"] == "yes", "now": web.clock()}
    done = do(web, visit, "resolve_mail", (MESSAGE, message_id), "mails.resolve", **given)
    return (
        back_to(f"{PATH}/outbox/{message_id}") if done.problem is None else _message(web, request, done, UNPROCESSABLE)
    )
