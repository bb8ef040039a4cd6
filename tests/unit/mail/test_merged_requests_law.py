"""Requests of several past periods leave in one mail (P4): the law, and the slow reference."""

from datetime import date, timedelta

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given, settings

from reference import carrier_one
from tasks.domain import frames
from tasks.domain.mail.decide import merge_requests

TODAY = date(2027, 1, 25)
COLUMNS = [
    "relation_id",
    "recipient_id",
    "template",
    "schedule",
    "step",
    "kind",
    "due_on",
    "is_by_hand",
    "reason",
    "task_id",
]
mails = st.fixed_dictionaries(
    {
        "relation_id": st.sampled_from(["R1", "R2"]),
        "recipient_id": st.sampled_from(["P1", "P1", "P2"]),
        "template": st.sampled_from(["vat", "vat", "payroll"]),
        "schedule": st.sampled_from(["month", "month", "year"]),
        "step": st.sampled_from(["ask", "ask", "papers"]),
        "kind": st.sampled_from(["request", "request", "auto_email"]),
        "due_on": st.integers(-40, 40).map(lambda n: TODAY + timedelta(days=n)),
        "is_by_hand": st.sampled_from([False, False, False, True]),
        "reason": st.sampled_from([None, None, None, "no_email"]),
    }
)


@settings(max_examples=200, deadline=None)
@given(st.lists(mails, max_size=8))
def test_merged_requests_equal_the_slow_reference_and_none_is_lost(drawn):
    rows = [mail | {"task_id": number} for number, mail in enumerate(drawn)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.astype({"reason": frames.TEXT, "is_by_hand": bool, "kind": frames.TEXT, "task_id": "int64"})
    merged = merge_requests(frame.assign(due_on=pd.to_datetime(frame["due_on"]).astype(frames.DATE)), TODAY)
    found = {row["task_id"]: row for row in merged.to_dict("records")}
    for row in rows:
        carrier = carrier_one(row, rows, TODAY)
        got = found[row["task_id"]]["merged_into_task_id"]
        assert (None if pd.isna(got) else got) == carrier
        if carrier is not None:
            assert found[row["task_id"]]["reason"] == "superseded"
            assert pd.isna(found[carrier]["reason"]), "the carrying mail leaves"
