"""Run planning now: a rehearsal that changes nothing and shows everything, and the run that it becomes once."""

import re

import pytest
from page_client import link_in, mails

from factories import relation
from sql import schema

ROWS = {"tasks": schema.follow_up_tasks, "messages": schema.messages, "steps": schema.follow_up_subtasks}


@pytest.fixture
def planner(any_desk):
    """A desk with a client more, who is on the schedule and has no task yet, and an administrator."""
    desk = any_desk
    desk.office.take(
        "relations",
        relation("R1", "2027-03-01", owner_id="U1", annual_km="900"),
        relation("R2", "2027-03-01", name="Zoé <Noël>", owner_id="U1"),
    )
    desk.office.assign("month/monthly", "R2", since=desk.web.today())
    desk.sign_in(role="admin")
    return desk


def everything(desk):
    with desk.office.store.begin(only_reads=True) as connection:
        return {name: connection.execute(table.select()).all() for name, table in ROWS.items()}


def rehearse(desk, **typed):
    action, form = desk.form("/desk/run", desk.get("/desk/run"))
    return desk.post(action, form | typed)


def press(desk, path):
    action, form = desk.form(path, desk.get(path))
    return desk.post(action, form)


def test_a_rehearsal_shows_tasks_and_mails_as_they_will_arrive_and_changes_nothing(planner):
    desk, before = planner, everything(planner)
    answer = rehearse(desk)
    assert answer.status_code == 303
    page = desk.get(answer.headers["location"]).text
    assert everything(desk) == before
    assert "Pièces du mois" in page
    assert "R2" in page.partition('id="tasks"')[2].partition('id="mails"')[0]
    text = re.search(r'<pre class="mail">(.*?)</pre>', page, re.DOTALL)[1]
    assert "Zoé &lt;Noël&gt;" in text
    assert "relance_fill" not in text


def test_the_run_does_what_the_rehearsal_showed_once(planner):
    desk = planner
    path = rehearse(desk).headers["location"]
    sent = len(mails(desk.office))
    answer = press(desk, path)
    assert answer.status_code == 303
    assert len(desk.office.tasks(relation_id="R2")) == 1
    assert len(mails(desk.office)) == sent + 1
    assert link_in(mails(desk.office)[-1])
    assert "E-mails envoyés</dt><dd>1</dd>" in desk.get(answer.headers["location"]).text
    # The rehearsal is used up: the button is gone, and its form does nothing.
    assert "Lancer maintenant" not in desk.get(path).text
    (_, form) = desk.form("/desk/sign-out", desk.get(path))
    assert desk.post(path, form).status_code == 409
    assert len(mails(desk.office)) == sent + 1
    assert "Zoé" not in desk.get(path).text


def test_one_schedule_alone_is_planned(planner):
    desk = planner
    path = rehearse(desk, schedule="month/monthly").headers["location"]
    assert "month/monthly" in desk.get(path).text
    assert press(desk, path).status_code == 303
    assert len(desk.office.tasks(relation_id="R2")) == 1
    assert rehearse(desk, schedule="no/such").status_code == 409


def test_a_rehearsal_of_another_day_is_not_run(planner):
    path = rehearse(planner).headers["location"]
    planner.clock.forward(hours=11)
    planner.get("/desk")
    planner.clock.forward(hours=11)
    planner.sign_in()
    answer = press(planner, path)
    assert answer.status_code == 409
    assert "autre jour" in answer.text
    assert planner.office.tasks(relation_id="R2") == []


def test_a_run_that_cannot_begin_says_why(planner):
    path = rehearse(planner).headers["location"]
    with planner.office.store.lock().acquire():
        answer = press(planner, path)
    page = planner.get(answer.headers["location"]).text
    assert "Another run is under way" in page
    assert planner.office.tasks(relation_id="R2") == []


def test_only_an_administrator_plans(any_desk):
    any_desk.sign_in(role="staff")
    page = any_desk.get("/desk/run")
    assert "Répéter" not in page.text
    (_, form) = any_desk.form("/desk/sign-out", page)
    assert any_desk.post("/desk/run", form).status_code == 403
    assert any_desk.post("/desk/run/1", form).status_code == 403
    assert any_desk.get("/desk/run/1").status_code == 404
