"""Types of files: what a name and an item allow, and texts for every refusal in three languages."""

import string

import pytest

from tasks.domain.requests.files import (
    KINDS,
    NOTES,
    OTHER_KINDS,
    REFUSALS,
    TEXT,
    RefusedFile,
    accepted_kinds,
    check_kind,
    refusal_text,
)
from tasks.translations import read_words

EXAMPLES = {"kind": "html", "other": "archive", "accepted": ("pdf", "jpeg"), "ending": "pdf", "limit": 40}


@pytest.mark.parametrize(
    ("accept", "kinds"),
    [
        ([], KINDS),
        (["pdf", "jpg"], ("pdf", "jpeg")),
        ([".PDF", "tif"], ("pdf", "tiff")),
        (["zip"], ()),
    ],
)
def test_an_item_accepts_types_of_the_closed_list_only(accept, kinds):
    assert accepted_kinds(accept) == kinds


@pytest.mark.parametrize(
    ("found", "ending", "accept", "kind"),
    [
        ("pdf", "pdf", [], "pdf"),
        ("pdf", "", [], "pdf"),
        ("jpeg", "jpg", ["jpeg"], "jpeg"),
        ("heic", "jpg", ["heic"], "heic"),
        ("heic", "heic", ["jpg"], "heic"),
        ("tiff", "tif", ["pdf"], "tiff"),
        (TEXT, "csv", [], "csv"),
        (TEXT, "", ["txt"], "txt"),
    ],
)
def test_a_type_that_agrees_with_its_name_is_taken(found, ending, accept, kind):
    assert check_kind(found, ending, accepted_kinds(accept)) == kind


@pytest.mark.parametrize(
    ("found", "ending", "accept", "code"),
    [
        ("html", "pdf", [], "type_differs_from_name"),
        ("html", "html", [], "type_not_accepted"),
        ("svg", "", [], "type_not_accepted"),
        ("jpeg", "heic", [], "type_differs_from_name"),
        ("jpeg", "pdf", [], "type_differs_from_name"),
        ("pdf", "xyz", [], "type_differs_from_name"),
        (TEXT, "log", [], "type_differs_from_name"),
        ("png", "png", ["pdf"], "type_not_accepted"),
        ("heic", "heic", ["png"], "type_not_accepted"),
        ("program", "pdf", [], "is_executable"),
        (TEXT, "bat", [], "is_executable"),
        ("pdf", "exe", [], "is_executable"),
        ("shortcut", "pdf", [], "is_shortcut"),
        (TEXT, "url", [], "is_shortcut"),
        ("unknown", "icloud", [], "is_shortcut"),
        ("pdf", "pdf", ["zip"], "type_not_accepted"),
    ],
)
def test_a_type_that_differs_from_its_name_or_is_not_wanted_is_refused(found, ending, accept, code):
    with pytest.raises(RefusedFile) as refused:
        check_kind(found, ending, accepted_kinds(accept))
    assert refused.value.code == code


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_every_refusal_type_and_note_has_its_words(language):
    words = read_words(language)["refused_files"]
    assert set(words) == {*REFUSALS, "kinds", "notes"}
    assert set(words["kinds"]) == {*KINDS, *OTHER_KINDS, TEXT}
    assert set(words["notes"]) == set(NOTES)
    for code, named in REFUSALS.items():
        assert {field for _, field, _, _ in string.Formatter().parse(words[code]) if field} <= set(named)
        error = RefusedFile(code, **{name: EXAMPLES[name] for name in named})
        assert "{" not in refusal_text(error, words)


def test_a_refusal_names_types_in_the_clients_words():
    error = RefusedFile("type_not_accepted", kind="html", accepted=("pdf", "jpeg"))
    text = refusal_text(error, read_words("fr")["refused_files"])
    assert text == "Ce type de fichier (page web) ne convient pas ici. Envoyez l'un de ceux-ci\u00a0: PDF, photo JPEG."


def test_french_puts_a_hard_blank_before_double_punctuation():
    words = read_words("fr")["refused_files"]
    texts = [words[code] for code in REFUSALS]
    assert [text for text in texts for mark in ":;!?»" if f" {mark}" in text or f"« {mark}" in text] == []


def test_a_refusal_with_other_details_than_its_text_names_is_a_mistake():
    with pytest.raises(ValueError, match="is not a reason"):
        RefusedFile("empty", kind="pdf")
