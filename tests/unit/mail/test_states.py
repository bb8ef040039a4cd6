"""The lives of messages and attempts: drawn whole, and held by the database of every test."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from factories import relation
from tasks.domain.mail.states import (
    ATTEMPT_BEGINS,
    ATTEMPT_EDGES,
    ATTEMPT_STATES,
    MESSAGE_BEGINS,
    MESSAGE_EDGES,
    MESSAGE_STATUSES,
)


@pytest.mark.parametrize(
    ("states", "begins", "edges"),
    [(MESSAGE_STATUSES, MESSAGE_BEGINS, MESSAGE_EDGES), (ATTEMPT_STATES, ATTEMPT_BEGINS, ATTEMPT_EDGES)],
    ids=["messages", "attempts"],
)
def test_every_state_is_reached_from_a_beginning_and_no_edge_leads_elsewhere(states, begins, edges):
    reached = set(begins)
    while more := {after for before, after in edges if before in reached} - reached:
        reached |= more
    assert reached == set(states)
    assert {state for edge in edges for state in edge} <= set(states)


def test_the_database_of_a_test_refuses_a_change_that_is_not_drawn(office):
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    office.night()
    with pytest.raises(DBAPIError, match="no edge of states"), office.store.begin() as connection:
        connection.execute(text("UPDATE messages SET status = 'cancelled' WHERE status = 'sent'"))
