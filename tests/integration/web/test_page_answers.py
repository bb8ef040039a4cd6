"""Answers on the page: saved item by item, as people type them, for one session in full and for others masked (D3, D4, D6)."""

from datetime import date, timedelta

import pytest
from page_client import ITEMS, Pages, ask, link_in, mails, pdf
from sqlalchemy import select, text

from factories import TUESDAY, relation
from flows.jobs.requests import accept_answers, return_answer
from sql import schema


@pytest.fixture
def opened(pages):
    pages.open(link_in(mails(pages.office)[0]))
    return pages


@pytest.fixture
def any_opened(any_pages):
    any_pages.open(link_in(mails(any_pages.office)[0]))
    return any_pages


def item(pages, key):
    i = schema.request_items.c
    with pages.office.store.begin() as connection:
        return dict(connection.execute(select(schema.request_items).where(i.key == key)).mappings().one())


def field(pages, name):
    f = schema.relation_fields.c
    with pages.office.store.begin() as connection:
        return connection.execute(select(f.value, f.expires_on).where(f.field == name)).one_or_none()


def test_d4_every_item_is_saved_by_itself_and_the_last_required_one_completes(any_opened):
    pages = any_opened
    assert pages.states() == {one["key"]: "open" for one in ITEMS}
    said = [
        pages.send("kms", value="12 500"),
        pages.send("start", value="1/2/27"),
        pages.send("iban", value="FR76 3000 6000 0112 3456 7890 189"),
        pages.send("vat", value="yes"),
        pages.send("regime", not_applicable="Je suis salarié", do="not_applicable"),
        pages.send("card", files=[("file", ("carte.pdf", pdf(), "application/pdf"))], expires_on="31.12.2030"),
        pages.send("bank", files=[("file", (f"{n}.txt", f"relevé {n}".encode(), "text/plain")) for n in (1, 2)]),
    ]
    assert [(answer.status_code, answer.headers["location"]) for answer in said] == [(303, "/d")] * 7
    assert pages.states() == {one["key"]: "received" for one in ITEMS} | {"regime": "not_applicable", "other": "open"}
    assert "Merci, nous avons tout reçu" in pages.get("/d").text
    (task,) = pages.office.tasks()
    assert task["status"] == "ready"
    assert field(pages, "annual_km").value == "12500"
    assert field(pages, "id_card").expires_on == date(2030, 12, 31)
    assert field(pages, "iban").value == "FR7630006000011234567890189"
    accept_answers(pages.office.settings, pages.office.store, 1, step="documents", item=None, as_of=TUESDAY)
    assert pages.office.tasks()[0]["status"] == "done"


def test_an_answer_stops_the_reminder_that_was_due(opened, moment):
    for key, value in (("kms", "1"), ("start", "1/2/27"), ("iban", "x"), ("vat", "no")):
        opened.send(key, not_applicable="non" if key == "iban" else "", value="" if key == "iban" else value)
    for key in ("regime", "card", "bank"):
        opened.send(key, not_applicable="non")
    moment.forward(days=7)
    opened.office.night(TUESDAY + timedelta(days=7))
    assert "Rappel" not in [mail["Subject"][:6] for mail in mails(opened.office)]


@pytest.mark.parametrize(
    ("language", "key", "typed", "stored", "read_back"),
    [
        ("fr", "kms", "1 234,5", "1234.5", "1\u202f234,5"),
        ("nl", "kms", "1.234,5", "1234.5", "1.234,5"),
        ("en", "kms", "1,234.5", "1234.5", "1,234.5"),
        ("fr", "start", "1er février 2027", "2027-02-01", "lundi 1er février 2027"),
        ("nl", "start", "1-2-27", "2027-02-01", "maandag 1 februari 2027"),
        ("en", "start", "01.02.2027", "2027-02-01", "Monday, 1 February 2027"),
    ],
)
def test_numbers_and_dates_are_taken_as_people_type_them_and_read_back(opened, language, key, typed, stored, read_back):
    action, fields = opened.form("/language")
    opened.post(action, fields | {"language": language})
    assert opened.send(key, value=typed).status_code == 303
    assert item(opened, key)["value"] == stored
    shown = opened.get("/d")
    assert f'lang="{language}"' in shown.text
    assert read_back in shown.text


@pytest.mark.parametrize(
    ("key", "typed", "words"),
    [
        ("kms", "beaucoup", "Ce n’est pas un nombre"),
        ("kms", "1.234", "se lire de deux façons"),
        ("start", "31/02/2027", "Cette date n’existe pas"),
        ("iban", "FR76 3000 6000 0112 3456 7890 188", "Ce numéro n’est pas valable"),
        ("vat", "peut-être", "oui ou non"),
        ("regime", "autre", "Choisissez une des réponses"),
        ("kms", "", "Écrivez votre réponse"),
    ],
)
def test_what_is_no_answer_is_said_beside_the_item_and_nothing_typed_is_lost(opened, key, typed, words):
    answer = opened.send(key, value=typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="problem-{key}"' in answer.text
    assert "<title>Erreur" in answer.text
    if key in ("kms", "start") and typed:
        assert f'value="{typed}"' in answer.text
    assert opened.states()[key] == "open"


def test_d4_the_second_of_two_people_is_told_and_keeps_what_he_typed(any_pages):
    path = link_in(mails(any_pages.office)[0])
    other = any_pages.other()
    any_pages.open(path)
    action, fields = any_pages.form("/items/kms")
    assert any_pages.send("kms", value="100").status_code == 303
    late = any_pages.post(action, fields | {"value": "200"})
    assert late.status_code == 409
    assert 'value="200"' in late.text
    assert item(any_pages, "kms")["value"] == "100"
    action, fields = any_pages.form("/items/kms")
    assert any_pages.post(action, fields | {"value": "200"}).status_code == 303
    assert other.get("/d").status_code == 403


def test_d3_stored_values_are_masked_for_every_other_session(pages, moment):
    ask_link = link_in(mails(pages.office)[0])
    pages.open(ask_link)
    pages.send("iban", value="FR76 3000 6000 0112 3456 7890 189")
    assert "FR7630006000011234567890189" in pages.get("/d").text
    pages.office.edit("firm.yaml", "\nweb:\n", "\nweb:\n  check: link\n")
    other = Pages(pages.office, moment)
    shown = other.open(ask_link).text
    assert "FR7630006000011234567890189" not in shown
    assert "FR76 •••• 0189" in shown


def test_u4_what_the_firm_knows_is_shown_masked_and_confirmed_with_one_click(any_opened):
    shown = any_opened.get("/d").text
    assert "FR76 •••• 0189" in shown
    assert any_opened.send("iban", do="still_correct").status_code == 303
    assert item(any_opened, "iban")["value"] == "FR7630006000011234567890189"
    assert any_opened.send("card", do="still_correct").status_code == 303
    assert (item(any_opened, "card")["status"], item(any_opened, "card")["expires_on"]) == (
        "received",
        date(2027, 3, 1),
    )
    assert any_opened.send("start", do="still_correct").status_code == 422


def test_a_document_is_confirmed_only_while_its_expiry_date_is_ahead(sqlite_office, moment):
    ask(sqlite_office, relation("R1", TUESDAY.isoformat(), owner_id="U1"))
    pages = Pages(sqlite_office, moment)
    pages.open(link_in(mails(sqlite_office)[0]))
    assert "still_correct" not in pages.get("/d").text
    assert pages.send("card", do="still_correct").status_code == 422
    assert pages.states()["card"] == "open"


def test_an_item_is_promised_for_a_day_twice_at_most(opened):
    for day in ("27/11/2026", "30/11/2026"):
        assert opened.send("kms", promised_on=day, do="promise").status_code == 303
    assert "Annoncé pour le lundi 30 novembre 2026" in opened.get("/d").text
    assert item(opened, "kms")["promised_on"] == date(2026, 11, 30)
    assert opened.send("kms", promised_on="01/12/2026", do="promise").status_code == 422
    assert opened.send("start", promised_on="01/12/2028", do="promise").status_code == 422
    assert opened.send("start", promised_on="demain", do="promise").status_code == 422


def test_r3_a_draft_is_shown_again_and_is_no_answer(any_opened):
    action, fields = any_opened.form("/items/other")
    kept = any_opened.post(f"{action}/draft", fields | {"value": "À voir <b>"})
    assert kept.text == "Brouillon enregistré à 12 h 00"
    shown = any_opened.get("/d").text
    assert "À voir &lt;b&gt;</textarea>" in shown
    assert any_opened.states()["other"] == "open"
    any_opened.send("other", value="Voilà")
    with any_opened.office.store.begin() as connection:
        assert connection.execute(select(schema.drafts)).all() == []


def test_a_returned_item_is_first_with_its_reason_and_is_answered_again(any_opened):
    any_opened.send("kms", value="100")
    office = any_opened.office
    return_answer(office.settings, office.store, 1, step="documents", item="kms", reason="Pour 2026", as_of=TUESDAY)
    assert next(iter(any_opened.states().items())) == ("kms", "returned")
    assert "Pour 2026" in any_opened.get("/d").text
    assert any_opened.send("kms", value="110").status_code == 303
    assert any_opened.states()["kms"] == "received"


def test_an_accepted_item_cannot_be_changed_and_a_closed_request_neither(any_opened):
    any_opened.send("kms", value="100")
    form = any_opened.form("/items/kms")
    accept_answers(any_opened.office.settings, any_opened.office.store, 1, step="documents", item="kms", as_of=TUESDAY)
    assert any_opened.post(form[0], {"form": form[1]["form"], "value": "5"}).status_code == 422
    with any_opened.office.store.begin() as connection:
        connection.execute(text("UPDATE follow_up_tasks SET status = 'cancelled', closed_on = '2026-11-24'"))
    late = any_opened.post(form[0].replace("kms", "start"), {"form": form[1]["form"], "value": "1/1/27"})
    assert (late.status_code, "close entre-temps" in late.text) == (422, True)
    assert item(any_opened, "start")["status"] == "open"


def test_a_persons_other_requests_are_one_click_away_and_each_form_answers_its_own(sqlite_office, moment):
    ask(sqlite_office)
    sqlite_office.define(
        "year",
        label="Bilan",
        subtasks=[
            {
                "key": "documents",
                "kind": "request",
                "label": "Pièces de l'année",
                "message": "request_documents",
                "items": [{"key": "kms", "label": "Kilomètres de l'an", "type": "number"}],
                "send": {"from": "creation"},
            }
        ],
        schedules=[{"key": "y", "anchor": "period", "starts_on": TUESDAY.isoformat(), "frequency": "yearly"}],
    )
    sqlite_office.assign("year/y", "R1", since=TUESDAY)
    sqlite_office.night(TUESDAY)
    first, second = (link_in(mail) for mail in mails(sqlite_office))
    pages = Pages(sqlite_office, moment)
    pages.open(first)
    of_first = pages.form("/items/kms")
    moment.forward(minutes=1)
    assert "Kilomètres de l&#39;an" in pages.open(second).text
    assert "Pièces du mois" in pages.get("/d").text
    assert pages.post(of_first[0], of_first[1] | {"value": "7"}).status_code == 303
    with sqlite_office.store.begin() as connection:
        i = schema.request_items.c
        assert connection.execute(select(i.task_id).where(i.value == "7")).scalars().all() == [1]


REGIMES = [{"fr": "Franchise", "nl": "Vrijstelling", "en": "Exempt"}, "Micro"]


def test_k3_options_are_in_the_clients_language_and_stored_as_the_firms(office, moment):
    ask(
        office,
        relation("R1", "2027-03-01", language="nl"),
        items=[
            {"key": "regime", "label": "Régime", "type": "choice", "options": REGIMES},
            {"key": "rest", "label": "Reste", "type": "text"},
        ],
        web="  check: link\n",
    )
    pages = Pages(office, moment)
    shown = pages.open(link_in(mails(office)[0])).text
    assert '<input type="radio" name="value" value="Franchise"> Vrijstelling</label>' in shown
    assert "Exempt" not in shown
    assert pages.send("regime", value="Franchise").status_code == 303
    assert item(pages, "regime")["value"] == "Franchise"
    assert "<strong>Vrijstelling" in pages.get("/d").text
    other = pages.other()
    other.open(link_in(mails(office)[0]))
    assert "<strong>Vrijstelling" in other.get("/d").text
    assert pages.send("regime", value="vrijstelling").status_code == 303
    assert item(pages, "regime")["value"] == "Franchise"


def test_an_iban_is_read_back_in_fours_and_masked_to_others(opened):
    assert opened.send("iban", value="fr7630006000011234567890189").status_code == 303
    assert "FR76 3000 6000 0112 3456 7890 189" in opened.get("/d").text
    other = opened.other()
    object.__setattr__(opened.web.settings.firm.web, "check", "link")
    other.open(link_in(mails(opened.office)[0]))
    shown = other.get("/d").text
    assert "FR76 •••• 0189" in shown
    assert "3000" not in shown


def test_the_hint_of_files_lists_the_types_only_where_the_item_does(opened):
    shown = opened.get("/d").text
    assert "PDF, photos, fichiers Office ou texte, 25\u00a0Mo au plus" in shown.replace(" Mo", "\u00a0Mo")
    assert "PDF, JPEG, PNG, TXT" in shown
    assert "ODS" not in shown
