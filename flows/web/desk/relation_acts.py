"""What is done on the card of a relation: its fields and their dates, a pause, and why it gets nothing.

May touch: nothing of its own. Tests: tests/integration/desk/test_desk_relations.py.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.relation_pages import UNPROCESSABLE, relation_page
from flows.web.desk.typed import day_of
from flows.web.desk.visit import PATH, Done, act_of, act_of_self, back_to, do
from tasks.desk.acts import RELATION

DATES = ("expires_on", "next_update_on")


def set_field(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/fields/ID: what differs from what the form showed; an empty date takes the date away."""
    visit, relation_id = act_of(web, request, fields, "set_field"), request.path_params["relation"]
    changes: dict[str, Any] = {}
    for name in ("value", *DATES, "frequency"):
        new, old = fields.get(name, "").strip(), fields.get(f"was_{name}", "")
        if new == old:
            continue
        changes[name] = day_of(new) if name in DATES else (new or None)
        if name in DATES and new and changes[name] is None:
            return relation_page(web, request, Done(problem=visit.words["no_day"]), UNPROCESSABLE, typed=dict(fields))
    given = {"relation_id": relation_id, "field": fields.get("field", ""), "fields": changes, "as_of": web.today()}
    if not changes:
        return _back(relation_id)
    done = do(web, visit, "set_field", (RELATION, relation_id), "relations.set_field", **given)
    if done.problem is None:
        return _back(relation_id)
    return relation_page(web, request, done, UNPROCESSABLE, typed=dict(fields))


def pause(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/pauses/ID: put its reminders off until a day, or until somebody ends that."""
    visit, relation_id = act_of(web, request, fields, "pause"), request.path_params["relation"]
    about = (RELATION, relation_id)
    if fields.get("do") == "resume":
        done = do(web, visit, "pause", about, "relations.resume", relation_id=relation_id)
    else:
        written = fields.get("until", "").strip()
        until = day_of(written)
        if written and until is None:
            return relation_page(web, request, Done(problem=visit.words["no_day"]), UNPROCESSABLE)
        given = {"relation_id": relation_id, "until": until, "as_of": web.today()}
        done = do(web, visit, "pause", about, "relations.pause", **given)
    return _back(relation_id) if done.problem is None else relation_page(web, request, done, UNPROCESSABLE)


def explain(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/explain/ID: what each rule says of it, as the next run would; it changes nothing."""
    visit, relation_id = act_of_self(web, request, fields), request.path_params["relation"]
    given = {"relation_id": relation_id, "as_of": web.today()}
    done = do(web, visit, None, (RELATION, relation_id), "relations.explain", **given)
    return relation_page(web, request, done, 200 if done.problem is None else UNPROCESSABLE, explained=done.answer)


def _back(relation_id: str) -> Response:
    return back_to(f"{PATH}/relations/{quote(relation_id)}")
