"""Which due reminders leave, with which text, and which are put off (R1, R3, K2): the law, and the slow reference."""

from datetime import date, timedelta

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given, settings

from factories import template
from reference import put_off_one
from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.requests.decide import Restraint, decide_reminders

TODAY = date(2026, 11, 24)
QUIET = Workdays("FR")
FACTS = {
    "template": "id-card",
    "task_status": "open",
    "type": "person",
    "status": "client",
    "email": "a@b.example",
    "suppression": None,
    "is_held": False,
    "is_without_recipient": False,
    "step": "documents",
    "remind_message": "reminder",
    "remind_message_started": "reminder_started",
    "received_items": 0,
    "sequence": 1,
    "remind_on": TODAY,
    "relation_id": "R1",
    "recipient_id": "R1",
}
reminders = st.fixed_dictionaries(
    {
        "relation_id": st.sampled_from(["R1", "R2"]),
        "recipient_id": st.sampled_from(["P1", "P2", "R1"]),
        "sequence": st.sampled_from([0, 1, 1, 2]),
        "remind_on": st.integers(-9, 0).map(lambda n: TODAY + timedelta(days=n)),
    }
)
pauses = st.dictionaries(
    st.sampled_from(["R1", "R2", "P1"]),
    st.one_of(st.none(), st.integers(0, 40).map(lambda n: TODAY + timedelta(days=n))),
    max_size=2,
)
recents = st.lists(
    st.tuples(st.sampled_from(["P1", "P2"]), st.integers(-6, -1).map(lambda n: TODAY + timedelta(days=n))), max_size=4
)


def decide(*rows, **words):
    frame = pd.DataFrame([FACTS | {"task_id": n} | row for n, row in enumerate(rows)])
    texts = [c for c in frame if frame[c].dtype == object and c != "remind_on"]
    frame = frame.assign(remind_on=frames.dates(frame["remind_on"])).astype(dict.fromkeys(texts, frames.TEXT))
    return decide_reminders(frame, {"id-card": template()}, QUIET, TODAY, **words).to_dict("records")


def test_r3_a_begun_request_and_a_return_have_their_own_messages():
    made = decide({}, {"received_items": 1}, {"sequence": 0})
    assert [row["message"] for row in made] == ["reminder", "reminder_started", "returned"]


def test_a_reminder_by_hand_leaves_on_a_quiet_day_and_during_a_pause():
    (made,) = decide({}, restraint=Restraint({"R1": None}, max_per_week=1), is_by_hand=True)
    assert (made["send_on"].date(), pd.isna(made["reason"])) == (TODAY, True)


@settings(max_examples=100, deadline=None)
@given(st.lists(reminders, min_size=1, max_size=7), pauses, recents, st.integers(0, 3), st.randoms())
def test_k2_what_is_put_off_equals_the_slow_reference_whatever_the_order(drawn, paused, recent, limit, random):
    rows = [row | {"task_id": n} for n, row in enumerate(drawn)]
    days = pd.DataFrame(recent, columns=["recipient_id", "send_on"]).astype({"recipient_id": frames.TEXT})
    restraint = Restraint(paused, days.assign(send_on=frames.dates(days["send_on"])), limit)
    shuffled = random.sample(rows, len(rows))
    found = {row["task_id"]: row for row in decide(*shuffled, restraint=restraint)}
    ranked = sorted(rows, key=lambda row: (row["remind_on"], row["task_id"]))
    for number, row in enumerate(ranked):
        expected = put_off_one(row, ranked[:number], pauses=paused, recent=recent, max_per_week=limit)
        got = found[row["task_id"]]
        assert (None if pd.isna(got["reason"]) else got["reason"]) == expected
        assert got["send_on"].date() >= TODAY
        assert QUIET.roll(pd.Series([got["send_on"]]), "next").iloc[0] == got["send_on"]
