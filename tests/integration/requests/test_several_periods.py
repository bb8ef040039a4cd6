"""What was asked for in one mail is reminded in one mail, and each request still counts its own (P4, M4, R5)."""

import email
import email.policy
from datetime import date

from factories import relation
from flows.jobs.requests import remind, take_answer
from tasks.requests.answers import Answer

MONDAY, THURSDAY = date(2027, 1, 25), date(2027, 1, 28)
ASK = {
    "key": "documents",
    "kind": "request",
    "label": "Éléments du mois",
    "message": "request_documents",
    "items": [{"key": "sales", "label": "Chiffre de vente", "type": "number"}],
    "send": {"from": "creation"},
    "reminders": {"every_days": 3, "max": 2},
    "on_sent": "waiting_on_client",
    "on_exhausted": "resend_requests",
}
SERVICE = {"mission_id": "M1", "template": "vat", "frequency": "monthly", "first_due_on": "2026-10-30"}


def several(office):
    """Four requests, for October to January, asked for in one mail on a Monday."""
    office.define("vat", subtasks=[ASK], schedules=[{"key": "returns", "anchor": "mission", "plan_before_days": 5}])
    office.bring(relation("R1", type="company"), file="people.csv")
    office.take("missions", {"mission_id": "M1", "relation_id": "R1", "name": "2027", "status": "signed"})
    office.take("mission_services", SERVICE | {"quantity": "4", "backfill": "true"}, on=date(2027, 1, 1))
    office.night(MONDAY)
    return office


def figures(night):
    messages = night.to_json()["messages"]
    return messages["due"], messages["sent"], messages["merged"]


def subjects(office):
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in office.mails()]
    return [mail["Subject"] for mail in mails]


def test_p4_the_reminders_of_requests_that_left_together_leave_together(office):
    several(office)
    assert len(office.mails()) == 1
    assert figures(office.night(THURSDAY)) == (4, 1, 3)
    take_answer(office.settings, office.store, Answer(2, "documents", "sales", THURSDAY, "12"))
    assert figures(office.night(date(2027, 2, 1))) == (3, 1, 2)
    assert len(office.mails()) == 3
    statuses = [task["status"] for task in sorted(office.tasks(), key=lambda task: task["task_id"])]
    assert statuses == ["resend_requests", "done", "resend_requests", "resend_requests"]
    assert office.night(date(2027, 2, 8)).to_json()["messages"]["due"] == 0


def test_m4_one_of_them_reminded_by_hand_leaves_by_itself_and_counts_from_there(office):
    several(office)
    remind(office.settings, office.store, 3, "documents", date(2027, 1, 26))
    assert len(office.mails()) == 2
    assert figures(office.night(THURSDAY)) == (3, 1, 2)
    assert figures(office.night(date(2027, 1, 29))) == (1, 1, 0)
    assert subjects(office)[0] == "4 demandes de Mon cabinet"
