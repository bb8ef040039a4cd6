"""Rendering: escaped, sandboxed, strict, in the reader's language; snapshots of the shipped messages."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tasks.domain.definitions.yaml_models import DefinitionError
from tasks.mail.render import SHIPPED, Catalogue, MergeFieldMissing, Renderer, UnsafeMail
from tasks.mail.transport.base import OutgoingMessage

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
FIRM = {"name": "Cabinet Test", "email": "contact@cabinet.example"}
MERGE = {
    "relation": {"name": "Jeanne Martin", "email": "jeanne@martin.example"},
    "company": {"name": None},
    "owner": {"first_name": "Luc", "last_name": "Petit"},
    "task": {"label": "Carte d'identité", "due_on": date(2026, 12, 1), "is_overdue": False},
    "request": {},
}


@pytest.fixture
def catalogue(tmp_path):
    def make(**parts: str):
        folder = tmp_path / "messages" / "mine" / "fr"
        folder.mkdir(parents=True)
        for part, text in ({"subject": "S", "text": "T", "html": "<p>H</p>"} | parts).items():
            name = {"subject": "subject.txt", "text": "body.txt", "html": "body.html"}[part]
            (folder / name).write_text(text, encoding="utf-8")
        return Catalogue().add_folder(SHIPPED, "shipped").add_folder(tmp_path / "messages", "messages")

    return make


def render(catalogue, message="mine", language="fr", **changes):
    return Renderer(catalogue, FIRM, "fr").render(message, language, MERGE | changes)


def whole(renderer, mail):
    layout, noon = renderer.layout(mail.language), datetime(2026, 11, 24, 12, tzinfo=UTC)
    letter = OutgoingMessage(
        1, "", "", mail.subject, layout, mail.body_text.strip(), mail.body_html, mail.language, noon
    )
    return letter.text, letter.html


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
@pytest.mark.parametrize("state", ["ahead", "overdue"])
def test_the_shipped_message_reads_as_it_did(language, state, request):
    renderer = Renderer(Catalogue().add_folder(SHIPPED, "shipped"), FIRM, "fr")
    task = MERGE["task"] | {"is_overdue": state == "overdue"}
    mail = renderer.render("request_documents", language, MERGE | {"task": task})
    text, html = whole(renderer, mail)
    for ending, found in (("txt", f"{mail.subject}\n\n{text}"), ("html", html)):
        kept = SNAPSHOTS / f"request_documents.{language}.{state}.{ending}"
        if request.config.getoption("--keep-snapshots"):
            kept.write_text(found, encoding="utf-8")
        assert found == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_a_request_names_itself_and_its_items_and_not_the_firms_task(language, request):
    renderer = Renderer(Catalogue().add_folder(SHIPPED, "shipped"), FIRM, "fr")
    items = [
        {"key": "bank", "label": "Relevés bancaires", "type": "document"},
        {"key": "kms", "label": "Kilomètres <km>"},
    ]
    asked = MERGE | {"request": {"label": "Vos pièces du mois", "open_items": items}}
    mail = renderer.render("request_documents", language, asked)
    text, html = whole(renderer, mail)
    for ending, found in (("txt", f"{mail.subject}\n\n{text}"), ("html", html)):
        kept = SNAPSHOTS / f"request_documents.{language}.request.{ending}"
        if request.config.getoption("--keep-snapshots"):
            kept.write_text(found, encoding="utf-8")
        assert found == kept.read_text(encoding="utf-8")
    assert "Carte d'identité" not in text + mail.subject
    assert "Kilomètres &lt;km&gt;" in html


ITEMS = [
    {"key": "bank", "label": "Relevés bancaires", "note": None},
    {"key": "kms", "label": "Kilomètres <km>", "note": "Le mois de mai manque"},
]
ASKED = MERGE | {"request": {"label": "Vos pièces du mois", "open_items": ITEMS, "received": 3, "total": 5}}
CAME = [
    {"label": "Relevés bancaires", "request": "Pièces du mois", "relation": "Jeanne Martin"},
    {"label": "Kilomètres <km>", "request": None, "relation": "Dupont SARL"},
]
PARTS = [{"subject": "Pièces", "body": "Il manque : A"}, {"subject": "Rappel : <TVA>", "body": "Il manque : B"}]
SENT = {
    "reminder": ASKED,
    "reminder_started": ASKED,
    "returned": ASKED,
    "update_request": ASKED,
    "received": MERGE | {"received": {"on": date(2026, 11, 24), "answers": CAME}},
    "answers_received": MERGE | {"received": {"on": date(2026, 11, 24), "answers": CAME}},
    "digest": {"digest": {"opening": "Bonjour Jeanne Martin,", "closing": "Bien cordialement", "parts": PARTS}},
}


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
@pytest.mark.parametrize("message", sorted(SENT))
def test_each_message_about_a_request_reads_as_it_did(message, language, request):
    renderer = Renderer(Catalogue().add_folder(SHIPPED, "shipped"), FIRM, "fr")
    mail = renderer.render(message, language, SENT[message])
    text, html = whole(renderer, mail)
    assert "<km>" not in html
    assert "<TVA>" not in html
    for ending, found in (("txt", f"{mail.subject}\n\n{text}"), ("html", html)):
        kept = SNAPSHOTS / f"{message}.{language}.{ending}"
        if request.config.getoption("--keep-snapshots"):
            kept.write_text(found, encoding="utf-8")
        assert found == kept.read_text(encoding="utf-8")


def test_html_is_escaped_and_text_is_not(catalogue):
    mail = render(catalogue(text="{{ relation.name }}", html="<p>{{ relation.name }}</p>"), relation={"name": "<b>&"})
    assert mail.body_text == "<b>&\n"
    assert "&lt;b&gt;&amp;" in mail.body_html


@pytest.mark.parametrize(
    "printed",
    ["{{ relation.nom }}", "{{ company.name }}", "{{ nothing }}", "{{ task.until | date }}", "{{ mission.name }}"],
)
def test_m8_a_field_that_is_unknown_or_empty_stops_the_mail(catalogue, printed):
    with pytest.raises(MergeFieldMissing):
        render(catalogue(text=printed))


def test_a_field_may_be_asked_for_before_it_is_printed(catalogue):
    mail = render(catalogue(text="{% if company.name %}{{ company.name }}{% else %}none{% endif %}"))
    assert mail.body_text == "none\n"


@pytest.mark.parametrize("name", ["A\r\nBcc: x@y.example", "A\nB", "A\x00B"])
def test_a_line_break_never_reaches_a_subject(catalogue, name):
    with pytest.raises(UnsafeMail):
        render(catalogue(subject="{{ relation.name }}"), relation={"name": name})


def test_a_no_break_space_may_stand_in_a_subject(catalogue):
    assert render(catalogue(subject="Carte\u00a0: rappel")).subject == "Carte\u00a0: rappel"


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ relation.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ relation.update({'name': 'x'}) }}",
    ],
)
def test_a_template_cannot_reach_python(catalogue, attack):
    with pytest.raises((UnsafeMail, MergeFieldMissing)):
        render(catalogue(text=attack))


def test_the_first_of_a_month_is_written_as_the_french_write_it(catalogue):
    assert render(catalogue(text="{{ task.due_on | date }}")).body_text == "1er décembre 2026\n"


def test_no_other_day_is_the_first(catalogue):
    task = MERGE["task"] | {"due_on": date(2026, 12, 11)}
    assert render(catalogue(text="{{ task.due_on | date }}"), task=task).body_text == "11 décembre 2026\n"


def test_css_is_inlined(catalogue):
    assert 'style="font-weight: bold;"' in render(catalogue(html='<p><span class="what">x</span></p>')).body_html


def test_a_message_that_does_not_parse_is_named_with_its_line(catalogue):
    with pytest.raises(DefinitionError, match=r"messages/mine/fr/body\.txt:2"):
        catalogue(text="ok\n{% if %}")


@pytest.mark.parametrize(
    "computed", ["{{ 1 / 0 }}", "{{ relation.name | date }}", "{{ 'a' + 1 }}", "{{ relation.name.nothing() }}"]
)
def test_m8_a_message_that_fails_on_one_relation_stops_that_mail_alone(catalogue, computed):
    with pytest.raises((UnsafeMail, MergeFieldMissing)):
        render(catalogue(text=computed))


def test_an_unknown_filter_is_named_before_the_night(catalogue):
    with pytest.raises(DefinitionError, match=r"messages/mine/fr/body\.txt:1: No filter named 'datee'"):
        catalogue(text="{{ task.due_on | datee }}")


def test_a_message_that_is_not_utf_8_is_named(catalogue, tmp_path):
    folder = tmp_path / "messages" / "other" / "fr"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_bytes(b"\xe9")
    with pytest.raises(DefinitionError, match=r"other/fr/subject\.txt:1: not UTF-8"):
        catalogue()


def test_a_folder_that_is_no_language_is_named(catalogue, tmp_path):
    folder = tmp_path / "messages" / "other" / "fr-BE"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("x", encoding="utf-8")
    with pytest.raises(DefinitionError, match="'fr-BE' is not a language folder"):
        catalogue()


def test_a_file_that_is_no_part_of_a_message_is_named(catalogue, tmp_path):
    folder = tmp_path / "messages" / "other" / "fr"
    folder.mkdir(parents=True)
    (folder / "sujet.txt").write_text("x", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"messages/other/fr/sujet\.txt:1: not a message part"):
        catalogue()


@pytest.mark.parametrize("body", ["<p>{{ firm.name }}</p>", "{{ content | upper }}", "{{ content }}{{ content }}"])
def test_a_layout_that_does_not_print_the_content_once_as_it_is_is_refused(tmp_path, body):
    folder = tmp_path / "messages" / "layout" / "fr"
    folder.mkdir(parents=True)
    (folder / "body.html").write_text(body, encoding="utf-8")
    catalogue = Catalogue().add_folder(SHIPPED, "shipped").add_folder(tmp_path / "messages", "messages")
    with pytest.raises(DefinitionError, match="messages/layout/fr/body.html:1: it must print {{ content }} once"):
        Renderer(catalogue, FIRM, "fr").layout("fr")
