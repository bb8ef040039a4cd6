"""The first page: what waits for who is signed in, with counts that lead to lists of just that many."""

import re
from datetime import timedelta

from sqlalchemy import insert, update

from factories import TUESDAY
from sql import schema
from tests.integration.desk.test_desk_tasks import add_tasks, listed


def counts(desk):
    """What each count says, and where it leads."""
    page = desk.get("/desk").text
    return {path: int(n) for path, n in re.findall(r'<a href="(/desk/[^"]+)"><strong>(\d+)</strong>', page)}


def test_each_count_leads_to_a_list_of_that_many(any_desk):
    desk = any_desk
    add_tasks(desk, 2, due=TUESDAY - timedelta(days=9))
    add_tasks(desk, 3, first=2000, due=TUESDAY)
    with desk.office.store.begin() as connection:
        s, i = schema.follow_up_subtasks, schema.request_items
        connection.execute(update(s).where(s.c.task_id == 1).values(exhausted_on=TUESDAY))
        connection.execute(update(i).where(i.c.task_id == 1, i.c.key == "iban").values(status="received"))
    desk.sign_in()
    found = counts(desk)
    assert found["/desk/tasks?mine=yes&amp;overdue=yes"] == 2
    assert found["/desk/tasks?mine=yes&amp;week=yes"] == 6
    assert found["/desk/tasks?mine=yes&amp;state=exhausted"] == 1
    assert found["/desk/tasks?mine=yes&amp;state=to_review"] == 1
    for path, count in found.items():
        if path.startswith("/desk/tasks"):
            assert len(listed(desk.get(path.replace("&amp;", "&")))) == count, path


def test_overdue_tasks_are_said_to_be_so_in_words(desk):
    add_tasks(desk, 1, due=TUESDAY - timedelta(days=9))
    desk.sign_in()
    urgent = desk.get("/desk").text.partition('id="urgent"')[2]
    assert "(en retard)" in urgent.partition("</li>")[0]


def test_his_activities_of_the_week_are_shown_and_no_others(any_desk):
    desk = any_desk
    soon, later = desk.clock() + timedelta(days=1), desk.clock() + timedelta(days=9)
    rows = [
        {"activity_id": "OWN", "subject": "Sien", "owner_id": "U1", "invitees": None, "starts_at": soon},
        {"activity_id": "INV", "subject": "Invité", "owner_id": "U2", "invitees": "U3 U1", "starts_at": soon},
        {"activity_id": "NOT", "subject": "Autre", "owner_id": "U2", "invitees": "U11", "starts_at": soon},
        {"activity_id": "FAR", "subject": "Loin", "owner_id": "U1", "invitees": None, "starts_at": later},
    ]
    with desk.office.store.begin() as connection:
        plain = [row | {"kind": "meeting", "starts_at": row["starts_at"].replace(tzinfo=None)} for row in rows]
        connection.execute(insert(schema.activities), plain)
    desk.sign_in()
    shown = desk.get("/desk").text.partition('id="activities"')[2]
    assert re.findall(r"/desk/activities/(\w+)", shown) == ["INV", "OWN"]


def test_who_has_nothing_to_do_reads_so(desk):
    desk.sign_in("bob@cabinet.example")
    page = desk.get("/desk").text
    assert "Rien ne vous attend." in page
    assert "Aucune activité prévue." in page
