"""Who is asked (R6): the relation, the persons of a company, or whoever is chosen; on both databases."""

from datetime import timedelta

import pytest

from factories import NOON, TUESDAY, relation
from flows.jobs.requests import take_answer
from tasks.domain.requests.values import AnswerError
from tasks.requests.answers import Answer
from tasks.requests.recipients import choose_recipients, list_recipients

ASK = {
    "key": "documents",
    "kind": "request",
    "message": "request_documents",
    "items": [{"key": "kms", "label": "Kilomètres", "type": "number"}],
    "send": {"from": "creation"},
    "reminders": {"every_days": 3, "max": 2},
}
COMPANY = relation("C1", type="company", name="Dupont SARL", email="bureau@dupont.example")
SCHEDULE = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
FRIDAY = TUESDAY + timedelta(days=3)


def person(key, **changes):
    return relation(key, name=f"Personne {key}", email=f"{key.lower()}@dupont.example", company_id="C1") | changes


def asked(office, *people, recipients="contacts", subtasks=None):
    office.define("month", subtasks=subtasks or [ASK | {"recipients": recipients}], schedules=[SCHEDULE])
    office.bring(COMPANY, *people)
    office.assign("month/monthly", "C1", since=TUESDAY)
    office.night(TUESDAY)
    return office


def sent(office):
    return sorted((m["relation_id"], m["sequence"], m["status"]) for m in office.messages() if m["status"] == "sent")


def test_r6_the_persons_of_a_company_are_asked_each_by_name_but_not_former_ones(office):
    asked(office, person("P1"), person("P2"), person("P3", status="former"))
    assert sent(office) == [("P1", 0, "sent"), ("P2", 0, "sent")]
    letters = "".join(path.read_text(encoding="utf-8") for path in office.mails())
    assert 'To: "Personne P1" <p1@dupont.example>' in letters
    assert "bureau@dupont.example" not in letters


def test_r6_a_company_without_persons_is_said_so_and_asked_once_there_is_one(office):
    asked(office)
    assert [(m["status"], m["reason"]) for m in office.messages()] == [("suppressed", "no_recipient")]
    office.bring(COMPANY, person("P1"))
    office.night(TUESDAY + timedelta(days=1))
    assert sent(office) == [("P1", 0, "sent")]
    assert ("cancelled", "superseded") in [(m["status"], m["reason"]) for m in office.messages()]


def test_r6_one_complete_answer_stops_all(office):
    asked(office, person("P1"), person("P2"))
    take_answer(office.settings, office.store, Answer(1, "documents", "kms", TUESDAY, "12"))
    office.night(FRIDAY)
    assert [m["sequence"] for m in office.messages()] == [0, 0]


def test_r6_a_new_recipient_gets_the_request_first_and_the_count_goes_on(office):
    asked(office, person("P1"), person("P2"), recipients="relation")
    office.night(FRIDAY)
    choose_recipients(office.store, 1, ["P1"], None, FRIDAY, now=NOON)
    office.night(FRIDAY + timedelta(days=3))
    assert sent(office) == [("C1", 0, "sent"), ("C1", 1, "sent"), ("P1", 0, "sent")]
    office.night(FRIDAY + timedelta(days=6))
    assert sent(office)[-1] == ("P1", 2, "sent"), "the second of two, though his first"
    office.night(FRIDAY + timedelta(days=12))
    assert len(sent(office)) == 4


def test_r6_a_choice_goes_to_all_requests_of_the_task_and_a_later_one_to_the_step_named(office):
    other = ASK | {"key": "payroll", "message": "request_documents", "recipients": "relation"}
    office.define("month", subtasks=[ASK, other], schedules=[SCHEDULE])
    office.bring(COMPANY, person("P1"), person("P2"))
    office.assign("month/monthly", "C1", since=TUESDAY)
    office.night(TUESDAY)
    assert choose_recipients(office.store, 1, ["p1"], None, TUESDAY, now=NOON) == ["documents", "payroll"]
    choose_recipients(office.store, 1, ["P1", "P2"], "payroll", TUESDAY, now=NOON)
    found = [(row["step"], row["recipient_id"]) for row in list_recipients(office.store, 1)]
    assert found == [("documents", "P1"), ("payroll", "P1"), ("payroll", "P2")]
    with pytest.raises(AnswerError, match="There is no relation NOBODY"):
        choose_recipients(office.store, 1, ["NOBODY"], None, TUESDAY, now=NOON)
    with pytest.raises(AnswerError, match="no open request 'cards'; it has documents, payroll"):
        choose_recipients(office.store, 1, ["P1"], "cards", TUESDAY, now=NOON)


def test_r6_whoever_was_chosen_again_is_asked_again_and_who_left_gets_nothing_that_waits(office):
    asked(office, person("P1"), person("P2"))
    office.night(FRIDAY, delivers=False)
    choose_recipients(office.store, 1, ["P2"], None, FRIDAY, now=NOON)
    office.night(FRIDAY)
    assert sent(office) == [("P1", 0, "sent"), ("P2", 0, "sent"), ("P2", 1, "sent")]


def test_r6_a_mission_service_names_who_is_asked(office):
    office.define("month", subtasks=[ASK], schedules=[{"key": "returns", "anchor": "mission", "plan_before_days": 10}])
    office.bring(COMPANY, person("P1"), person("P2"))
    office.take("missions", {"mission_id": "M1", "relation_id": "C1", "status": "signed", "start_on": "2026-11-24"})
    office.take(
        "mission_services",
        {"mission_id": "M1", "template": "month", "frequency": "yearly", "recipients": "p1  P2", "quantity": "1"},
        on=TUESDAY,
    )
    office.night(TUESDAY)
    assert sent(office) == [("P1", 0, "sent"), ("P2", 0, "sent")]


def test_r6_a_mission_service_that_names_nobody_we_know_is_set_aside(office):
    office.define("month", subtasks=[ASK], schedules=[{"key": "returns", "anchor": "mission", "plan_before_days": 10}])
    office.bring(COMPANY)
    office.take("missions", {"mission_id": "M1", "relation_id": "C1", "status": "signed", "start_on": "2026-11-24"})
    found = office.take("mission_services", {"mission_id": "M1", "template": "month", "recipients": "C1 nobody"})
    assert found.admission.quarantined == 1
