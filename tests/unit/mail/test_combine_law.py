"""Which messages leave in one mail (P4, K1): the law, and the slow reference."""

from datetime import date, timedelta

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given, settings

from reference import carrier_one
from tasks.domain import frames
from tasks.domain.mail.combine import carriers

TODAY = date(2027, 1, 25)
FIELDS = {
    "cause_kind": st.sampled_from(["task", "task", "task", "activity"]),
    "recipient_kind": st.just("relation"),
    "recipient_id": st.sampled_from(["P1", "P1", "P2"]),
    "send_on": st.sampled_from([TODAY, TODAY, TODAY - timedelta(days=1)]),
    "mail_language": st.sampled_from(["fr", "fr", "nl"]),
    "relation_id": st.sampled_from(["R1", "R1", "R2"]),
    "template": st.sampled_from(["vat", "vat", "payroll"]),
    "schedule": st.sampled_from(["month", "month", "year"]),
    "step": st.sampled_from(["ask", "ask", "papers"]),
    "kind": st.sampled_from(["request", "request", "auto_email"]),
    "due_on": st.integers(-40, 40).map(lambda n: TODAY + timedelta(days=n)),
    "first_mail_id": st.sampled_from([None, None, 900, 901]),
}
messages = st.fixed_dictionaries(FIELDS)
COLUMNS = ["message_id", *FIELDS]
TYPES = {"first_mail_id": "Int64", "message_id": "int64"} | dict.fromkeys(("cause_kind", "kind"), frames.TEXT)


@settings(max_examples=300, deadline=None)
@given(st.lists(messages, max_size=8), st.booleans(), st.randoms(use_true_random=False))
def test_k1_carriers_equal_the_slow_reference_in_any_order(drawn, is_digest, shuffle):
    rows = [message | {"message_id": number} for number, message in enumerate(drawn)]
    shuffle.shuffle(rows)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    days = {name: pd.to_datetime(frame[name]).astype(frames.DATE) for name in ("due_on", "send_on")}
    found = carriers(frame.assign(**days).astype(TYPES), is_digest=is_digest, as_of=TODAY)
    for row, carrier in zip(rows, found, strict=True):
        expected = carrier_one(row, rows, is_digest=is_digest, as_of=TODAY)
        assert (None if pd.isna(carrier) else carrier) == expected
        if expected is not None:
            assert pd.isna(found.iloc[[r["message_id"] for r in rows].index(expected)]), "a carrier leaves itself"
