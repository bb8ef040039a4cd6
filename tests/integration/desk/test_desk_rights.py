"""Who may do what at the desk: each role and each act, by the form that does it."""

import re

import pytest
from desk_client import ANNE
from sqlalchemy import select, update

from flows.web.context import Web
from sql import schema
from tasks.domain.rights import ACTS, ROLES, may

# Where each act is done, and what its form says.
PLACES = {
    "close_task": ("/desk/tasks/1", {"do": "done"}),
    "cancel_task": ("/desk/tasks/1", {"do": "cancel"}),
    "close_step": ("/desk/tasks/1", {"do": "close_step", "step": "documents"}),
    "remind": ("/desk/tasks/1", {"do": "remind", "step": "documents"}),
    "send_step": ("/desk/tasks/1", {"do": "send", "step": "documents"}),
    "assign_step": ("/desk/tasks/1", {"do": "assign", "user_id": "U2"}),
    "accept": ("/desk/tasks/1", {"do": "accept", "step": "documents", "item": "kms"}),
    "return": ("/desk/tasks/1", {"do": "return", "step": "documents", "item": "kms", "reason": "x"}),
    "edit_items": ("/desk/tasks/1/items", {"do": "remove", "step": "documents", "item": "other"}),
    "edit_recipients": ("/desk/tasks/1/recipients", {"step": "documents", "recipients": "R1"}),
    "copy_link": ("/desk/tasks/1/links", {}),
    "comment": ("/desk/tasks/1/comments", {"text": "x"}),
    "pause": ("/desk/pauses/R1", {"do": "pause"}),
    "resolve_mail": ("/desk/outbox/1", {"was_sent": "yes"}),
    "set_field": ("/desk/fields/R1", {"field": "annual_km", "value": "1", "was_value": "900"}),
    "save_activity": ("/desk/activities/new", {"kind": "call", "subject": "x", "starts_at": "2026-12-01T10:00"}),
    "end_activity": ("/desk/activity-end/A", {"do": "held"}),
    "export": ("/desk/quarantine", {}),
    "assign_schedule": ("/desk/relations?owner=U2", {"do": "preview_add", "schedule": "month/monthly"}),
    "import": ("/desk/imports", {"kind": "relations"}),
    "undo_import": ("/desk/imports/999", {}),
    "run": ("/desk/run", {}),
}
PAGES = ("", "/tasks", "/tasks/1", "/relations", "/relations/R1", "/activities", "/outbox")
PAGES += ("/outbox/1", "/quality", "/quarantine", "/imports", "/imports/1", "/run")


def rows(desk):
    """Everything that an act could change, but for sessions and what was done."""
    left_out = ("desk_sessions", "desk_links", "desk_acts")
    with desk.office.store.begin(only_reads=True) as connection:
        return {
            t.name: connection.execute(t.select()).all()
            for t in schema.metadata.sorted_tables
            if t.name not in left_out
        }


def form_of(desk):
    return desk.form("/desk/sign-out", desk.get("/desk"))[1]


def test_every_act_has_a_place():
    assert set(PLACES) == set(ACTS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_an_act_or_changes_nothing(desk, role):
    desk.sign_in(role=role)
    for act in ACTS:
        path, fields = PLACES[act]
        form, before, done = form_of(desk), rows(desk), acts(desk)
        answer = desk.post(path, form | fields)
        if may(role, act):
            assert answer.status_code != 403, act
        else:
            assert answer.status_code == 403, act
            assert rows(desk) == before, act
            assert acts(desk) == done, act


def acts(desk):
    with desk.office.store.begin(only_reads=True) as connection:
        return connection.execute(select(schema.desk_acts.c.act)).scalars().all()


def test_no_act_is_done_without_a_session_with_a_strange_form_or_from_another_site(desk):
    desk.sign_in(role="admin")
    form, before = form_of(desk), rows(desk)
    stranger = desk.other()
    for act, (path, fields) in PLACES.items():
        assert desk.post(path, fields).status_code == 403, act
        assert desk.post(path, form | fields | {"form": "A" * 44}).status_code == 403, act
        assert desk.post(path, form | fields, headers={"origin": "https://evil.example"}).status_code == 403, act
        assert stranger.post(path, form | fields).headers["location"] == "/desk/sign-in", act
        desk.clock.forward(minutes=1)
    assert rows(desk) == before


def test_who_may_only_read_reads_every_page_and_sees_no_button_of_an_act(desk):
    desk.sign_in(role="reader")
    assert desk.get("/desk/activities/new").status_code == 403
    for page in PAGES:
        answer = desk.get(f"/desk{page}")
        assert answer.status_code == 200, page
        main = answer.text.partition("<main")[2].partition("</main>")[0]
        posts = re.findall(r'<form method="post" action="([^"]+)"', main)
        assert [path for path in posts if "/explain/" not in path and path != "/desk/tasks"] == [], page


def test_a_role_that_is_taken_away_ends_what_it_allowed_at_once(desk):
    desk.sign_in(role="admin")
    form = form_of(desk)
    with desk.office.store.begin() as connection:
        u = schema.users
        connection.execute(update(u).where(u.c.user_id == ANNE["user_id"]).values(role="reader"))
    assert desk.post("/desk/run", form).status_code == 403


def test_a_form_made_with_another_firms_key_does_nothing_here(desk):
    desk.sign_in(role="admin")
    web = desk.web
    key = b"another firm's key, which is as long as this one"
    elsewhere = Web(web.settings, web.store, key, desk.clock, web.send_now, web.renderer)
    form = {"form": elsewhere.desk_form(1)}
    assert desk.post("/desk/tasks/1", form | {"do": "done"}).status_code == 403
