"""Activities at the desk: the list, the form of one with what the firm's forms ask, and how it ends (V6, W1).

May touch: tasks/desk. Tests: tests/integration/desk/test_desk_activities.py.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.typed import day_of, time_of
from flows.web.desk.visit import PATH, DeskVisit, Done, act_of, back_to, desk_page, do, missing, not_allowed, visit_of
from tasks.desk.activity_list import ActivityChoice, mails_about, read_activities_of
from tasks.desk.acts import ACTIVITY
from tasks.desk.users import list_users
from tasks.domain.definitions.record_fields import ACTIVITY_STATUSES

FILTERS = ("mine", "owner", "kind", "status", "contact", "since")
TYPED = ("kind", "subject", "starts_at", "ends_at", "owner_id", "contact_id", "location", "status", "description")
BOXES = ("send_notification", "notify_contact")
INVITED = "invite_"
REFUSED = 422
ENDS = {"held": "held", "not_held": "not_held", "cancel": "cancelled"}


def show_activities(web: Web, request: Request) -> Response:
    """GET /desk/activities."""
    asked = {name: value for name, value in request.query_params.items() if name in FILTERS and value.strip()}
    zone = web.settings.firm.zone
    first = day_of(asked.get("since", "")) or web.today()
    since = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    at, _, behind = request.query_params.get("after", "").partition("_")
    start = time_of(at)
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        choice = ActivityChoice(
            since=since,
            mine=visit.user.user_id if asked.get("mine") else None,
            owner_id=asked.get("owner"),
            kind=asked.get("kind"),
            status=asked.get("status"),
            contact_id=asked.get("contact"),
            after=(start, behind) if start is not None else None,
        )
        page = read_activities_of(connection, choice)
        users = list_users(connection)
    following = page.next and f"?{urlencode(asked | {'after': f'{page.next[0].isoformat()}_{page.next[1]}'})}"
    return desk_page(
        web,
        visit,
        "activities.html",
        here="activities",
        heading=visit.words["activities"]["title"],
        asked=dict.fromkeys(FILTERS, "") | {"since": first.isoformat()} | asked,
        page=page,
        following=following,
        users=users,
        kinds=web.settings.firm.activities.kinds,
        statuses=ACTIVITY_STATUSES,
        zone=zone,
    )


def show_new(web: Web, request: Request) -> Response:
    """GET /desk/activities/new: an empty form, with the contact that the address names."""
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
    if not visit.may("save_activity"):
        raise not_allowed(web, visit)
    typed = dict.fromkeys(TYPED, "") | {"owner_id": visit.user.user_id, "status": "planned", "remind_minutes": ""}
    typed["contact_id"] = request.query_params.get("contact", "")
    return _form(web, visit, None, typed, Done())


def show_activity(web: Web, request: Request) -> Response:
    """GET /desk/activities/ID."""
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
    return _card(web, visit, request.path_params["activity"], Done())


def _card(
    web: Web, visit: DeskVisit, activity_id: str, done: Done, typed: Mapping[str, Any] | None = None, **more: Any
) -> Response:
    """An activity as it is stored, or as it was typed and refused."""
    look = do(web, visit, None, (ACTIVITY, activity_id), "activities.look", activity_id=activity_id)
    if look.problem is not None:
        raise missing(web, visit)
    stored = look.answer["activity"]
    shown = {name: stored[name] or "" for name in (*TYPED, "invitees", *BOXES)} | {"saves": look.answer["saves"]}
    shown["remind_minutes"] = "" if stored["remind_minutes"] is None else stored["remind_minutes"]
    return _form(web, visit, look.answer, shown if typed is None else typed, done, **more)


def _form(
    web: Web, visit: DeskVisit, look: Mapping[str, Any] | None, typed: Mapping[str, Any], done: Done, **more: Any
) -> Response:
    """The form of an activity; `look` is the stored one, None for a new one."""
    with web.store.begin(only_reads=True) as connection:
        users = list_users(connection)
        mails = [] if look is None else mails_about(connection, look["activity"]["activity_id"])
    problems = [] if done.problem is None else done.problem.splitlines()
    words = visit.words["activities"]
    return desk_page(
        web,
        visit,
        "activity.html",
        REFUSED if problems else 200,
        here="activities",
        heading=words["new"] if look is None else look["activity"]["subject"],
        look=look,
        typed={name: typed.get(name, "") for name in (*TYPED, *BOXES, "remind_minutes", "invitees", "saves")},
        problems=problems,
        states={} if look is None else look["states"],
        users=users,
        mails=mails,
        kinds=sorted({*web.settings.firm.activities.kinds, typed.get("kind") or "meeting"}),
        statuses=ACTIVITY_STATUSES,
        **more,
    )


def save(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/activities/new, and /desk/activities/ID: the whole record, as it was typed."""
    visit = act_of(web, request, fields, "save_activity")
    activity_id = request.path_params.get("activity")
    written = _written(fields)
    given = {"activity_id": activity_id, "written": written, "user_id": visit.user.user_id, "now": web.clock()}
    done = do(web, visit, "save_activity", (ACTIVITY, activity_id or "new"), "activities.save", **given)
    if done.problem is None:
        return _saved(web, visit, done.answer["activity_id"], done.answer["doubts"])
    typed = written | {"invitees": " ".join(written["invitees"])}
    return _form(web, visit, None, typed, done) if activity_id is None else _card(web, visit, activity_id, done, typed)


def _written(fields: Mapping[str, str]) -> dict[str, Any]:
    invited = [name.removeprefix(INVITED) for name in fields if name.startswith(INVITED)]
    texts = {name: fields.get(name, "") for name in (*TYPED, "remind_minutes", "saves")}
    boxes = {name: fields.get(name) == "yes" for name in BOXES}
    return texts | boxes | {"status": fields.get("status") or "planned", "invitees": invited}


def _saved(web: Web, visit: DeskVisit, activity_id: str, doubts: list[str]) -> Response:
    """To the activity; or straight on its page, where there is something to look at."""
    if doubts:
        return _card(web, visit, activity_id, Done(), said=" ".join([visit.words["activities"]["saved"], *doubts]))
    return back_to(f"{PATH}/activities/{quote(activity_id)}")


def end(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/activity-end/ID: held, not held, cancelled; with a copy at another time, if one is given."""
    visit, activity_id = act_of(web, request, fields, "end_activity"), request.path_params["activity"]
    status = ENDS.get(fields.get("do", ""))
    if status is None:
        return back_to(f"{PATH}/activities/{quote(activity_id)}")
    again = {"again_at": fields.get("again_at", ""), "subject": fields.get("subject", "")}
    if status == "cancelled":
        again = {"again_at": "", "subject": ""}
    given = {"activity_id": activity_id, "status": status, "now": web.clock()}
    done = do(web, visit, "end_activity", (ACTIVITY, activity_id), "activities.end", **given, **again)
    if done.problem is not None:
        return _card(web, visit, activity_id, done)
    return _saved(web, visit, done.answer["copy"] or activity_id, done.answer["doubts"])


def calendar(web: Web, request: Request) -> Response:
    """GET /desk/calendars/ID: the activity as an .ics file."""
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
    activity_id = request.path_params["activity"]
    done = do(web, visit, None, (ACTIVITY, activity_id), "activities.calendar", activity_id=activity_id)
    if done.problem is not None:
        raise missing(web, visit)
    headers = {"Content-Disposition": 'attachment; filename="activity.ics"'}
    return Response(done.answer, media_type="text/calendar; charset=utf-8", headers=headers)
