"""Requests are repeated until they are answered: cadence, stops, exhaustion, returns (R1, R3, R4, R5, M4, A3)."""

from datetime import date, timedelta

import pytest

from factories import TUESDAY, relation
from flows.jobs.requests import accept_answers, remind, return_answer, take_answer
from tasks.domain.requests.values import AnswerError
from tasks.open_tasks import TaskError
from tasks.planning.close import close_task
from tasks.requests.answers import Answer

ITEMS = [
    {"key": "kms", "label": "Kilomètres", "type": "number", "field": "annual_km"},
    {"key": "iban", "label": "IBAN", "type": "text", "check": "iban", "field": "iban", "review": "owner"},
    {"key": "note", "label": "Autre chose ?", "type": "text", "required": False},
]
ASK = {
    "key": "documents",
    "kind": "request",
    "label": "Pièces du mois",
    "message": "request_documents",
    "items": ITEMS,
    "send": {"from": "creation"},
    "reminders": {"every_days": 3, "max": 2},
    "on_sent": "waiting_on_client",
    "on_exhausted": "resend_requests",
    "on_returned": "waiting_on_client",
    "on_complete": "ready",
}
WORK = {"key": "file", "kind": "action", "label": "Déclarer"}
GOOD_IBAN = "FR76 3000 6000 0112 3456 7890 189"


def asked(office, **changes):
    """A request that was sent on a Tuesday, with a sub-task of work beside it."""
    schedule = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
    office.define("month", subtasks=[ASK | changes, WORK], schedules=[schedule])
    office.bring(relation("R1"))
    office.assign("month/monthly", "R1", since=TUESDAY)
    office.night(TUESDAY)
    return office


def add_to_firm(office, line):
    path = office.settings.home / "firm.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    office.reload()


def nights(office, first, last):
    """A night for each day from the first to the last."""
    for number in range((last - first).days + 1):
        office.night(first + timedelta(days=number))


def sent(office):
    return [(m["sequence"], date.fromisoformat(str(m["send_on"]))) for m in office.messages() if m["status"] == "sent"]


def only_task(office):
    (task,) = office.tasks()
    return task


def answer(office, item, value, on=TUESDAY, **others):
    task_id = only_task(office)["task_id"]
    return take_answer(office.settings, office.store, Answer(task_id, "documents", item, on, value, **others))


def test_m4_reminders_come_every_three_days_skip_quiet_days_and_end(office):
    asked(office)
    nights(office, date(2026, 11, 26), date(2026, 12, 1))
    nights(office, date(2026, 12, 20), date(2026, 12, 20))
    # Tuesday 24; three days on is Friday 27; three more is Monday 30.
    assert sent(office) == [(0, TUESDAY), (1, date(2026, 11, 27)), (2, date(2026, 11, 30))]
    task = only_task(office)
    assert (task["status"], task["subtasks"][0]["exhausted_on"]) == ("resend_requests", "2026-11-30")


def test_m4_a_reminder_on_a_quiet_day_leaves_on_the_next_working_day_and_the_next_counts_from_there(sqlite_office):
    asked(sqlite_office, reminders={"every_days": 4, "max": 2})
    nights(sqlite_office, date(2026, 11, 27), date(2026, 12, 4))
    # Four days after Tuesday 24 is Saturday 28: Monday 30, then Friday 4.
    assert sent(sqlite_office) == [(0, TUESDAY), (1, date(2026, 11, 30)), (2, date(2026, 12, 4))]


def test_p6_missed_nights_give_one_reminder(office):
    asked(office)
    office.night(date(2026, 12, 15))
    assert sent(office) == [(0, TUESDAY), (1, date(2026, 12, 15))]
    office.night(date(2026, 12, 15))
    assert len(sent(office)) == 2, "one step a run, and no second on the same day"


def test_r1_a_full_answer_stops_reminders_and_moves_the_task(office):
    asked(office)
    assert only_task(office)["status"] == "waiting_on_client"
    assert not answer(office, "kms", "12 500,5").is_complete
    progress = answer(office, "iban", GOOD_IBAN)
    assert (progress.is_complete, progress.is_done) == (True, False), "the IBAN is reviewed"
    assert only_task(office)["status"] == "ready"
    nights(office, date(2026, 11, 27), date(2026, 11, 30))
    assert sent(office) == [(0, TUESDAY)]
    accept_answers(office.settings, office.store, 1, step="documents", item=None, as_of=TUESDAY)
    assert [step["status"] for step in only_task(office)["subtasks"]] == ["done", "open"]


def test_r1_a_reminder_that_waits_for_monday_is_not_sent_after_the_answer(office):
    asked(office, reminders={"every_days": 4, "max": 2})
    office.night(date(2026, 11, 28))
    assert [(m["sequence"], m["status"]) for m in office.messages()] == [(0, "sent"), (1, "pending")]
    answer(office, "kms", "1", on=date(2026, 11, 29))
    answer(office, "iban", GOOD_IBAN, on=date(2026, 11, 29))
    office.night(date(2026, 11, 30))
    assert [(m["status"], m["reason"]) for m in office.messages()] == [("sent", None), ("cancelled", "answered")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "former"}, "wrong_status"),
        ({"do_not_mail": "yes"}, "opted_out"),
        ({"email": ""}, "no_email"),
    ],
)
def test_r1_the_stop_table_of_the_relation(sqlite_office, change, reason):
    asked(sqlite_office)
    sqlite_office.bring(relation("R1", **change), on=TUESDAY)
    nights(sqlite_office, date(2026, 11, 27), date(2026, 11, 28))
    assert sent(sqlite_office) == [(0, TUESDAY)]
    assert [m["reason"] for m in sqlite_office.messages() if m["sequence"] == 1] == [reason]
    sqlite_office.bring(relation("R1", **dict.fromkeys(change, "")) | relation("R1"), on=date(2026, 11, 30))
    sqlite_office.night(date(2026, 11, 30))
    if reason != "opted_out":
        assert sent(sqlite_office)[1:] == [(1, date(2026, 11, 30))], "once the cause is gone it leaves"


def test_r1_a_closed_task_reminds_nobody(sqlite_office):
    asked(sqlite_office)
    close_task(sqlite_office.store, 1, "cancelled", TUESDAY)
    nights(sqlite_office, date(2026, 11, 27), date(2026, 11, 27))
    assert sent(sqlite_office) == [(0, TUESDAY)]


def test_r3_a_request_that_is_begun_gets_another_text_with_what_is_open(sqlite_office):
    asked(sqlite_office)
    answer(sqlite_office, "kms", "12")
    sqlite_office.night(date(2026, 11, 27))
    first, reminder = (path.read_text(encoding="utf-8") for path in sqlite_office.mails())
    assert "1 sur 3 re" in reminder
    assert "IBAN" in reminder
    assert "Kilom" not in reminder
    assert "sur 3" not in first


def test_r5_an_answer_after_exhaustion_still_completes(sqlite_office):
    asked(sqlite_office)
    nights(sqlite_office, date(2026, 11, 27), date(2026, 11, 30))
    assert only_task(sqlite_office)["status"] == "resend_requests"
    answer(sqlite_office, "kms", "1", on=date(2026, 12, 3))
    answer(sqlite_office, "iban", GOOD_IBAN, on=date(2026, 12, 3))
    assert only_task(sqlite_office)["status"] == "ready"


def test_r5_a_status_set_by_hand_after_exhaustion_is_not_set_again(sqlite_office):
    asked(sqlite_office)
    nights(sqlite_office, date(2026, 11, 27), date(2026, 11, 30))
    from sqlalchemy import update

    from sql import schema

    with sqlite_office.store.begin() as connection:
        connection.execute(update(schema.follow_up_tasks).values(status="open"))
    nights(sqlite_office, date(2026, 12, 3), date(2026, 12, 3))
    assert remind(sqlite_office.settings, sqlite_office.store, 1, "documents", date(2026, 12, 7))["status"] == "sent"
    assert only_task(sqlite_office)["status"] == "open"


def test_r4_returned_items_are_told_at_once_in_one_mail_and_begin_a_new_cycle(office):
    asked(office)
    answer(office, "kms", "1")
    answer(office, "iban", GOOD_IBAN)
    day = date(2026, 11, 26)
    message = return_answer(
        office.settings, office.store, 1, step="documents", item="iban", reason="Un autre titulaire", as_of=day
    )
    assert (message["status"], only_task(office)["status"]) == ("sent", "waiting_on_client")
    body = office.mails()[-1].read_text(encoding="utf-8")
    assert "Un autre titulaire" in body
    assert "Kilom" not in body
    nights(office, date(2026, 11, 28), date(2026, 12, 4))
    assert sent(office) == [(0, TUESDAY), (0, day), (1, date(2026, 11, 30)), (2, date(2026, 12, 3))]
    answer(office, "iban", GOOD_IBAN, on=date(2026, 12, 4))
    assert only_task(office)["status"] == "ready"


def test_r4_an_item_returned_on_a_quiet_day_is_told_on_the_next_working_day_with_the_others(sqlite_office):
    asked(sqlite_office)
    answer(sqlite_office, "kms", "1")
    answer(sqlite_office, "iban", GOOD_IBAN)
    saturday = date(2026, 11, 28)
    for item in ("kms", "iban"):
        return_answer(
            sqlite_office.settings,
            sqlite_office.store,
            1,
            step="documents",
            item=item,
            reason="Illisible",
            as_of=saturday,
        )
    sqlite_office.night(date(2026, 11, 30))
    assert sent(sqlite_office) == [(0, TUESDAY), (0, date(2026, 11, 30))]


def test_m4_a_reminder_by_hand_counts_and_restarts_the_clock(office):
    asked(office)
    thursday = date(2026, 11, 26)
    assert remind(office.settings, office.store, 1, "documents", thursday)["status"] == "sent"
    with pytest.raises(AnswerError, match="had a message on 2026-11-26 already"):
        remind(office.settings, office.store, 1, "documents", thursday)
    nights(office, date(2026, 11, 28), date(2026, 12, 3))
    # Three days after Thursday is Sunday 29.
    assert sent(office) == [(0, TUESDAY), (1, thursday), (2, date(2026, 11, 30))]


def test_what_cannot_be_reminded_is_refused_in_words(sqlite_office):
    asked(sqlite_office, send="manual")
    with pytest.raises(AnswerError, match="was not sent yet: `relance send 1 documents`"):
        remind(sqlite_office.settings, sqlite_office.store, 1, "documents", TUESDAY)
    with pytest.raises(AnswerError, match="no request 'file'"):
        remind(sqlite_office.settings, sqlite_office.store, 1, "file", TUESDAY)
    with pytest.raises(TaskError, match="There is no task 9"):
        remind(sqlite_office.settings, sqlite_office.store, 9, "documents", TUESDAY)


def test_a_template_without_rhythm_reminds_nobody(sqlite_office):
    asked(sqlite_office, reminders=None)
    nights(sqlite_office, date(2026, 11, 27), date(2026, 11, 28))
    assert sent(sqlite_office) == [(0, TUESDAY)]


def test_the_firms_own_automators_hold_where_a_request_names_none(sqlite_office):
    add_to_firm(sqlite_office, "automators: {on_complete: ready}")
    asked(sqlite_office, on_complete=None)
    answer(sqlite_office, "kms", "1")
    answer(sqlite_office, "iban", GOOD_IBAN)
    assert only_task(sqlite_office)["status"] == "ready"


def test_t5_what_an_outage_left_over_waits_for_the_next_working_day(office):
    asked(office)
    friday = TUESDAY + timedelta(days=3)
    office.night(friday, delivers=False)
    office.night(friday + timedelta(days=1))
    assert [m["status"] for m in office.messages()] == ["sent", "pending"], "it is Saturday"
    office.night(friday + timedelta(days=3))
    assert [m["status"] for m in office.messages()] == ["sent", "sent"]


def test_r4_a_return_withdraws_the_reminder_that_waits(office):
    asked(office)
    take_answer(office.settings, office.store, Answer(1, "documents", "kms", TUESDAY, "1"))
    office.night(TUESDAY + timedelta(days=4))
    office.night(TUESDAY + timedelta(days=5))
    assert [(m["sequence"], m["status"]) for m in office.messages()] == [(0, "sent"), (1, "pending")]
    return_answer(
        office.settings, office.store, 1, step="documents", item="kms", reason="Faux", as_of=TUESDAY + timedelta(days=5)
    )
    office.night(TUESDAY + timedelta(days=6))
    assert sorted((m["sequence"], m["status"]) for m in office.messages()) == [
        (0, "sent"),
        (0, "sent"),
        (1, "cancelled"),
    ]


def test_r4_an_optional_item_that_is_returned_is_wanted(office):
    asked(office)
    for item, value in (("kms", "1"), ("iban", GOOD_IBAN), ("note", "?")):
        take_answer(office.settings, office.store, Answer(1, "documents", item, TUESDAY, value))
    return_answer(office.settings, office.store, 1, step="documents", item="note", reason="Quoi ?", as_of=TUESDAY)
    assert [m["status"] for m in office.messages()] == ["sent", "sent"]
    office.night(TUESDAY + timedelta(days=3))
    assert [m["sequence"] for m in office.messages()] == [0, 0, 1]
