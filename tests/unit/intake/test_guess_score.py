"""The guess on the corpus of exports: right or in doubt, also where a product's own words are not known."""

import pytest
from guess_score import answers, lists, score_file, score_list, score_values_of

from tasks.domain.intake.guess.candidates import spelling_table
from tasks.domain.intake.guess.known_titles import meaning_of
from tasks.intake.known_titles import known_titles

LEAST_RIGHT, LEAST_RIGHT_WITHOUT = 0.9, 0.7


@pytest.fixture(scope="module", params=[False, True], ids=["every word known", "without the product's words"])
def scores(request):
    return request.param, {path.stem: score_file(path, request.param) for path in answers()}


def test_no_column_of_the_corpus_is_silently_wrong(scores):
    assert {name: score.silent for name, score in scores[1].items() if score.silent or score.kind_is_silent} == {}


def test_most_columns_of_the_corpus_are_right(scores):
    is_without, found = scores
    right = sum(len(score.right) for score in found.values())
    every = right + sum(len(score.doubted) + len(score.silent) for score in found.values())
    assert right >= (LEAST_RIGHT_WITHOUT if is_without else LEAST_RIGHT) * every


def test_the_corpus_has_many_products_kinds_and_languages():
    every = answers().values()
    assert (len(every) >= 60, len({answer["product"] for answer in every}) >= 25) == (True, True)
    assert {answer["kind"] for answer in every} == {
        "relations", "users", "missions", "mission_services", "activities", "leads",
    }  # fmt: skip
    assert {answer["language"] for answer in every} == {"fr", "nl", "en", "de"}


@pytest.mark.parametrize("is_without", [False, True], ids=["every value known", "without the product's values"])
def test_no_value_of_the_corpus_is_silently_wrong(is_without):
    found = {path.stem: score_values_of(path, is_without) for path in answers()}
    assert {(name, column) for name, of in found.items() for column, score in of.items() if score.silent} == set()
    scores = [score for of in found.values() for score in of.values()]
    right = sum(len(score.right) for score in scores)
    every = right + sum(len(score.asked) for score in scores)
    assert right >= (0.5 if is_without else LEAST_RIGHT) * every


def test_choices_that_products_offer_mean_what_they_say_or_are_asked_about():
    found = {(one["product"], one["title"]): score_list(one) for one in lists()}
    assert {name: score.silent for name, score in found.items() if score.silent} == {}
    right = sum(len(score.right) for score in found.values())
    assert right >= LEAST_RIGHT * sum(len(one["values"]) for one in lists())


@pytest.mark.parametrize(
    ("value", "meaning"),
    [("GmbH", "company"), ("S.A.R.L.", "company"), ("B.V.", "company"), ("N.V.", "company"), ("Mme.", "person"),
     ("e.K.", "sole_trader"), ("S X", None), ("", None)],
)  # fmt: skip
def test_a_value_is_known_with_its_full_stops_and_capitals(value, meaning):
    assert meaning_of(spelling_table(known_titles(), "type"), value) == meaning
