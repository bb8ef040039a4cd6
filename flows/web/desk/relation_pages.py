"""Relations at the desk: found, shown, and put on schedules, many at once.

May touch: tasks/desk. Tests: tests/integration/desk/test_desk_relations.py.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.labels import field_labels
from flows.web.desk.typed import day_of
from flows.web.desk.visit import Done, act_of, desk_page, do, missing, visit_of
from tasks.desk.acts import SCHEDULE
from tasks.desk.relation_card import RelationCard, read_relation_card
from tasks.desk.relation_list import RelationChoice, read_relations
from tasks.desk.users import list_users
from tasks.domain.definitions.relation import RELATION_STATUSES, RELATION_TYPES
from tasks.domain.definitions.template import MISSION
from tasks.requests.fields import list_fields

FILTERS = ("q", "within", "type", "status", "owner")
UNPROCESSABLE = 422
UNSAID = Done()


def show_relations(web: Web, request: Request) -> Response:
    """GET /desk/relations."""
    return _list(web, request)


def _list(web: Web, request: Request, status: int = 200, **said: Any) -> Response:
    asked = {name: value for name, value in request.query_params.items() if name in FILTERS and value.strip()}
    choice = RelationChoice(
        text=asked.get("q"),
        is_within=bool(asked.get("within")),
        type=asked.get("type"),
        status=asked.get("status"),
        owner_id=asked.get("owner"),
        after=request.query_params.get("after") or None,
    )
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        page = read_relations(connection, choice)
        users = list_users(connection)
    values = {
        "here": "relations",
        "heading": visit.words["relations"]["title"],
        "asked": dict.fromkeys(FILTERS, "") | asked,
        "query": urlencode(asked),
        "page": page,
        "following": None if page.next is None else f"?{urlencode(asked | {'after': page.next})}",
        "users": users,
        "types": RELATION_TYPES,
        "statuses": RELATION_STATUSES,
        "schedules": _schedules(web),
        "as_of": web.today(),
        "preview": None,
        "typed": {},
    }
    return desk_page(web, visit, "relations.html", status, **(values | said))


def _schedules(web: Web) -> list[str]:
    """The schedules that relations can be put on: those that do not go by missions."""
    templates = web.settings.templates.values()
    return [f"{t.template}/{s.key}" for t in templates for s in t.schedules if s.anchor != MISSION]


def assign_many(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/relations: put the relations of the filter on a schedule, or take them off; first as a preview."""
    visit = act_of(web, request, fields, "assign_schedule")
    words = visit.words["relations"]
    schedule, is_removal = fields.get("schedule", ""), fields.get("do", "").endswith("remove")
    typed = {name: fields.get(name, "") for name in ("schedule", "start_on")}
    choice = _chosen(web, request)
    start_on = day_of(fields.get("start_on", ""))
    if choice is None:
        return _list(web, request, UNPROCESSABLE, problem=words["too_wide"], typed=typed)
    if typed["start_on"] and start_on is None:
        return _list(web, request, UNPROCESSABLE, problem=visit.words["no_day"], typed=typed)
    given = {"schedule": schedule, "choice": choice, "start_on": start_on, "is_removal": is_removal}
    is_preview = fields.get("do", "").startswith("preview")
    job = "relations.preview_assign" if is_preview else "relations.assign"
    about, as_of = (SCHEDULE, schedule), web.today()
    if is_preview:
        done = do(web, visit, None, about, job, **given, as_of=as_of)
    else:
        done = do(web, visit, "assign_schedule", about, job, **given, as_of=as_of)
    if done.problem is not None:
        return _list(web, request, UNPROCESSABLE, problem=done.problem, typed=typed)
    if is_preview:
        return _list(web, request, preview=done.answer | {"is_removal": is_removal}, typed=typed)
    said = words["removed" if is_removal else "assigned"].format(**done.answer)
    return _list(web, request, said=said, kept=done.answer["kept"])


def _chosen(web: Web, request: Request) -> dict[str, list[str]] | None:
    """The relations of the filter in the address: by what it filters, or by id where it searches; None if all."""
    asked = request.query_params
    if asked.get("q", "").strip():
        choice = RelationChoice(
            text=asked["q"],
            is_within=bool(asked.get("within")),
            type=asked.get("type") or None,
            status=asked.get("status") or None,
            owner_id=asked.get("owner") or None,
        )
        with web.store.begin(only_reads=True) as connection:
            page = read_relations(connection, choice)
        return None if page.next or not page.rows else {"relations": [row["relation_id"] for row in page.rows]}
    names = {"types": "type", "statuses": "status", "owners": "owner"}
    return {name: [asked[key]] for name, key in names.items() if asked.get(key)}


def show_relation(web: Web, request: Request) -> Response:
    """GET /desk/relations/ID."""
    return relation_page(web, request, UNSAID)


def relation_page(web: Web, request: Request, done: Done, status: int = 200, **more: Any) -> Response:
    """The card of a relation, with what came of an act."""
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        card = read_relation_card(connection, request.path_params["relation"], web.today())
    if card is None:
        raise missing(web, visit)
    values: dict[str, Any] = {"typed": {}, "explained": None} | more
    return desk_page(
        web,
        visit,
        "relation.html",
        status,
        here="relations",
        heading=card.relation["name"],
        card=card,
        fields=_fields(web, card),
        labels=field_labels(web, visit.language),
        task_statuses={**visit.words["statuses"], **web.settings.firm.statuses},
        as_of=web.today(),
        zone=web.settings.firm.zone,
        problem=done.problem,
        **values,
    )


def _fields(web: Web, card: RelationCard) -> list[dict[str, Any]]:
    return list_fields(web.store, web.settings.groups.values(), card.relation["relation_id"])
