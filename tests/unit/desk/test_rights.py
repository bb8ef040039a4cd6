"""Roles: each may do what the one before may, and nobody more than is written down."""

import pytest

from tasks.domain.rights import ACTS, ADMIN, READER, ROLES, STAFF, may


@pytest.mark.parametrize("act", ACTS)
def test_each_role_may_what_the_ones_below_may(act):
    allowed = [may(role, act) for role in ROLES]
    assert allowed == sorted(allowed)
    assert not may(READER, act)
    assert may(ADMIN, act)


def test_a_user_without_a_role_is_staff():
    assert all(may(None, act) == may(STAFF, act) for act in ACTS)
    assert not may(None, "run")
    assert may(None, "accept")


def test_an_unknown_role_or_act_is_an_error_and_never_a_yes():
    with pytest.raises(ValueError, match="not in tuple"):
        may("boss", "accept")
    with pytest.raises(KeyError):
        may(ADMIN, "explode")
