"""Lists of tasks at the desk: filters in the address, fifty a page, and acts on many at once."""

import re
from datetime import timedelta

import pytest
from desk_client import ANNE, BOB
from sqlalchemy import event, insert, select, update

from factories import TUESDAY, relation
from sql import schema
from tasks.desk.task_list import STATES, TaskChoice, read_tasks


def listed(answer):
    """The numbers of the tasks on a page, in order."""
    return [int(number) for number in re.findall(r'<td><a href="/desk/tasks/(\d+)">', answer.text)]


def add_tasks(desk, count, *, relation_id="R1", due=TUESDAY, first=1000, **more):
    """Open tasks, one a day."""
    row = {"relation_id": relation_id, "template": "month", "schedule": "monthly", "label": "Pièces", "status": "open"}
    row |= {"planned_on": TUESDAY, "created_on": TUESDAY} | more
    rows = [
        row | {"task_id": first + n, "occurrence": f"x{first + n}", "due_on": due + timedelta(days=n)}
        for n in range(count)
    ]
    with desk.office.store.begin() as connection:
        connection.execute(insert(schema.follow_up_tasks), rows)
        steps = [
            {"task_id": one["task_id"], "key": "work", "position": 0, "kind": "action", "status": "open"}
            for one in rows
        ]
        connection.execute(insert(schema.follow_up_subtasks), steps)
    return [one["task_id"] for one in rows]


def test_the_most_urgent_come_first_and_fifty_are_a_page(any_desk):
    desk = any_desk
    made = add_tasks(desk, 120, due=TUESDAY - timedelta(days=200))
    desk.sign_in()
    shown, page = [], desk.get("/desk/tasks?template=month")
    assert "121" in page.text
    while True:
        shown.append(listed(page))
        if not (following := re.search(r'<a href="(\?[^"]+after=[^"]+)"', page.text)):
            break
        page = desk.get("/desk/tasks" + following[1].replace("&amp;", "&"))
    assert [len(one) for one in shown] == [50, 50, 21]
    assert [number for one in shown for number in one][:120] == made


QUERIES = [
    ("", {1, 1000, 1001, 1002}),
    ("mine=yes", {1, 1000, 1002}),
    ("owner=U2", {1001, 1002}),
    ("relation=R2", {1001, 1002}),
    ("template=other", {1002}),
    ("mission=M1", {1000}),
    ("status=ready", {1001}),
    ("status=done", {1003}),
    ("overdue=yes", {1000}),
    ("due_before=2026-11-25", {1, 1000, 1001}),
    ("state=waiting", {1}),
    ("state=to_review", set()),
    ("state=exhausted", set()),
    # What cannot be read asks for nothing.
    ("due_before=soon&state=odd&after=x_y", {1, 1000, 1001, 1002}),
    ("relation=%27%20OR%201%3D1", set()),
]


def test_each_filter_narrows_the_list(any_desk):
    desk = any_desk
    desk.office.take("relations", relation("R1", "2027-03-01", owner_id="U1"), relation("R2", "2027-03-01"))
    with desk.office.store.begin() as connection:
        r = schema.relations
        connection.execute(update(r).where(r.c.relation_id == "R2").values(owner_id="U2"))
    add_tasks(desk, 1, first=1000, due=TUESDAY - timedelta(days=1), mission_id="M1")
    add_tasks(desk, 1, first=1001, relation_id="R2", due=TUESDAY, status="ready")
    add_tasks(desk, 1, first=1002, relation_id="R2", due=TUESDAY + timedelta(days=3), template="other")
    add_tasks(desk, 1, first=1003, status="done")
    with desk.office.store.begin() as connection:
        s = schema.follow_up_subtasks
        connection.execute(update(s).where(s.c.task_id == 1002).values(assignee_id="U1"))
        owner = connection.execute(select(r.c.owner_id).where(r.c.relation_id == "R2")).scalar_one()
    assert owner == "U2"
    desk.sign_in()
    for query, expected in QUERIES:
        assert set(listed(desk.get(f"/desk/tasks?{query}"))) == expected, query


@pytest.mark.parametrize("state", STATES)
def test_the_steps_of_a_task_are_looked_up_by_the_task(sqlite_office, state):
    """Not by kind and status, which thousands share: a list took minutes for a large firm."""
    asked = []
    event.listen(sqlite_office.store.engine, "before_cursor_execute", lambda *words: asked.append(words[2:4]))
    with sqlite_office.store.begin(only_reads=True) as connection:
        read_tasks(connection, TaskChoice(mine="U1", state=state))
        statement, parameters = asked[-1]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert [line for line in plan if "kind_status" in line] == []
    assert any("task_id=?" in line or "exhausted" in line or "received" in line for line in plan)


def ticked(desk, query, numbers, **typed):
    action, fields = next(
        (a, f) for a, f in desk.forms(desk.get(f"/desk/tasks{query}")) if a.startswith("/desk/tasks") and "form" in f
    )
    return desk.post(action, fields | {f"task_{number}": "yes" for number in numbers} | typed)


def statuses(desk, numbers):
    t = schema.follow_up_tasks.c
    with desk.office.store.begin(only_reads=True) as connection:
        found = connection.execute(select(t.task_id, t.status).where(t.task_id.in_(numbers))).all()
    return {row.task_id: row.status for row in found}


def test_many_are_closed_at_once_and_what_is_not_is_said(any_desk):
    desk = any_desk
    made = add_tasks(desk, 3)
    add_tasks(desk, 1, first=2000, status="cancelled")
    desk.sign_in()
    answer = ticked(desk, "?relation=R1", [*made, 2000], do="done")
    assert answer.status_code == 422
    assert "Task 2000 is cancelled already" in answer.text
    assert statuses(desk, [*made, 2000]) == dict.fromkeys(made, "done") | {2000: "cancelled"}
    d = schema.desk_acts.c
    with desk.office.store.begin(only_reads=True) as connection:
        acts = connection.execute(select(d.user_id, d.act, d.about_id).where(d.about_kind == "task")).all()
    assert sorted(map(tuple, acts)) == sorted(("U1", "close_task", str(number)) for number in [*made, 2000])


def test_fifty_are_ticked_at_once(desk):
    made = add_tasks(desk, 50)
    desk.sign_in()
    assert ticked(desk, "?relation=R1", made, do="cancel").status_code == 200
    assert set(statuses(desk, made).values()) == {"cancelled"}


def test_tasks_are_assigned_to_a_person(any_desk):
    desk = any_desk
    made = add_tasks(desk, 2)
    desk.sign_in()
    ticked(desk, "?relation=R1", made, do="assign", user="U2")
    desk.clock.forward(minutes=2)
    desk.sign_in(BOB["email"])
    assert listed(desk.get("/desk/tasks?mine=yes")) == made
    assert ticked(desk, "?relation=R1", made, do="assign", user="nobody").status_code == 422


def test_nothing_ticked_and_an_unknown_act_are_said(desk):
    add_tasks(desk, 1)
    desk.sign_in()
    assert ticked(desk, "?relation=R1", [], do="done").status_code == 422
    assert ticked(desk, "?relation=R1", [1000], do="explode").status_code == 422
    assert statuses(desk, [1000]) == {1000: "open"}


def test_a_request_is_reminded_of_once_a_day(any_desk):
    desk = any_desk
    desk.sign_in()
    first = ticked(desk, "", [1], do="remind")
    assert "had a message on" in first.text  # it left today
    desk.clock.forward(days=3)
    desk.sign_in()
    before = len(desk.office.mails())
    assert ticked(desk, "", [1], do="remind").status_code == 200
    assert len(desk.office.mails()) == before + 1


def test_a_reader_sees_and_does_nothing(desk):
    add_tasks(desk, 1)
    desk.sign_in()
    action, fields = desk.form("/desk/tasks", desk.get("/desk/tasks"))
    with desk.office.store.begin() as connection:
        connection.execute(update(schema.users).values(role="reader"))
    assert 'name="task_1000"' not in desk.get("/desk/tasks").text
    assert desk.post("/desk/tasks", fields | {"task_1000": "yes", "do": "done"}).status_code == 403
    assert statuses(desk, [1000]) == {1000: "open"}
    assert action is not None
    assert ANNE["user_id"] == "U1"
