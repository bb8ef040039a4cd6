"""The paths of the desk.

May touch: starlette. Tests: tests/integration/desk/.
"""

from starlette.routing import BaseRoute

from flows.web.context import Web
from flows.web.desk import (
    activity_pages,
    data_pages,
    import_pages,
    outbox_pages,
    relation_acts,
    relation_pages,
    run_pages,
    sign_in,
    task_acts,
    task_pages,
    today,
)
from flows.web.desk.visit import PATH
from flows.web.routing import files_route, get_route, post_route


def desk_routes(web: Web) -> list[BaseRoute]:
    """All of them."""
    parts = (_sign_in, _tasks, _relations, _activities, _outbox, _data, _run)
    return [route for part in parts for route in part(web)]


def _sign_in(web: Web) -> list[BaseRoute]:
    return [
        get_route(web, PATH, today.show_today),
        get_route(web, f"{PATH}/sign-in", sign_in.show_sign_in),
        post_route(web, f"{PATH}/sign-in", sign_in.ask),
        get_route(web, f"{PATH}/in/{{token}}", sign_in.show_link),
        post_route(web, f"{PATH}/in", sign_in.press_button),
        post_route(web, f"{PATH}/sign-out", sign_in.sign_out),
        post_route(web, f"{PATH}/language", sign_in.choose_language),
    ]


def _tasks(web: Web) -> list[BaseRoute]:
    one = f"{PATH}/tasks/{{task:int}}"
    return [
        get_route(web, f"{PATH}/tasks", task_pages.show_tasks),
        post_route(web, f"{PATH}/tasks", task_pages.act_on_many),
        get_route(web, one, task_pages.show_card),
        post_route(web, one, task_acts.act_on_task),
        post_route(web, f"{one}/items", task_acts.edit_items),
        post_route(web, f"{one}/recipients", task_acts.edit_recipients),
        post_route(web, f"{one}/comments", task_acts.comment),
        post_route(web, f"{one}/links", task_acts.show_links),
        get_route(web, f"{one}/documents/{{document:int}}", task_acts.download),
    ]


def _relations(web: Web) -> list[BaseRoute]:
    return [
        get_route(web, f"{PATH}/relations", relation_pages.show_relations),
        post_route(web, f"{PATH}/relations", relation_pages.assign_many),
        get_route(web, f"{PATH}/relations/{{relation:path}}", relation_pages.show_relation),
        post_route(web, f"{PATH}/fields/{{relation:path}}", relation_acts.set_field),
        post_route(web, f"{PATH}/pauses/{{relation:path}}", relation_acts.pause),
        post_route(web, f"{PATH}/explain/{{relation:path}}", relation_acts.explain),
    ]


def _outbox(web: Web) -> list[BaseRoute]:
    return [
        get_route(web, f"{PATH}/outbox", outbox_pages.show_outbox),
        get_route(web, f"{PATH}/outbox/{{message:int}}", outbox_pages.show_message),
        post_route(web, f"{PATH}/outbox/{{message:int}}", outbox_pages.resolve),
    ]


def _activities(web: Web) -> list[BaseRoute]:
    return [
        get_route(web, f"{PATH}/activities", activity_pages.show_activities),
        get_route(web, f"{PATH}/activities/new", activity_pages.show_new),
        post_route(web, f"{PATH}/activities/new", activity_pages.save),
        get_route(web, f"{PATH}/activities/{{activity:path}}", activity_pages.show_activity),
        post_route(web, f"{PATH}/activities/{{activity:path}}", activity_pages.save),
        post_route(web, f"{PATH}/activity-end/{{activity:path}}", activity_pages.end),
        get_route(web, f"{PATH}/calendars/{{activity:path}}", activity_pages.calendar),
    ]


def _data(web: Web) -> list[BaseRoute]:
    imports, work = f"{PATH}/imports", f"{PATH}/imports/works/{{work:int}}"
    return [
        get_route(web, f"{PATH}/quality", data_pages.show_quality),
        get_route(web, f"{PATH}/quarantine", data_pages.show_quarantine),
        post_route(web, f"{PATH}/quarantine", data_pages.export_quarantine),
        get_route(web, imports, import_pages.show_imports),
        files_route(web, imports, import_pages.upload),
        get_route(web, work, import_pages.show_work),
        post_route(web, work, import_pages.import_now),
        get_route(web, f"{imports}/{{number:int}}", import_pages.show_import),
        post_route(web, f"{imports}/{{number:int}}", import_pages.undo),
    ]


def _run(web: Web) -> list[BaseRoute]:
    return [
        get_route(web, f"{PATH}/run", run_pages.show_run),
        post_route(web, f"{PATH}/run", run_pages.rehearse),
        get_route(web, f"{PATH}/run/{{work:int}}", run_pages.show_work),
        post_route(web, f"{PATH}/run/{{work:int}}", run_pages.run_now),
    ]
