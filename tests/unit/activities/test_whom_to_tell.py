"""Whom to tell of an activity: what each was told last, against how it stands (V5)."""

from dataclasses import replace
from datetime import datetime, timedelta

import hypothesis.strategies as st
from hypothesis import given, settings

from tasks.domain.activities.activity import Activity
from tasks.domain.activities.invitations import Attendee, Told, due_invitations

START = datetime(2026, 12, 1, 13, 30)
NOW = START - timedelta(days=1)
ONE = Activity("A1", "meeting", "Bilan", START, sequence=2)
BO, CEM = Attendee("user", "U2"), Attendee("user", "U3")


def test_v5_who_was_told_how_it_stands_is_told_nothing():
    assert due_invitations(ONE, [BO, CEM], {BO: Told("REQUEST", 2)}, NOW) == [(CEM, "REQUEST")]
    assert due_invitations(ONE, [BO], {BO: Told("REQUEST", 1)}, NOW) == [(BO, "REQUEST")]
    assert due_invitations(ONE, [BO], {BO: Told("NONE", 2)}, NOW) == []
    assert due_invitations(ONE, [BO], {BO: Told("CANCEL", 2)}, NOW) == [(BO, "REQUEST")]


def test_v5_only_who_was_invited_is_told_of_a_cancellation():
    gone = replace(ONE, status="cancelled")
    told = {BO: Told("REQUEST", 2), CEM: Told("NONE", 2)}
    assert due_invitations(gone, [BO, CEM], told, NOW) == [(BO, "CANCEL")]
    assert due_invitations(ONE, [], told, NOW) == [(BO, "CANCEL")]
    assert due_invitations(gone, [BO], {BO: Told("CANCEL", 2)}, NOW) == []


def test_v5_what_has_begun_tells_nobody():
    assert due_invitations(ONE, [BO], {}, START) == []


told_before = st.one_of(st.none(), st.builds(Told, st.sampled_from(["REQUEST", "CANCEL", "NONE"]), st.integers(0, 2)))


@settings(max_examples=300, deadline=None)
@given(st.sets(st.sampled_from([BO, CEM])), told_before, told_before, st.booleans())
def test_v5_after_telling_nobody_is_told_again(asked, of_bo, of_cem, is_cancelled):
    activity = replace(ONE, status="cancelled") if is_cancelled else ONE
    told = {one: last for one, last in ((BO, of_bo), (CEM, of_cem)) if last is not None}
    for one, method in due_invitations(activity, asked, told, NOW):
        told[one] = Told(method, activity.sequence)
    assert due_invitations(activity, asked, told, NOW) == []
