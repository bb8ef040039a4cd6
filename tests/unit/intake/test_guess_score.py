"""The guess on the corpus of exports: right or in doubt, also where a product's own words are not known."""

import pytest
from guess_score import answers, score_file

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
