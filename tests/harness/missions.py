"""Rows of missions and their services, and a firm with two companies and a VAT template to serve."""

from datetime import date, timedelta

from factories import relation

NEW_YEAR = date(2027, 1, 1)
REQUEST = {
    "key": "documents",
    "kind": "request",
    "label": "Merci de déposer vos éléments du mois",
    "message": "request_documents",
    "items": [{"key": "bank", "label": "Relevés bancaires"}, {"key": "sales", "label": "Factures de vente"}],
    "send": {"from": "start", "offset_days": 1},
    "on_sent": "waiting_on_client",
}
FILE = {"key": "file", "kind": "action", "label": "Déposer la déclaration"}


def company(relation_id, **changes):
    return relation(relation_id, type="company", name=f"Société {relation_id}") | changes


def mission(mission_id="M1", relation_id="R1", **changes):
    dates = {"start_on": "2027-01-01", "end_on": ""}
    return (
        {"mission_id": mission_id, "relation_id": relation_id, "name": "Exercice 2027", "status": "signed"}
        | dates
        | changes
    )


def served(mission_id="M1", template="vat", **changes):
    rhythm = {"frequency": "monthly", "first_due_on": "2027-01-30", "quantity": "", "backfill": ""}
    return {"mission_id": mission_id, "template": template} | rhythm | changes


def set_up(office):
    office.define("vat", subtasks=[REQUEST, FILE])
    office.take("relations", company("R1"), company("R2"), on=NEW_YEAR)
    return office


def sign(firm, missions=None, services=None, on=NEW_YEAR):
    firm.take("missions", *(missions or [mission()]), on=on)
    firm.take("mission_services", *(services or [served()]), on=on)


def due_days(firm, **filters):
    return [task["due_on"] for task in firm.tasks(**filters)]


def nights(firm, first, last):
    for n in range((last - first).days + 1):
        firm.night(first + timedelta(days=n), delivers=False)
