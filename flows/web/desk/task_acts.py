"""What is done on the card of a task: each form one act; one that is refused shows the card again, with the reason.

May touch: nothing of its own. Tests: tests/integration/desk/test_desk_card.py.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from flows.web.context import Web
from flows.web.desk.task_pages import card_page, to_card
from flows.web.desk.visit import Done, act_of, do, missing, visit_of
from tasks.desk.acts import TASK
from tasks.desk.task_card import find_document

REFUSED = 409
# By the value of a form's button: the act, its job, and which fields of the form it is given.
ON_CARD: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "close_step": ("close_step", "tasks.close_step", ("step",)),
    "send": ("send_step", "tasks.send_step", ("step",)),
    "accept": ("accept", "tasks.accept", ("step", "item")),
    "return": ("return", "tasks.give_back", ("step", "item", "reason")),
}
# The same where the job goes over many tasks, and says what was wrong with each.
OVER_MANY: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "done": ("close_task", "tasks.close_tasks", ()),
    "cancel": ("cancel_task", "tasks.close_tasks", ()),
    "remind": ("remind", "tasks.remind", ("step",)),
    "assign": ("assign_step", "tasks.assign_tasks", ("user_id",)),
}
OPTIONAL = {"item", "step"}  # of an act on everything that came, or on every request
STATUS = {"done": "done", "cancel": "cancelled"}


def act_on_task(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/tasks/NUMBER: the act that the form's button names."""
    named, task_id = fields.get("do", ""), request.path_params["task"]
    act, job, names = {**ON_CARD, **OVER_MANY}.get(named, ("close_task", "", ()))
    visit = act_of(web, request, fields, act)
    if not job:
        return to_card(request)
    given: dict[str, Any] = {name: fields.get(name, "") for name in names}
    given |= {name: given[name] or None for name in OPTIONAL & given.keys() if named in ("accept", "remind")}
    if named != "assign":
        given["as_of"] = web.today()
    if named in STATUS:
        given["status"] = STATUS[named]
    if named in ON_CARD:
        done = do(web, visit, act, (TASK, task_id), job, task_id=task_id, **given)
    else:
        done = do(web, visit, act, (TASK, task_id), job, task_ids=[task_id], **given)
        done = Done(problem=done.problem or (done.answer or {}).get(task_id))
    return to_card(request) if done.problem is None else card_page(web, request, done, REFUSED)


def edit_items(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/tasks/NUMBER/items: add an item to a request, take one away, or name one anew."""
    visit, task_id = act_of(web, request, fields, "edit_items"), request.path_params["task"]
    key, label = fields.get("item", "").strip(), fields.get("label", "").strip()
    edits = {
        "add": {"add": [f"{key}={label}:{fields.get('type', 'text')}"]},
        "remove": {"remove": [key]},
        "label": {"label": [f"{key}={label}"]},
    }.get(fields.get("do", ""), {})
    step = fields.get("step", "")
    given = {"task_id": task_id, "step": step, "edits": edits, "as_of": web.today()}
    done = do(web, visit, "edit_items", (TASK, task_id), "tasks.edit_items", **given)
    return to_card(request) if done.problem is None else card_page(web, request, done, REFUSED)


def edit_recipients(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/tasks/NUMBER/recipients: who is asked, as ids with spaces between them."""
    visit, task_id = act_of(web, request, fields, "edit_recipients"), request.path_params["task"]
    chosen = fields.get("recipients", "").split()
    given = {"task_id": task_id, "step": fields.get("step", ""), "recipients": chosen}
    when: dict[str, Any] = {"as_of": web.today(), "now": web.clock()}
    done = do(web, visit, "edit_recipients", (TASK, task_id), "tasks.edit_recipients", **given, **when)
    return to_card(request) if done.problem is None else card_page(web, request, done, REFUSED)


def comment(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/tasks/NUMBER/comments."""
    visit, task_id = act_of(web, request, fields, "comment"), request.path_params["task"]
    now: datetime = web.clock()
    given = {"task_id": task_id, "text": fields.get("text", ""), "user_id": visit.user.user_id, "now": now}
    done = do(web, visit, "comment", (TASK, task_id), "tasks.comment", **given)
    if done.problem is None:
        return to_card(request)
    return card_page(web, request, done, REFUSED, typed=fields.get("text", ""))


def show_links(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/tasks/NUMBER/links: the links to the client's page, to be copied."""
    visit, task_id = act_of(web, request, fields, "copy_link"), request.path_params["task"]
    done = do(web, visit, "copy_link", (TASK, task_id), "tasks.links", task_id=task_id)
    return card_page(web, request, done, 200 if done.problem is None else REFUSED, links=done.answer)


def download(web: Web, request: Request) -> Response:
    """GET /desk/tasks/NUMBER/documents/NUMBER: the file, never shown within the browser."""
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        found = _document(connection, request)
    file = None if found is None else web.documents / found["path"]
    if found is None or file is None or not file.is_file():
        raise missing(web, visit)
    return FileResponse(file, media_type="application/octet-stream", filename=found["name"])


def _document(connection: Connection, request: Request) -> dict[str, Any] | None:
    return find_document(connection, request.path_params["task"], request.path_params["document"])
