"""A date that was wrong for a while leaves no trace: one task, one mail, whatever happened between (A2)."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from factories import TUESDAY, relation
from sql.migrate import migrate
from sql.store import Store
from tasks.intake.undo import undo_import
from tasks.planning.close import close_step, close_task

NOW = datetime(2026, 11, 24, 10)
CARD, WRONG = "2026-12-08", "2036-12-08"


@pytest.fixture
def firm(office):
    """One client whose card expires on 8 December: its task is created now, its mail leaves on 3 December."""
    office.bring(relation("R1", CARD))
    office.put_on("R1")
    return office


def nights(firm, first, last):
    for n in range((last - first).days + 1):
        firm.night(first + timedelta(days=n))


def dates(firm):
    return [(t["anchor_on"], t["due_on"], t["status"]) for t in firm.tasks()]


def steps(firm, task=0):
    return {s["key"]: s["status"] for s in firm.tasks()[task]["subtasks"]}


def put_back(firm, wrong, how):
    if how == "corrected":
        firm.bring(relation("R1", CARD))
    else:
        undo_import(firm.store, wrong.admission.import_id, NOW)


def verdicts(firm, day):
    from tasks.planning.explain import explain

    return [(v["template"], v["outcome"], v["reason"]) for v in explain(firm.settings, firm.store, "R1", day)]


def verdict(firm, day):
    ((_, *only),) = verdicts(firm, day)
    return tuple(only)


@pytest.mark.parametrize("how", ["corrected", "undone"])
def test_a2_a_date_that_was_wrong_for_one_night_is_chased_after_all(firm, how):
    firm.night(TUESDAY)
    wrong = firm.bring(relation("R1", WRONG))
    assert firm.night(date(2026, 11, 25)).closed == 1
    assert dates(firm) == [(CARD, CARD, "done")]
    put_back(firm, wrong, how)
    assert verdict(firm, date(2026, 11, 26)) == ("created", "already_created")
    nights(firm, date(2026, 11, 26), date(2026, 12, 6))
    assert dates(firm) == [(CARD, CARD, "open")]
    assert (firm.tasks()[0]["closed_on"], firm.tasks()[0]["closed_by"]) == (None, None)
    assert [(m["send_on"], m["status"]) for m in firm.messages()] == [("2026-12-03", "sent")]
    assert steps(firm) == {"ask": "done", "process": "open"}


def test_a2_what_was_mailed_before_the_wrong_date_is_not_mailed_again(firm):
    nights(firm, TUESDAY, date(2026, 12, 3))
    firm.bring(relation("R1", WRONG))
    firm.night(date(2026, 12, 4))
    firm.bring(relation("R1", CARD))
    nights(firm, date(2026, 12, 5), date(2026, 12, 12))
    assert dates(firm) == [(CARD, CARD, "open")]
    assert len(firm.mails()) == 1
    assert steps(firm) == {"ask": "done", "process": "open"}


def test_a2_a_mail_that_was_waiting_leaves_after_the_way_back(firm):
    nights(firm, TUESDAY, date(2026, 12, 2))
    firm.night(date(2026, 12, 3), delivers=False)
    firm.bring(relation("R1", WRONG))
    firm.night(date(2026, 12, 4))
    assert [(m["status"], m["reason"]) for m in firm.messages()] == [("cancelled", "already_done")]
    firm.bring(relation("R1", CARD))
    firm.night(date(2026, 12, 7))
    assert [(m["send_on"], m["status"], m["reason"]) for m in firm.messages()] == [("2026-12-07", "sent", None)]


def test_a2_the_lateness_of_a_mail_does_not_count_the_time_in_which_its_task_was_closed(firm):
    firm.night(TUESDAY)
    firm.bring(relation("R1", WRONG))
    firm.night(date(2026, 11, 25))
    firm.bring(relation("R1", CARD))
    figures = firm.night(date(2027, 2, 1))
    assert (figures.delivered.sent, figures.dropped) == (1, {})


def test_a2_a_reopened_task_has_the_status_and_the_sub_tasks_it_had(office):
    request = {
        "key": "papers",
        "kind": "request",
        "label": "Papiers",
        "message": "request_documents",
        "send": {"from": "creation"},
        "on_sent": "waiting_on_client",
    }
    action = {"key": "process", "kind": "action", "label": "Traiter"}
    office.define(
        "card",
        subtasks=[request, action | {"key": "call"}, action],
        schedules=[{"key": "renewal", "anchor": "field:id_card", "plan_before_days": 20}],
        close_when="renewed",
    )
    office.bring(relation("R1", CARD))
    office.assign("card/renewal", "R1", since=TUESDAY)
    office.night(TUESDAY)
    close_step(office.store, office.tasks()[0]["task_id"], "call")
    before = office.tasks()
    assert before[0]["status"] == "waiting_on_client"
    office.bring(relation("R1", WRONG))
    office.night(date(2026, 11, 25))
    assert office.tasks()[0]["status"] == "done"
    office.bring(relation("R1", CARD))
    office.night(date(2026, 11, 26))
    assert office.tasks() == before
    assert len(office.mails()) == 1


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_a2_a_task_that_a_person_closed_stays_closed(firm, status):
    firm.night(TUESDAY)
    close_task(firm.store, firm.tasks()[0]["task_id"], status, TUESDAY)
    for day, said in enumerate((WRONG, CARD)):
        firm.bring(relation("R1", said))
        firm.night(date(2026, 11, 25 + day))
    assert [(t["anchor_on"], t["status"], t["closed_by"]) for t in firm.tasks()] == [(CARD, status, "hand")]
    assert verdict(firm, date(2026, 11, 27)) == ("created", "already_done")


@pytest.mark.parametrize("how", ["corrected", "undone"])
def test_a2_a_task_that_was_re_dated_goes_back_and_is_mailed_once(firm, how):
    nights(firm, TUESDAY, date(2026, 12, 3))
    wrong = firm.bring(relation("R1", "2026-12-05"))
    firm.night(date(2026, 12, 4))
    assert dates(firm) == [("2026-12-05", "2026-12-05", "open")]
    put_back(firm, wrong, how)
    nights(firm, date(2026, 12, 5), date(2026, 12, 9))
    assert dates(firm) == [(CARD, CARD, "open")]
    assert len(firm.mails()) == 1


def test_a2_a_wrong_date_that_got_a_task_of_its_own_gives_way_again(firm):
    firm.night(TUESDAY)
    firm.bring(relation("R1", "2026-12-10"))
    firm.night(date(2026, 11, 25))
    firm.bring(relation("R1", CARD))
    nights(firm, date(2026, 11, 26), date(2026, 12, 10))
    assert dates(firm) == [(CARD, CARD, "open"), ("2026-12-10", "2026-12-10", "cancelled")]
    assert len(firm.mails()) == 1


def test_a2_a_wrong_date_put_right_to_an_earlier_one_moves_the_reopened_task(firm):
    firm.night(TUESDAY)
    firm.bring(relation("R1", WRONG))
    firm.night(date(2026, 11, 25))
    firm.bring(relation("R1", "2026-12-05"))
    nights(firm, date(2026, 11, 26), date(2026, 12, 5))
    assert dates(firm) == [("2026-12-05", "2026-12-05", "open")]
    assert [m["send_on"] for m in firm.messages()] == ["2026-11-30"]


MAIL = {"key": "ask", "kind": "auto_email", "message": "request_documents", "offset_days": -20}
WORK = {"key": "process", "kind": "action", "label": "Traiter"}


@pytest.mark.parametrize("subtasks", [[MAIL, WORK], [MAIL]], ids=["with-work", "mail-only"])
def test_a2_without_close_when_a_corrected_date_moves_the_task_and_mails_nobody_again(office, subtasks):
    card = {"key": "renewal", "anchor": "field:id_card", "plan_before_days": 20}
    office.define("card", subtasks=subtasks, schedules=[card])
    office.bring(relation("R1", CARD))
    office.assign("card/renewal", "R1", since=TUESDAY)
    office.night(TUESDAY)
    assert len(office.mails()) == 1
    for n, said in enumerate(("2026-12-11", "2026-12-04", "2026-12-23")):
        office.bring(relation("R1", said))
        nights(office, date(2026, 11, 25 + n), date(2026, 11, 25 + n))
        assert [t["anchor_on"] for t in office.tasks()] == [said]
    nights(office, date(2026, 12, 1), date(2026, 12, 5))
    assert len(office.mails()) == 1


def test_a2_without_close_when_a_renewed_card_leaves_the_open_task_and_has_its_own_in_its_time(office):
    card = {"key": "renewal", "anchor": "field:id_card", "plan_before_days": 20}
    office.define("card", subtasks=[WORK], schedules=[card])
    office.bring(relation("R1", CARD))
    office.assign("card/renewal", "R1", since=TUESDAY)
    office.night(TUESDAY)
    office.bring(relation("R1", WRONG))
    office.night(date(2026, 11, 25))
    assert dates(office) == [(CARD, CARD, "open")]
    office.night(date(2036, 11, 20))
    assert dates(office) == [(CARD, CARD, "open"), (WRONG, WRONG, "open")]


def test_a2_a_mail_that_waits_is_composed_again_when_its_date_moves(firm):
    nights(firm, TUESDAY, date(2026, 12, 2))
    firm.night(date(2026, 12, 3), delivers=False)
    firm.bring(relation("R1", "2026-12-05"))
    firm.night(date(2026, 12, 4))
    (message,) = firm.messages()
    assert (message["send_on"], message["status"]) == ("2026-12-04", "sent")
    with firm.store.begin() as connection:
        assert "5 décembre 2026" in connection.execute(text("SELECT body_text FROM messages")).scalar_one()


AT_0006 = """
INSERT INTO relations (relation_id, type, status, name, first_seen_on)
VALUES ('R1', 'person', 'client', 'A', '2026-01-01');
INSERT INTO follow_up_tasks (task_id, relation_id, template, schedule, occurrence, label, anchor_on, planned_on, due_on,
created_on, status, closed_on, closed_by) VALUES
(1, 'R1', 't', 's', '2026-12-01', 'T', '2026-12-01', '2026-11-20', '2026-12-01', '2026-11-20', 'done', '2026-11-25',
'renewed'),
(2, 'R1', 't', 's', '2025-12-01', 'T', '2025-12-01', '2025-11-20', '2025-12-01', '2025-11-20', 'done', '2025-11-25',
'hand');
INSERT INTO follow_up_subtasks (task_id, key, position, kind, status)
VALUES (1, 'sent', 0, 'auto_email', 'done'), (1, 'waiting', 1, 'auto_email', 'done'), (1, 'process', 2, 'action', 'done'),
(1, 'dropped', 3, 'auto_email', 'skipped'), (2, 'process', 0, 'action', 'done');
INSERT INTO messages (task_id, subtask, recipient_id, send_on, status, reason)
VALUES (1, 'sent', 'R1', '2026-11-21', 'sent', NULL), (1, 'waiting', 'R1', '2026-11-24', 'cancelled', 'already_done')
"""


def test_of_tasks_closed_before_revision_0007_what_is_not_known_to_be_done_opens_again(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    migrate(store, "0006")
    with store.begin() as connection:
        for statement in AT_0006.split(";"):
            connection.execute(text(statement))
    migrate(store)
    with store.begin() as connection:
        closed_with = connection.execute(
            text("SELECT task_id, key FROM follow_up_subtasks WHERE is_closed_with_task ORDER BY task_id, position")
        ).all()
    store.close()
    assert [tuple(row) for row in closed_with] == [(1, "waiting"), (1, "process")]


def test_t4_a_date_moved_past_until_closes_the_task_and_one_that_comes_back_opens_it(office):
    schedule = {"key": "renewal", "anchor": "field:id_card", "plan_before_days": 20, "until": "2026-12-10"}
    ask = {"key": "ask", "kind": "auto_email", "message": "request_documents", "offset_days": -5}
    office.define("card", subtasks=[ask], schedules=[schedule])
    office.bring(relation("R1", CARD))
    office.assign("card/renewal", "R1", since=TUESDAY)
    office.night(TUESDAY)
    office.bring(relation("R1", "2026-12-11"))
    figures = office.night(date(2026, 11, 25))
    assert (figures.closed, figures.skipped) == (1, {"after_end": 1})
    assert (dates(office), office.tasks()[0]["closed_by"]) == ([(CARD, CARD, "cancelled")], "after_end")
    assert ("card", "skipped", "after_end") in verdicts(office, date(2026, 11, 26))
    nights(office, date(2026, 11, 26), date(2026, 12, 6))
    assert office.mails() == []
    office.bring(relation("R1", "2026-12-10"))
    nights(office, date(2026, 12, 7), date(2026, 12, 8))
    assert dates(office) == [("2026-12-10", "2026-12-10", "done")]  # its mail left, which was all there was to do
    assert len(office.mails()) == 1


@pytest.mark.parametrize("new", ["2026-12-05", "2026-11-20"])
def test_a2_between_an_import_and_the_night_explain_says_that_the_task_takes_the_new_date(firm, new):
    firm.night(TUESDAY)
    firm.bring(relation("R1", new))
    assert verdict(firm, TUESDAY) == ("created", "redated")
    firm.night(date(2026, 11, 25))
    assert dates(firm) == [(new, new, "open")]
    assert verdict(firm, date(2026, 11, 25)) == ("created", "already_created")


def test_a2_explain_says_so_of_a_closed_task_that_opens_again_under_an_earlier_date(firm):
    firm.night(TUESDAY)
    firm.bring(relation("R1", WRONG))
    firm.night(date(2026, 11, 25))
    firm.bring(relation("R1", "2026-12-05"))
    assert verdict(firm, date(2026, 11, 25)) == ("created", "redated")
    firm.night(date(2026, 11, 26))
    assert dates(firm) == [("2026-12-05", "2026-12-05", "open")]
