"""What a person does by hand: send one mail, once; close one step; and a task that closes with its last one (A3, M1)."""

from datetime import date

import pytest
from click.testing import CliRunner

from factories import TUESDAY, relation
from flows.cli import relance
from flows.jobs.send_now import send_by_hand
from tasks.mail.order import order_mail
from tasks.open_tasks import TaskError
from tasks.planning.close import close_finished, close_step

SUNDAY = date(2026, 11, 29)
ASK = {"key": "ask", "kind": "email", "message": "request_documents", "label": "Demander"}
AUTO = {"key": "later", "kind": "auto_email", "message": "request_documents", "offset_days": 30}
DO = {"key": "process", "kind": "action", "label": "Traiter"}
CARD = {"key": "renewal", "anchor": "field:id_card", "plan_before_days": 20}


def with_steps(office):
    def set_up(*steps, **changes):
        office.define("card", applies_to=["person"], subtasks=list(steps), schedules=[CARD], **changes)
        office.bring(relation("R1", "2026-12-10"))
        office.assign("card/renewal", "R1", since=TUESDAY)
        office.night()
        return office

    return set_up


@pytest.fixture
def firm(sqlite_office):
    """A task of the steps that a test names, in the embedded database."""
    return with_steps(sqlite_office)


@pytest.fixture
def any_firm(office):
    """The same in each kind of database: for what the queries do."""
    return with_steps(office)


def send(office, key="ask", on=TUESDAY, task_id=1):
    return send_by_hand(office.settings, office.store, task_id, key, on)


def steps(office):
    return {s["key"]: s["status"] for s in office.tasks()[0]["subtasks"]}


def test_a_mail_by_hand_waits_for_its_person_and_leaves_once(any_firm):
    firm = any_firm
    office = firm(ASK, DO)
    assert office.messages() == []
    assert send(office).message["status"] == "sent"
    again = send(office)
    assert (again.is_new, again.message["status"]) == (False, "sent")
    office.night()
    assert len(office.mails()) == 1
    assert steps(office) == {"ask": "done", "process": "open"}


def test_t5_a_person_may_send_on_a_quiet_day(firm):
    office = firm(ASK, DO)
    send(office, on=SUNDAY)
    assert [m["send_on"] for m in office.messages()] == ["2026-11-29"]
    assert len(office.mails()) == 1


def test_an_automatic_mail_sent_ahead_by_hand_does_not_leave_again_on_its_day(firm):
    office = firm(AUTO, DO)
    send(office, "later")
    office.night(date(2027, 1, 20))
    assert len(office.mails()) == 1


def test_only_the_mail_that_was_ordered_leaves(firm):
    office = firm(ASK, ASK | {"key": "second"}, DO)
    office.bring(relation("R1", "2026-12-10"), relation("R2", "2026-12-10"))
    office.assign("card/renewal", "R2", since=TUESDAY)
    office.night()
    send(office)
    assert [(m["task_id"], m["subtask"]) for m in office.messages()] == [(1, "ask")]


def test_an_order_whose_process_died_is_carried_out_by_the_next_run(any_firm):
    firm = any_firm
    office = firm(ASK, DO)
    assert order_mail(office.store, 1, "ask", TUESDAY) is None
    office.night(date(2026, 11, 25))
    assert [m["status"] for m in office.messages()] == ["sent"]


def test_a_mail_without_an_address_says_so_and_leaves_when_that_is_mended(firm):
    office = firm(ASK, DO)
    office.bring(relation("R1", "2026-12-10", email=""))
    sending = send(office)
    assert (sending.message["status"], sending.message["reason"]) == ("suppressed", "no_email")
    office.bring(relation("R1", "2026-12-10"))
    office.night(date(2026, 11, 25))
    assert [m["status"] for m in office.messages()] == ["sent"]


@pytest.mark.parametrize(
    ("task_id", "key", "says"),
    [
        (9, "ask", "There is no task 9"),
        (1, "process", "no mail 'process'; it has ask"),
        (1, "nothing", "no mail 'nothing'"),
    ],
)
def test_what_cannot_be_sent_is_answered_in_words(firm, task_id, key, says):
    office = firm(ASK, DO)
    with pytest.raises(TaskError, match=says):
        send(office, key, task_id=task_id)


def test_a_step_that_was_closed_sends_nothing(firm):
    office = firm(ASK, DO)
    close_step(office.store, 1, "ask")
    with pytest.raises(TaskError, match="Step ask of task 1 is done already; nothing was sent"):
        send(office)


def test_a_request_by_hand_leaves_when_it_is_sent(firm):
    request = {"key": "docs", "kind": "request", "message": "request_documents", "send": "manual"}
    office = firm(request | {"items": [{"key": "card", "label": "Copie de la carte"}]}, DO)
    assert office.messages() == []
    send(office, "docs")
    assert [m["status"] for m in office.messages()] == ["sent"]
    assert steps(office)["docs"] == "open"


def test_a3_a_task_closes_with_its_last_step_and_keeps_its_row(any_firm):
    firm = any_firm
    office = firm(DO, DO | {"key": "file"})
    close_step(office.store, 1, "process")
    assert close_finished(office.store, office.settings.templates, TUESDAY) == 0
    close_step(office.store, 1, "file")
    assert close_finished(office.store, office.settings.templates, TUESDAY) == 1
    (task,) = office.tasks()
    assert (task["status"], task["closed_by"]) == ("done", "steps")


def test_closing_a_step_cancels_the_mail_that_waited_for_it(any_firm):
    firm = any_firm
    office = firm(AUTO | {"offset_days": -10}, DO)
    office.night(date(2026, 12, 1), delivers=False)
    assert [m["status"] for m in office.messages()] == ["pending"]
    close_step(office.store, 1, "later")
    office.night(date(2026, 12, 2))
    assert [(m["status"], m["reason"]) for m in office.messages()] == [("cancelled", "already_done")]
    assert office.mails() == []


def test_a3_a_task_of_mails_alone_closes_when_they_have_left_unless_it_waits_for_the_data(firm):
    at_once = AUTO | {"offset_days": -20}
    office = firm(at_once)
    assert [t["status"] for t in office.tasks()] == ["done"]
    office.define("wait", applies_to=["person"], subtasks=[at_once], schedules=[CARD], close_when="renewed")
    office.assign("wait/renewal", "R1", since=TUESDAY)
    office.night()
    assert [t["status"] for t in office.tasks(template="wait")] == ["open"]


def test_a_task_whose_mails_were_all_dropped_is_not_done(firm):
    office = firm(AUTO | {"offset_days": -10})
    office.night(date(2027, 3, 1))
    assert [(m["status"], m["reason"]) for m in office.messages()] == [("cancelled", "too_late")]
    assert [t["status"] for t in office.tasks()] == ["open"]


def test_the_desk_closes_steps_and_sends(firm, monkeypatch):
    office = firm(ASK, DO)
    monkeypatch.setenv("RELANCE_HOME", str(office.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", office.settings.database_url.get_secret_value())

    def desk(*words, expect=0):
        result = CliRunner().invoke(relance, [*words, "--as-of", "2026-11-24"], catch_exceptions=False)
        assert result.exit_code == expect, result.output
        return result.output

    assert "Mail 1 was sent." in desk("send", "1", "ask")
    assert "Mail 1 is sent already (send day 2026-11-24)." in desk("send", "1", "ask")
    assert "Task 1 has no step 'x'; it has ask, process." in desk("done", "1", "x", expect=1)
    assert "Step process of task 1 is done.\nIt was the last one: task 1 is done." in desk("done", "1", "process")
    assert "Task 1 is done already." in desk("send", "1", "ask", expect=1)
