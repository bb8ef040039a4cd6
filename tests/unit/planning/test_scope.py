"""The part of a firm's work that a run is for."""

import pandas as pd
import pytest

from tasks.domain.scope import EVERYTHING, Scope

ROWS = pd.DataFrame({"relation_id": ["R1", "R2", "R1"], "n": [1, 2, 3]})


@pytest.mark.parametrize(
    ("scope", "left"),
    [(EVERYTHING, [1, 2, 3]), (Scope(relations=frozenset({"R1"})), [1, 3]), (Scope(relations=frozenset()), [])],
)
def test_s1_a_scope_of_relations_leaves_their_rows_numbered_anew(scope, left):
    found = scope.of(ROWS)
    assert found["n"].tolist() == left
    assert found.index.tolist() == list(range(len(left)))


@pytest.mark.parametrize("scope", [Scope("a/b"), Scope(relations=frozenset({"R1"})), Scope(task_id=1)])
def test_anything_that_restricts_is_not_the_whole(scope):
    assert EVERYTHING.is_whole
    assert not scope.is_whole


def test_the_schedule_is_given_by_template_and_key():
    assert Scope("id-card/renewal").schedule_key == ("id-card", "renewal")
    assert EVERYTHING.schedule_key == (None, None)
