"""The desk in a real browser, against `relance web`: each of its parts, used by a person, on both databases."""

import re
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "web"))

from page_server import NAME, serving_page
from test_browser import (  # the fixtures of the client's page
    LOCALES,
    Look,
    chromium,  # noqa: F401
    device,  # noqa: F401
    expect,
    pytestmark,  # noqa: F401
)

from flows.home.clock import now
from tasks.desk.sign_in import make_link
from tasks.desk.users import set_role

CLIENTS = [("ONE", "fr"), ("TWO", "nl")]
CSV = "relation_id,type,status,name,email\nNEW,person,client,Nina,nina@client.example\n,person,client,X,x@x.example\n"
PLACES = ("", "/tasks", "/tasks/1", "/relations", "/relations/ONE", "/activities", "/activities/new", "/outbox")
PLACES += ("/outbox/1", "/quality", "/quarantine", "/imports", "/run")
PATIENCE_MS = 60_000


@pytest.fixture
def site(tmp_path, database_url):
    with serving_page(tmp_path / "browsed", CLIENTS, RELANCE_DATABASE_URL=database_url) as served:
        yield served


def sign_in(site, page, role="admin"):
    """By a link, as `relance desk link` prints one."""
    with site.office.store.begin() as connection:
        set_role(connection, "U1", role)
        _, token = make_link(connection, "U1", site.office.settings.web_key(), now())
    page.goto(f"{site.address}/desk/in/{token}")
    page.locator("main button").click()
    page.wait_for_url("**/desk")


def press(page, name):
    """Press a button and wait for the page that follows."""
    page.get_by_role("button", name=name, exact=True).first.click()
    page.wait_for_load_state()


def go(page, name):
    page.locator("header nav").get_by_role("link", name=name, exact=True).click()
    page.wait_for_load_state()


def wait_until_done(page):
    """Until a work is no longer under way; the page shows itself anew."""
    expect(page.locator("main [role=status]").first).to_contain_text("terminé", timeout=PATIENCE_MS)


def test_a_day_at_the_desk(site, device):  # noqa: F811
    page = device("fr")
    sign_in(site, page)
    for part in (works_on_a_task, looks_at_a_client, plans_an_activity, reads_a_mail, imports_a_file, plans):
        part(page)
    press(page, "Se déconnecter partout")
    page.goto(f"{site.address}/desk/tasks")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connexion")
    assert NAME not in "".join(site.said)


def works_on_a_task(page):
    """From a count of the first page to a task: a comment, a new item, the client's link."""
    page.get_by_role("link", name=re.compile("en attente du client")).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator('tbody a[href^="/desk/tasks/"]').first.click()
    page.get_by_label("Votre commentaire").fill("Appelé à midi.")
    press(page, "Ajouter")
    expect(page.locator("#comments ~ .note").first).to_contain_text("Appelé à midi.")
    page.get_by_text("Changer ce qui est demandé").click()
    page.get_by_label("Clé de l'élément").fill("lease")
    page.get_by_label("Libellé que lit le client").fill("Bail")
    page.locator('button[value="add"]').click()
    expect(page.locator("#item-documents-lease")).to_contain_text("Bail")
    press(page, "Montrer le lien")
    expect(page.locator('input[id^="link-"]')).to_have_value(re.compile("/r/"))


def looks_at_a_client(page):
    """Found by a name, given a date by hand, and why nothing more is sent."""
    go(page, "Clients")
    page.get_by_label("Numéro, nom ou adresse commençant par").fill(NAME.split()[0].lower())
    press(page, "Filtrer")
    page.locator("tbody a").first.click()
    page.locator("#fields ~ table summary").first.click()
    page.locator('input[name="expires_on"]').first.fill("2031-05-31")
    page.locator("#fields ~ table button").first.click()
    expect(page.locator("#fields ~ table")).to_contain_text("31 mai 2031")
    press(page, "Expliquer ce que fera le prochain passage")
    expect(page.locator("#explained")).to_contain_text("tâche déjà ouverte")


def plans_an_activity(page):
    """Saved, and held."""
    go(page, "Activités")
    page.get_by_role("link", name="Nouvelle activité").click()
    page.get_by_label("Objet").fill("Bilan annuel")
    page.get_by_label("Début", exact=True).fill("2031-03-04T14:30")
    press(page, "Enregistrer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bilan annuel")
    press(page, "Tenue")
    expect(page.locator("select[name=status]")).to_have_value("held")


def reads_a_mail(page):
    """As it was sent, without the secrets in it."""
    go(page, "E-mails")
    page.locator("tbody a").first.click()
    expect(page.locator("pre.mail")).to_contain_text(NAME)


def imports_a_file(page):
    """Uploaded, looked at, imported; what is left is in quarantine."""
    go(page, "Données")
    page.get_by_role("link", name="Imports").click()
    file = {"name": "clients.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    page.get_by_label("Fichier (CSV ou Excel)").set_input_files(file)
    press(page, "Le regarder d'abord")
    wait_until_done(page)
    expect(page.locator("#rows")).to_be_visible()
    press(page, "Importer")
    wait_until_done(page)
    page.get_by_role("link", name="Quarantaine").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def plans(page):
    """A rehearsal, and the run."""
    go(page, "Planification")
    press(page, "Répéter")
    wait_until_done(page)
    press(page, "Lancer maintenant")
    wait_until_done(page)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_keeps_anybody_out_in_any_language_at_any_width(site, device):  # noqa: F811
    faults = []
    for language in LOCALES:
        page = device(language)
        page.goto(f"{site.address}/desk/sign-in")
        look = Look(page, language, "desk")
        look.at("sign-in")
        sign_in(site, page)
        for place in PLACES:
            assert page.goto(f"{site.address}/desk{place}").status == 200, place
            look.at(place.replace("/", "-").strip("-") or "today")
        faults += look.faults
    assert faults == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_by_keyboard_alone(site, device):  # noqa: F811
    page = device("fr")
    sign_in(site, page)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.closest('main') !== null")
    assert focused
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/tasks?*")
