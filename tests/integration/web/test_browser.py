"""The client's page in a real browser: in three languages and widths, without script, by keyboard, behind scanners.

One server and one Chromium for the whole file; each test has a client, and so a link, of its own.
"""

import os
import re
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from page_server import ITEMS, NAME, serving_page
from sent_files import pdf, picture

from flows.jobs.requests import accept_answers, return_answer

CHROMIUM = "/usr/bin/chromium"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not Path(CHROMIUM).is_file(), reason="there is no Chromium here; .ci/run installs it"),
]
SHOTS = os.environ.get("RELANCE_TEST_SHOTS")  # a folder, where CI keeps what a person may look at
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 40_000
SECONDS_TO_MAIL = 30
WIDTHS = (320, 768, 1280)
LOCALES = {"fr": "fr-FR", "nl": "nl-BE", "en": "en-GB"}
IBAN = "FR76 3000 6000 0112 3456 7890 189"
SEEN = {f"SEEN-{language}": language for language in LOCALES}
CLIENTS = SEEN | dict.fromkeys(
    (
        "PLAIN",
        "SCRIPT",
        "REFUSED",
        "DRAFT",
        "KEYS",
        "CALM",
        "EAGER",
        "ENDED",
        "EXPIRY",
        "BEFORE",
        "LATE",
        "RED",
        "MIXED",
    ),
    "fr",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serving_page(tmp_path_factory.mktemp("browser") / "home", list(CLIENTS.items())) as served:
        yield served


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Playwright switches the memory of pages gone back to off; a client's browser has it.
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield started
        started.close()


@pytest.fixture
def device(chromium):
    """A new browser without cookies: its page."""
    opened = []

    def make(language="fr", **options):
        # A page that scrolls smoothly is waited for at each click.
        context = chromium.new_context(locale=LOCALES[language], reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        return context.new_page()

    yield make
    for context in opened:
        context.close()


def press_button(page, link):
    """Open a link and press its one button."""
    page.goto(link)
    page.locator("main button").click()
    page.wait_for_url("**/d")


def section(page, key):
    return page.locator(f"#item-{key}")


def state(page, key):
    return section(page, key).get_attribute("data-state")


def submit(page, key):
    """Press the button under an item's answer; with which status the form was answered."""
    # With script, leaving the field sends a draft first.
    with page.expect_response(lambda one: one.request.method == "POST" and not one.url.endswith("/draft")) as found:
        section(page, key).locator('button[value="answer"]').click()
    page.wait_for_load_state()
    return found.value.status


def answer(page, key, value):
    section(page, key).locator('[name="value"]').fill(value)
    return submit(page, key)


def upload(*names):
    """Files to choose: what is in them differs, and goes by the end of their name."""
    made = []
    for number, name in enumerate(names, start=1):
        if name.endswith(".exe"):
            made.append({"name": name, "mimeType": "application/octet-stream", "buffer": b"MZ" + bytes(2000)})
        elif name.endswith(".jpg"):
            content = picture("JPEG", (60 + number, 40))
            made.append({"name": name, "mimeType": "image/jpeg", "buffer": content})
        else:
            content = pdf(f"<< /Number {number} >>")
            made.append({"name": name, "mimeType": "application/pdf", "buffer": content})
    return made


def expect(locator):
    from playwright.sync_api import expect as expected

    return expected(locator)


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


def tab_to(page, wanted, most=60):
    """Press Tab until what is wanted has the focus; how often."""
    for presses in range(1, most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return presses
    raise AssertionError(f"{wanted} is not reached by Tab; {focused(page)} has the focus")


class Look:
    """Looks at a page at each width: nothing for axe to say, nothing to scroll sideways to; and a picture."""

    def __init__(self, page, language, whose="client"):
        from axe_playwright_python.sync_playwright import Axe

        self._axe, self._page, self._language, self._whose = Axe(), page, language, whose
        self.faults = []

    def at(self, name, page=None):
        page = page or self._page
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            where = f"{name}-{self._language}-{width}"
            if page.get_attribute("html", "lang") != self._language:
                self.faults.append(f"{where}: lang is {page.get_attribute('html', 'lang')}")
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                self.faults.append(f"{where}: {over} px to scroll sideways to")
            for found in self._axe.run(page).response["violations"]:
                nodes = [node["html"][:150] for node in found["nodes"]]
                self.faults.append(f"{where}: {found['id']} ({found['help']}): {nodes}")
            if SHOTS:
                page.screenshot(path=str(Path(SHOTS) / f"{self._whose}-{where}.png"), full_page=True)


@pytest.mark.parametrize("language", LOCALES)
def test_d7_nothing_keeps_anybody_out_in_any_language_at_any_width(site, device, language):
    client = f"SEEN-{language}"
    page = device(language)
    look = Look(page, language)
    assert page.goto(f"{site.address}/r/GwwDJtcA2xHRLmPB1TKNMf6bMgHPiTCSLLfdTCbiKFZg").status == 404
    look.at("gone")
    page.goto(site.link_of(client))
    look.at("button")
    press_button(page, site.link_of(client))
    look.at("open")
    assert answer(page, "kms", "douze") == 422
    look.at("error")

    assert answer(page, "kms", "12500") == 303
    assert answer(page, "iban", IBAN) == 303
    section(page, "staff").get_by_role("radio").first.check()
    assert submit(page, "staff") == 303
    section(page, "note").locator('[name="not_applicable"]').evaluate("e => e.closest('details').open = true")
    section(page, "note").locator('[name="not_applicable"]').fill("Rien")
    section(page, "note").locator('button[value="not_applicable"]').click()
    section(page, "bank").locator('[type="file"]').set_input_files(upload("a-very-long-name-" * 6 + ".pdf", "b.pdf"))
    expect(section(page, "bank").locator(".files li")).to_have_count(2)
    settings, store, today = site.office.settings, site.office.store, site.office.settings.today()
    task = site.task_of(client)
    accept_answers(settings, store, task, step="documents", item="iban", as_of=today)
    return_answer(settings, store, task, step="documents", item="staff", reason="x" * 90, as_of=today)
    page.goto(f"{site.address}/d")
    assert [state(page, key) for key in ("kms", "iban", "staff", "note", "bank", "card")] == [
        "received",
        "accepted",
        "returned",
        "not_applicable",
        "received",
        "open",
    ]
    look.at("received")

    other = device(language)
    press_button(other, site.link_of(client))
    look.at("code", other)
    other.locator("main button").last.click()
    other.locator("#code").fill("12")
    other.locator("#code").press("Enter")
    other.locator("#problem").wait_for()
    look.at("code-error", other)
    assert look.faults == []


def test_d7_without_script_everything_is_answered_and_nothing_typed_is_lost(site, device):
    page = device(java_script_enabled=False, viewport={"width": 320, "height": 800})
    press_button(page, site.link_of("PLAIN"))
    assert page.locator("section.item").count() == len(ITEMS)
    assert {state(page, one["key"]) for one in ITEMS} == {"open"}

    assert answer(page, "kms", "douze") == 422
    field = section(page, "kms").locator('[name="value"]')
    assert field.input_value() == "douze"
    words = section(page, "kms").locator(".problem")
    assert "pas un nombre" in words.inner_text()
    assert field.get_attribute("aria-describedby") == words.get_attribute("id")
    assert page.title().startswith("Erreur\N{NO-BREAK SPACE}:")
    assert state(page, "kms") == "open"
    assert answer(page, "kms", "12 500,5") == 303
    assert re.sub(r"\s", " ", section(page, "kms").locator(".value").inner_text()) == "Votre réponse : 12 500,5"

    assert answer(page, "began", "31/2/27") == 422
    assert section(page, "began").locator('[name="value"]').input_value() == "31/2/27"
    assert answer(page, "began", "1/2/27") == 303
    assert "lundi 1er février 2027" in section(page, "began").inner_text()

    assert answer(page, "iban", "FR76 3000 6000 0112 3456 7890 188") == 422
    assert answer(page, "iban", IBAN) == 303
    assert submit(page, "staff") == 422, "nothing is chosen"
    section(page, "staff").get_by_label("Oui").check()
    assert submit(page, "staff") == 303
    section(page, "regime").get_by_label("Simplifié").check()
    assert submit(page, "regime") == 303
    assert "Simplifié" in section(page, "regime").locator(".value").inner_text()

    section(page, "note").locator("form > details > summary").click()
    section(page, "note").locator('[name="not_applicable"]').fill("Rien à dire")
    section(page, "note").locator('button[value="not_applicable"]').click()
    assert state(page, "note") == "not_applicable"
    assert "Rien à dire" in section(page, "note").inner_text()

    day = site.office.settings.today() + timedelta(days=3)
    section(page, "card").locator("form > details > summary").click()
    section(page, "card").locator('[name="promised_on"]').fill(f"{day:%d/%m/%Y}")
    section(page, "card").locator('button[value="promise"]').click()
    assert state(page, "card") == "open", "a promise is no answer (R7)"
    assert section(page, "card").locator(".state").inner_text().startswith("… Annoncé pour le ")

    section(page, "bank").locator('[type="file"]').set_input_files(upload("juillet.pdf", "août.jpg"))
    assert submit(page, "bank") == 303
    files = section(page, "bank").locator(".files li > span").all_inner_texts()
    assert [one.partition(" (")[0] for one in files] == ["juillet.pdf", "août.jpg"]
    assert {one["key"]: state(page, one["key"]) for one in ITEMS} == {
        **dict.fromkeys(("bank", "iban", "kms", "began", "staff", "regime"), "received"),
        "card": "open",
        "note": "not_applicable",
    }
    assert page.locator("#progress").inner_text() == "Éléments reçus\u00a0: 7 sur 8"


def test_d5_a_file_is_sent_as_it_is_chosen_and_its_progress_is_seen(site, device):
    page = device()
    press_button(page, site.link_of("SCRIPT"))
    held = []
    # The first file waits; the second goes.
    page.route("**/items/bank/files", lambda route: route.continue_() if held else held.append(route))
    section(page, "bank").locator('[type="file"]').set_input_files(upload("juillet.pdf", "août.jpg"))
    lines = section(page, "bank").locator(".uploads li")
    expect(lines).to_have_count(2)
    expect(lines.first.locator("progress")).to_have_attribute("aria-label", "juillet.pdf")
    expect(lines.first.get_by_role("button", name="Annuler")).to_be_visible()
    assert state(page, "bank") == "open"
    held[0].continue_()
    files = section(page, "bank").locator(".files li > span")
    expect(files).to_have_count(2)
    expect(files.first).to_contain_text("juillet.pdf (")
    expect(section(page, "bank")).to_have_attribute("data-state", "received")
    assert focused(page) == "item-bank"
    assert page.locator("#progress").inner_text() == "Éléments reçus\u00a0: 1 sur 8"

    section(page, "bank").get_by_role("button", name="Retirer août.jpg").click()
    expect(files).to_have_count(1)
    assert state(page, "bank") == "open", "two files are asked for"


def test_d5_a_program_is_refused_in_words_and_nothing_of_it_is_kept(site, device):
    page = device()
    press_button(page, site.link_of("REFUSED"))
    kept, rows = site.kept_files(), site.count("documents")
    with page.expect_response("**/items/bank/files") as found:
        section(page, "bank").locator('[type="file"]').set_input_files(upload("facture.exe"))
    assert found.value.status == 422
    line = section(page, "bank").locator(".uploads li")
    expect(line.get_by_role("alert")).to_contain_text("programme")
    expect(line).to_contain_text("facture.exe")
    assert (site.kept_files(), site.count("documents")) == (kept, rows)
    assert state(page, "bank") == "open"
    assert "file_received" not in site.events("REFUSED")
    assert "file_refused" in site.events("REFUSED")


def test_d5_an_expiry_date_that_is_asked_may_follow_its_file(site, device):
    page = device()
    press_button(page, site.link_of("EXPIRY"))
    section(page, "card").locator('[type="file"]').set_input_files(upload("recto.jpg"))
    expect(section(page, "card").locator(".files li")).to_have_count(1)
    assert state(page, "card") == "open"
    assert submit(page, "card") == 422
    assert section(page, "card").locator(".problem").inner_text().startswith("Écrivez aussi la date")
    section(page, "card").locator('[name="expires_on"]').fill("1/2/27")
    assert submit(page, "card") == 303
    expect(section(page, "card")).to_have_attribute("data-state", "received")
    assert "lundi 1er février 2027" in section(page, "card").inner_text()


def test_d4_what_is_typed_is_kept_as_the_field_is_left_and_is_no_answer(site, device):
    page = device()
    press_button(page, site.link_of("DRAFT"))
    field = section(page, "note").locator("textarea")
    field.fill("Nous déménageons")
    with page.expect_response("**/items/note/draft") as found:
        field.blur()
    assert found.value.ok
    expect(section(page, "note").locator(".draft")).to_have_text(re.compile("^Brouillon enregistré à "))
    page.reload()
    assert section(page, "note").locator("textarea").input_value() == "Nous déménageons"
    expect(section(page, "note").locator(".draft")).to_have_text("Brouillon : pas encore envoyé")
    assert state(page, "note") == "open"
    (task,) = site.office.tasks(relation_id="DRAFT")
    assert {one["status"] for one in task["subtasks"][0]["items"]} == {"open"}
    assert "item_saved" not in site.events("DRAFT")


def test_d7_a_client_without_a_mouse_opens_the_link_and_answers(site, device):
    page = device()
    page.goto(site.link_of("KEYS"))
    tab_to(page, page.locator("main button"), most=4)
    page.keyboard.press("Enter")
    page.wait_for_url("**/d")
    tab_to(page, section(page, "iban").locator("input[name=value]"))
    page.keyboard.type(IBAN)
    tab_to(page, section(page, "iban").locator('button[value="answer"]'), most=3)
    page.keyboard.press("Space")
    page.locator('#item-iban[data-state="received"]').wait_for()
    tab_to(page, section(page, "staff").get_by_label("Oui"))
    page.keyboard.press("Space")
    tab_to(page, section(page, "staff").locator('button[value="answer"]'), most=3)
    page.keyboard.press("Enter")
    page.locator('#item-staff[data-state="received"]').wait_for()
    tab_to(page, section(page, "note").locator("form > details > summary"))
    page.keyboard.press("Enter")
    tab_to(page, section(page, "note").locator('[name="not_applicable"]'), most=3)
    page.keyboard.type("Rien")
    tab_to(page, section(page, "note").locator('button[value="not_applicable"]'), most=3)
    page.keyboard.press("Enter")
    page.locator('#item-note[data-state="not_applicable"]').wait_for()


def test_d2_scanners_that_press_nothing_change_nothing_and_the_client_is_asked_for_no_code(site, device):
    link = site.link_of("CALM")
    sessions = site.count("page_sessions")
    with httpx.Client(trust_env=False) as scanner:
        assert scanner.head(link).status_code in (200, 405)
        answers = [scanner.get(link) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert not [one for one in answers if "set-cookie" in one.headers]
    page = device()
    page.goto(link)
    page.wait_for_load_state("networkidle")
    read = page.content()
    assert not [one for one in (NAME, "Pièces pour votre bilan", "IBAN") if one in read]
    assert page.context.cookies() == []
    assert (site.events("CALM"), site.count("page_sessions")) == ([], sessions)

    client = device()
    press_button(client, link)
    assert client.locator("section.item").count() == len(ITEMS)
    assert answer(client, "kms", "12500") == 303
    expect(section(client, "kms")).to_have_attribute("data-state", "received")
    assert site.events("CALM") == ["opened", "item_saved"]


def test_d2_a_scanner_that_presses_the_button_gets_labels_and_the_client_a_code(site, device):
    link = site.link_of("EAGER")
    scanner = device()
    press_button(scanner, link)
    read = scanner.content()
    assert "Pièces pour votre bilan" in read
    assert not [one for one in (NAME, "@client.example", link.rpartition("/")[2]) if one in read]

    client = device()
    press_button(client, link)
    assert client.locator("section.item").count() == 0
    assert client.locator("#code").count() == 0
    asked = time.monotonic()
    client.get_by_role("button", name="Envoyer le code").click()
    client.locator("#code").wait_for()
    while len(site.mails_to("EAGER")) < 2:
        assert time.monotonic() < asked + SECONDS_TO_MAIL, "no code came"
        time.sleep(0.25)
    (code,) = re.findall(r"\b\d{3} ?\d{3}\b", site.mails_to("EAGER")[1])
    client.locator("#code").fill(code)
    client.locator("#code").press("Enter")
    client.locator("section.item").first.wait_for()
    assert answer(client, "kms", "12500") == 303
    assert site.events("EAGER") == ["opened", "opened", "code_sent", "code_accepted", "item_saved"]
    scanner.reload()
    assert "12500" not in re.sub(r"\s", "", section(scanner, "kms").inner_text()), "another device sees a mask (D3)"


def test_d3_after_finishing_the_back_button_shows_nothing_and_another_browser_needs_a_code(site, device):
    page = device()
    press_button(page, site.link_of("ENDED"))
    assert answer(page, "iban", IBAN) == 303
    secret = {one["name"]: one["value"] for one in page.context.cookies()}
    page.get_by_role("button", name="Terminer").click()
    page.get_by_role("heading", name="À bientôt").wait_for()
    assert page.context.cookies() == []
    assert httpx.get(f"{site.address}/d", cookies=secret, trust_env=False).status_code == 403, "nor to who kept it"
    for _ in range(3):
        page.go_back()
        page.wait_for_load_state()
        read = page.content()
        assert not [one for one in ("Pièces pour votre bilan", "IBAN", "7890") if one in read], page.url
        if page.url.endswith(site.link_of("ENDED")):
            break
    page.goto(f"{site.address}/d")
    assert page.locator("section.item").count() == 0

    other = device()
    assert other.goto(f"{site.address}/d").status == 403
    press_button(other, site.link_of("ENDED"))
    assert other.locator("section.item").count() == 0
    other.get_by_role("button", name="Envoyer le code").wait_for()


def test_d5_an_expiry_date_that_is_typed_before_its_file_is_chosen_is_not_lost(site, device):
    page = device()
    press_button(page, site.link_of("BEFORE"))
    section(page, "card").locator('[name="expires_on"]').fill("1/2/27")
    section(page, "card").locator('[type="file"]').set_input_files(upload("recto.jpg"))
    expect(section(page, "card").locator(".files li")).to_have_count(1)
    typed = section(page, "card").locator('[name="expires_on"]')
    assert state(page, "card") == "received" or typed.input_value() == "1/2/27"


def test_d4_a_file_that_is_refused_beside_one_that_came_leads_to_no_conflict(site, device):
    page = device()
    press_button(page, site.link_of("MIXED"))
    section(page, "card").locator('[type="file"]').set_input_files(upload("recto.pdf", "verso.exe"))
    expect(section(page, "card").get_by_role("alert")).to_contain_text("programme")
    section(page, "card").locator('[name="expires_on"]').fill("1/2/27")
    assert submit(page, "card") == 303, "nobody else changed it meanwhile"
    expect(section(page, "card")).to_have_attribute("data-state", "received")


def test_d4_a_draft_that_comes_after_its_answer_is_dropped(site, device):
    page = device()
    press_button(page, site.link_of("LATE"))
    held = []
    page.route("**/items/note/draft", lambda route: held.append(route))  # noqa: PLW0108 - needs attributes
    assert answer(page, "note", "Bonjour") == 303
    late = held[0].request
    assert page.request.post(late.url, data=late.post_data, headers=late.headers).status < 500
    page.goto(f"{site.address}/d")
    expect(section(page, "note")).to_have_attribute("data-state", "received")
    assert section(page, "note").locator(".draft").count() == 0


def test_d7_a_field_that_is_wrong_has_the_colour_of_the_words_beside_it(site, device):
    page = device()
    press_button(page, site.link_of("RED"))
    assert answer(page, "kms", "douze") == 422
    colour = section(page, "kms").locator(".problem").evaluate("e => getComputedStyle(e).color")
    border = section(page, "kms").locator('[name="value"]').evaluate("e => getComputedStyle(e).borderTopColor")
    assert border == colour
