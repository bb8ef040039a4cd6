"""Tasks at the desk: lists with filters in the address, acts on many at once, and the card of one.

May touch: tasks/desk. Tests: tests/integration/desk/test_desk_tasks.py, tests/integration/desk/test_desk_card.py.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.typed import day_of, key_of
from flows.web.desk.visit import PATH, Done, act_of, back_to, desk_page, do, missing, visit_of
from tasks.desk.acts import TASK
from tasks.desk.task_card import read_task_card
from tasks.desk.task_list import MOST_COUNTED, STATES, TaskChoice, count_tasks, read_tasks
from tasks.desk.users import list_users

A_WEEK = timedelta(days=7)
FILTERS = ("mine", "status", "template", "relation", "mission", "owner", "overdue", "week", "due_before", "state")
# What can be done with the tasks that are ticked: the act, and its job with what it is given besides them.
MANY: dict[str, tuple[str, str, dict[str, str]]] = {
    "done": ("close_task", "tasks.close_tasks", {"status": "done"}),
    "cancel": ("cancel_task", "tasks.close_tasks", {"status": "cancelled"}),
    "remind": ("remind", "tasks.remind", {}),
    "assign": ("assign_step", "tasks.assign_tasks", {}),
}
MOST_AT_ONCE = 50


def show_tasks(web: Web, request: Request) -> Response:
    """GET /desk/tasks."""
    return _list(web, request)


def _list(web: Web, request: Request, status: int = 200, **said: object) -> Response:
    asked = {name: value for name, value in request.query_params.items() if name in FILTERS and value}
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        choice = _choice(web, visit.user.user_id, asked, request.query_params.get("after", ""))
        page = read_tasks(connection, choice)
        count = count_tasks(connection, choice) if choice.after is None else None
        users = list_users(connection)
    following = None if page.next is None else f"?{urlencode(asked | {'after': _written(page.next)})}"
    return desk_page(
        web,
        visit,
        "tasks.html",
        status,
        here="tasks",
        heading=visit.words["tasks"]["title"],
        asked=dict.fromkeys(FILTERS, "") | asked,
        query=urlencode(asked),
        page=page,
        count=count,
        most=MOST_COUNTED,
        following=following,
        as_of=web.today(),
        users=users,
        templates=[(name, name) for name in sorted(web.settings.templates)],
        statuses=_statuses(web, visit.words),
        states=STATES,
        **said,
    )


def _choice(web: Web, user_id: str, asked: Mapping[str, str], after: str) -> TaskChoice:
    """What the address asks for; what cannot be read asks for nothing."""
    days = [day_of(asked.get("due_before", ""))]
    days += [web.today()] if asked.get("overdue") else []
    days += [web.today() + A_WEEK] if asked.get("week") else []
    known = [day for day in days if day is not None]
    return TaskChoice(
        mine=user_id if asked.get("mine") else None,
        status=asked.get("status"),
        template=asked.get("template"),
        relation_id=asked.get("relation"),
        mission_id=asked.get("mission"),
        owner_id=asked.get("owner"),
        due_before=min(known, default=None),
        state=asked["state"] if asked.get("state") in STATES else None,
        after=key_of(after),
    )


def _written(after: tuple[date, int]) -> str:
    return f"{after[0].isoformat()}_{after[1]}"


def _statuses(web: Web, words: Mapping[str, Any]) -> dict[str, str]:
    """The statuses that a task may have, with what they are called."""
    return {**words["statuses"], **web.settings.firm.statuses}


def act_on_many(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/tasks: done, cancel, remind or assign for all that are ticked."""
    named = fields.get("do", "")
    act, job, given = MANY.get(named, MANY["done"])
    visit = act_of(web, request, fields, act)
    words = visit.words["tasks"]
    ticked = [int(name[5:]) for name in fields if name.startswith("task_") and name[5:].isdecimal()][:MOST_AT_ONCE]
    if named not in MANY or not ticked:
        return _list(web, request, 422, problem=words["nothing_ticked"])
    more: dict[str, Any] = {"user_id": fields.get("user", "")} if named == "assign" else {"as_of": web.today()}
    problems: dict[int, str] = {}
    for task_id in ticked:
        done = do(web, visit, act, (TASK, task_id), job, task_ids=[task_id], **given, **more)
        problems |= done.answer or ({} if done.problem is None else {task_id: done.problem})
    said = words["done_many"].format(count=len(ticked) - len(problems))
    return _list(web, request, 422 if problems else 200, said=said, problems=problems)


def show_card(web: Web, request: Request) -> Response:
    """GET /desk/tasks/NUMBER."""
    return card_page(web, request, Done())


def card_page(
    web: Web, request: Request, done: Done, status: int = 200, said: str | None = None, **more: object
) -> Response:
    """The card of a task, with what came of an act."""
    task_id = request.path_params["task"]
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        card = read_task_card(connection, task_id)
        users = list_users(connection)
    if card is None:
        raise missing(web, visit)
    return desk_page(
        web,
        visit,
        "task.html",
        status,
        here="tasks",
        heading=card.task["label"],
        card=card,
        users=users,
        statuses=_statuses(web, visit.words),
        as_of=web.today(),
        zone=web.settings.firm.zone,
        said=said,
        problem=done.problem,
        **({"links": None} | more),
    )


def to_card(request: Request) -> Response:
    """Back to the card after an act."""
    return back_to(f"{PATH}/tasks/{request.path_params['task']}")
