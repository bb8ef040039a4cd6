"""The seed's example on the client's page: a proof of address every three months from January, three periods (U2–U7)."""

from datetime import UTC, date, datetime

import pytest
from groups import LAST_YEAR, define_group
from page_client import BASE, Moment, Pages, link_in, mails, pdf, text_of

from factories import Office, relation
from tasks.requests.documents import list_documents
from tasks.requests.dossiers import list_dossiers
from tasks.requests.fields import list_fields
from tasks.requests.proof import read_proof

FIELD = {"field": "proof_of_address", "label": "Justificatif de domicile", "type": "document", "expires": "ask"}


@pytest.fixture
def firm(office: Office) -> Office:
    path = office.settings.home / "firm.yaml"
    path.write_text(path.read_text(encoding="utf-8") + f"\nweb:\n  url: {BASE}\n  check: link\n", encoding="utf-8")
    define_group(office, fields=[FIELD])
    known = {"proof_of_address": "bail.pdf", "proof_of_address.expires_on": "2026-12-31"}
    office.bring(relation("R1", "2030-01-01", **known), on=LAST_YEAR)
    return office


def nights(office: Office, *days: date) -> None:
    for day in days:
        office.night(day)


def page_on(office: Office, day: date) -> Pages:
    """The page of the latest dossier, opened by the link in its latest mail."""
    clock = Moment()
    clock.instant = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    pages = Pages(office, clock)
    pages.open(link_in(mails(office)[-1]))
    return pages


def profile(office: Office) -> tuple[str, str]:
    (row,) = (row for row in list_fields(office.store, [], "R1") if row["field"] == "proof_of_address")
    return row["value"], row["expires_on"]


def test_three_periods_one_unanswered_one_still_correct_one_with_a_new_document(firm: Office):
    nights(firm, date(2026, 1, 1), date(2026, 1, 2))
    assert "Justificatif de domicile" in text_of(mails(firm)[-1])
    assert "1er février 2026" in text_of(mails(firm)[-1])  # the last day
    nights(firm, date(2026, 2, 2))

    nights(firm, date(2026, 4, 1))
    page = page_on(firm, date(2026, 4, 3))
    shown = page.get("/d").text
    assert "Documents de conformité" in shown
    assert "bail.pdf" not in shown  # a stored document is never shown
    assert page.send("proof_of_address", do="still_correct").status_code == 303
    assert profile(firm) == ("bail.pdf", "2026-12-31")
    nights(firm, date(2026, 5, 4))

    nights(firm, date(2026, 7, 1))
    page = page_on(firm, date(2026, 7, 3))
    sent = {"file": ("facture-2026.pdf", pdf(), "application/pdf")}
    answered = page.send("proof_of_address", files=sent, expires_on="30/06/2027")
    assert answered.status_code == 303
    assert profile(firm) == ("facture-2026.pdf", "2027-06-30")
    nights(firm, date(2026, 8, 3))

    assert list_dossiers(firm.store) == []
    assert [row["name"] for row in list_documents(firm.store, "R1", firm.settings.documents)] == ["facture-2026.pdf"]
    proofs = [read_proof(firm.store, task["task_id"]) for task in firm.tasks(template="papers")]
    assert [(proof["anchor_on"], proof["status"], proof["removed_on"]) for proof in proofs] == [
        ("2026-01-01", "cancelled", "2026-02-02"),
        ("2026-04-01", "done", "2026-05-04"),
        ("2026-07-01", "done", "2026-08-03"),
    ]
    kinds = [[event["kind"] for event in proof["events"]] for proof in proofs]
    assert "still_correct" in kinds[1]
    assert "file_received" in kinds[2]
    assert all(one[-1] == "removed" for one in kinds)
    (of_firm,) = firm.tasks(template="client-page")
    assert of_firm["label"] == "Resté sans réponse : Documents de conformité"


def test_a_removed_dossier_gives_the_neutral_page_and_keeps_nothing(firm: Office):
    nights(firm, date(2026, 1, 1), date(2026, 1, 2))
    page = page_on(firm, date(2026, 1, 5))
    action, fields = page.form("/items/proof_of_address")
    nights(firm, date(2026, 2, 2))
    late = page.post(action, fields | {"do": "still_correct"})
    assert late.status_code == 403
    assert page.get(link_in(mails(firm)[0])).status_code == 404
    assert profile(firm) == ("bail.pdf", "2026-12-31")
