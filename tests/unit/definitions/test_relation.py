"""What a relation may be is stated once; the suites, which are data, say the same."""

import json
from pathlib import Path

import pytest

from tasks.domain.definitions.firm import ADDRESS
from tasks.domain.definitions.relation import RELATION_STATUSES, RELATION_TYPES

SUITES = Path(__file__).parents[3] / "expectations"


def arguments(suite, kind, column):
    """The arguments of a suite's expectations of a kind on a column."""
    expectations = json.loads((SUITES / f"{suite}.json").read_text(encoding="utf-8"))["expectations"]
    return [e["kwargs"] for e in expectations if (e["type"], e["kwargs"].get("column")) == (kind, column)]


@pytest.mark.parametrize(("column", "values"), [("type", RELATION_TYPES), ("status", RELATION_STATUSES)])
def test_the_suite_takes_the_same_types_and_statuses(column, values):
    (found,) = arguments("relations", "expect_column_values_to_be_in_set", column)
    assert tuple(found["value_set"]) == values


@pytest.mark.parametrize("suite", ["relations", "users"])
def test_the_suites_take_the_same_addresses(suite):
    found = arguments(suite, "expect_column_values_to_match_regex", "email")
    assert ADDRESS in [expectation["regex"] for expectation in found]
