"""The first page of the desk: what waits for who is signed in.

May touch: tasks/desk. Tests: tests/integration/desk/test_desk_today.py.
"""

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.visit import desk_page, visit_of
from tasks.desk.today import read_today

# Each count leads to the list of what it counts.
LEADS = {
    "overdue": "tasks?mine=yes&overdue=yes",
    "due": "tasks?mine=yes&week=yes",
    "waiting": "tasks?mine=yes&state=waiting",
    "to_review": "tasks?mine=yes&state=to_review",
    "exhausted": "tasks?mine=yes&state=exhausted",
    "unsure": "outbox?status=unsure",
}


def show_today(web: Web, request: Request) -> Response:
    """GET /desk."""
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        today = read_today(connection, visit.user.user_id, web.today(), web.clock())
    values = {"here": "today", "heading": visit.words["today"]["title"], "today": today, "leads": LEADS}
    return desk_page(web, visit, "today.html", **values, as_of=web.today(), zone=web.settings.firm.zone)
