"""A dossier of an update group in a real browser: what the firm knows is masked, confirmed or replaced (U2, U4, U5)."""

from datetime import timedelta

import pytest
from groups import define_group
from page_server import URL, PageServer
from test_browser import (  # the fixtures of the page's own tests
    LOCALES,
    Look,
    chromium,  # noqa: F401
    device,  # noqa: F401
    expect,
    press_button,
    pytestmark,  # noqa: F401
    section,
    upload,
)

from factories import Office, relation
from served import end_group
from tasks.requests.fields import list_fields

FIELDS = [
    {"field": "proof_of_address", "label": "Justificatif de domicile", "type": "document", "expires": "ask"},
    {"field": "turnover", "label": "Chiffre d'affaires", "type": "number"},
    {"field": "activity", "label": "Activité", "type": "text"},
]
CLIENTS = {"SEEN": "fr", "BESIDE": "nl"}


@pytest.fixture
def site(sqlite_office: Office):
    office = sqlite_office
    firm = office.settings.home / "firm.yaml"
    words = firm.read_text(encoding="utf-8").replace("quiet: [weekends, holidays]", "quiet: []")
    firm.write_text(f"{words}\nweb: {{url: '{URL}', check: link}}\n", encoding="utf-8")
    office.reload()
    today = office.settings.today()
    define_group(office, fields=FIELDS, starts_on=today)
    known = {"proof_of_address": "bail.pdf", "turnover": "125000", "activity": "Boulangerie"}
    rows = (relation(c, email=f"{c.lower()}@client.example", **known | {"language": CLIENTS[c]}) for c in CLIENTS)
    office.bring(*rows, on=today - timedelta(days=200))
    office.night(today)
    served = PageServer(office)
    yield served
    end_group(served.process)


@pytest.mark.parametrize("script", [True, False])
def test_u4_a_client_confirms_one_field_replaces_another_and_sends_a_document(site, device, script):  # noqa: F811
    client = "SEEN"
    page = device("fr", java_script_enabled=script, viewport={"width": 360, "height": 800})
    press_button(page, site.link_of(client))
    assert "125000" not in page.content()
    assert "Boulangerie" not in page.content()
    section(page, "activity").locator('button[value="still_correct"]').click()
    expect(section(page, "activity")).to_have_attribute("data-state", "received")
    section(page, "turnover").locator('[name="value"]').fill("130 000")
    section(page, "turnover").locator('button[value="answer"]').click()
    expect(section(page, "turnover")).to_have_attribute("data-state", "received")
    section(page, "proof_of_address").locator('[type="file"]').set_input_files(upload("facture.pdf"))
    section(page, "proof_of_address").locator('[name="expires_on"]').fill("31/12/2099")
    section(page, "proof_of_address").locator('button[value="answer"]').click()
    expect(section(page, "proof_of_address")).to_have_attribute("data-state", "received")
    found = {row["field"]: (row["value"], row["expires_on"]) for row in list_fields(site.office.store, [], client)}
    assert found["activity"] == ("Boulangerie", None)
    assert found["turnover"] == ("130000", None)
    assert found["proof_of_address"] == ("facture.pdf", "2099-12-31")
    assert site.office.tasks(relation_id=client, template="papers")[0]["status"] == "done"


@pytest.mark.parametrize("client", CLIENTS)
def test_d7_a_dossier_keeps_nobody_out(site, device, client):  # noqa: F811
    language = CLIENTS[client]
    assert language in LOCALES
    page = device(language)
    look = Look(page, language)
    press_button(page, site.link_of(client))
    look.at("dossier")
    assert look.faults == []
