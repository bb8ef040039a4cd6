"""The bulk action (P8), on both databases."""

from datetime import date

import pytest
from sqlalchemy import text

from factories import TUESDAY, relation
from tasks.planning.assignments import AssignError, Kept, RelationFilter, assign, check_start, unassign


@pytest.fixture
def firm(office):
    office.bring(
        relation("P1"),
        relation("P2", status="other"),
        relation("S1", type="sole_trader"),
        relation("C1", type="company"),
    )
    return office


def on(firm):
    with firm.store.begin() as connection:
        return connection.execute(text("SELECT relation_id FROM assignments ORDER BY 1")).scalars().all()


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        (RelationFilter(), ["C1", "P1", "P2", "S1"]),
        (RelationFilter(types=["person"]), ["P1", "P2"]),
        (RelationFilter(types=["person", "sole_trader"], statuses=["client"]), ["P1", "S1"]),
        (RelationFilter(relations=["C1", "P1"]), ["C1", "P1"]),
        (RelationFilter(relations=["C1", "P1"], types=["person"]), ["P1"]),
    ],
)
def test_filters_narrow_the_choice(firm, choice, chosen):
    assert assign(firm.store, "id-card", "renewal", choice, TUESDAY).changed == len(chosen)
    assert on(firm) == chosen


def test_p8_assigning_twice_changes_nothing_not_even_the_start(firm):
    assign(firm.store, "id-card", "renewal", RelationFilter(), TUESDAY)
    again = assign(firm.store, "id-card", "renewal", RelationFilter(), date(2027, 1, 1))
    assert (again.changed, again.unchanged) == (0, 4)
    with firm.store.begin() as connection:
        starts = connection.execute(text("SELECT DISTINCT CAST(start_on AS text) FROM assignments")).scalars().all()
    assert starts == ["2026-11-24"]


def test_p8_assigning_again_says_who_keeps_which_start(firm):
    firm.put_on("P1", "P2", since=date(2026, 11, 1))
    firm.put_on("S1", since=date(2026, 12, 1))
    again = assign(firm.store, "id-card", "renewal", RelationFilter(), TUESDAY)
    assert (again.changed, again.moved, again.unchanged) == (1, 0, 3)
    assert again.kept == [Kept("2026-11-01", 2, ["P1", "P2"]), Kept("2026-12-01", 1, ["S1"])]
    assert assign(firm.store, "id-card", "renewal", RelationFilter(relations=["C1"]), TUESDAY).kept == []


def test_p8_a_start_is_moved_when_it_is_asked_for(firm):
    firm.put_on("P1", since=date(2026, 11, 1))
    firm.put_on("P2", since=TUESDAY)
    unassign(firm.store, "id-card", "renewal", RelationFilter(relations=["P2"]), TUESDAY)
    did = assign(firm.store, "id-card", "renewal", RelationFilter(types=["person"]), date(2026, 12, 1), move=True)
    assert (did.changed, did.moved, did.unchanged, did.kept) == (1, 1, 0, [])
    with firm.store.begin() as connection:
        starts = connection.execute(text("SELECT DISTINCT CAST(start_on AS text) FROM assignments")).scalars().all()
    assert starts == ["2026-12-01"]


def test_a_relation_taken_off_can_be_put_on_again_from_a_new_start(firm):
    firm.put_on("P1", since=date(2026, 1, 1))
    assert unassign(firm.store, "id-card", "renewal", RelationFilter(relations=["P1"]), TUESDAY).changed == 1
    assert unassign(firm.store, "id-card", "renewal", RelationFilter(relations=["P1"]), TUESDAY).changed == 0
    assert assign(firm.store, "id-card", "renewal", RelationFilter(relations=["P1"]), TUESDAY).changed == 1
    firm.bring(relation("P1", "2026-12-01"), relation("P2"), relation("S1"), relation("C1"))
    assert firm.night().created == 1


def test_unknown_relations_are_named_and_the_others_go_on(firm):
    did = assign(firm.store, "id-card", "renewal", RelationFilter(relations=["P1", "X9"]), TUESDAY)
    assert (did.changed, did.unknown) == (1, ["X9"])


def test_p8_a_start_lies_in_the_future_or_at_most_one_year_back():
    check_start(date(2025, 11, 24), TUESDAY)
    check_start(date(2030, 1, 1), TUESDAY)
    with pytest.raises(AssignError, match="the earliest is 2025-11-24"):
        check_start(date(2025, 11, 23), TUESDAY)
    check_start(date(2027, 2, 28), date(2028, 2, 29))
