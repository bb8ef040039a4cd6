"""Which mail leaves, waits or is dropped, and why (M2, M3, M5, M9, P7), over whole columns."""

from datetime import date

import pandas as pd
import pytest

from factories import template
from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.languages import choose_language
from tasks.domain.mail.decide import decide_mails
from tasks.domain.reasons import RETRIED

TUESDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 28)


def due(*changes):
    rows = [
        {
            "task_id": 1,
            "recipient_id": "R1",
            "is_without_recipient": False,
            "template": "id-card",
            "raw_send_on": "2026-11-24",
            "created_on": "2026-11-01",
            "latest_sent_on": None,
            "task_status": "open",
            "type": "person",
            "status": "client",
            "email": "a@b.example",
            "suppression": None,
            "is_held": False,
            "is_by_hand": False,
        }
        | change
        for change in changes
    ]
    frame = pd.DataFrame(rows)
    dates = {c: pd.to_datetime(frame[c].astype("object")).astype(frames.DATE) for c in frame if frames.is_date(c)}
    return frame.assign(**dates).astype({"email": frames.TEXT, "suppression": frames.TEXT})


def decide(*changes, as_of=TUESDAY):
    decided = decide_mails(due(*changes), {"id-card": template()}, Workdays("FR"), 30, as_of)
    return [
        (str(r["send_on"].date()), r["reason"] if isinstance(r["reason"], str) else None)
        for r in decided.to_dict("records")
    ]


def test_a_mail_of_today_leaves_today():
    assert decide({}) == [("2026-11-24", None)]


def test_t5_on_a_quiet_day_it_leaves_on_the_next_working_day():
    assert decide({"raw_send_on": "2026-11-28"}, as_of=SATURDAY) == [("2026-11-30", None)]


def test_t5_a_quiet_day_long_past_does_not_move_a_late_mail_again():
    assert decide({"raw_send_on": "2026-11-22"}) == [("2026-11-24", None)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"task_status": "done"}, "already_done"),
        ({"is_held": True}, "quarantined"),
        ({"type": "company"}, "wrong_type"),
        ({"status": "former"}, "wrong_status"),
        ({"email": None}, "no_email"),
        ({"email": None, "is_without_recipient": True}, "no_recipient"),
        ({"suppression": "bounced"}, "bounced"),
        ({"suppression": "opted_out"}, "opted_out"),
        ({"suppression": "opted_out", "status": "former"}, "wrong_status"),
        ({"email": "a@b"}, "invalid_field"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "invalid_field"),
        ({"email": "a@b.example\n"}, "invalid_field"),
        ({"raw_send_on": "2026-10-24", "created_on": "2026-10-01"}, "too_late"),
        ({"raw_send_on": "2026-10-24", "created_on": "2026-10-25"}, None),
        ({"raw_send_on": "2026-10-25", "created_on": "2026-10-01"}, None),
        ({"latest_sent_on": "2026-11-25"}, "superseded"),
        ({"latest_sent_on": "2026-11-24"}, None),
        ({"template": "gone", "type": "company"}, None),
    ],
)
def test_each_reason_for_silence(change, reason):
    assert decide(change)[0][1] == reason


def test_m2_of_one_tasks_past_mails_the_latest_leaves_and_other_tasks_do_not_matter():
    early, late = {"raw_send_on": "2026-11-20"}, {"raw_send_on": "2026-11-23"}
    reasons = [reason for _, reason in decide(early, late, early | {"task_id": 2})]
    assert reasons == ["superseded", None, None]


def test_two_mails_of_one_day_both_leave():
    assert [reason for _, reason in decide({}, {})] == [None, None]


def test_what_cannot_be_mended_is_final():
    assert not {"superseded", "too_late", "already_done", "answered"} & {r.value for r in RETRIED}


@pytest.mark.parametrize(
    ("relation", "firm", "available", "chosen"),
    [
        ("nl", "fr", {"fr", "nl"}, "nl"),
        ("de", "nl", {"fr", "nl"}, "nl"),
        (None, "nl", {"fr", "nl"}, "nl"),
        (None, "de", {"fr", "en"}, "fr"),
        ("nl", "de", {"en"}, None),
    ],
)
def test_m9_the_relations_language_else_the_firms_else_french(relation, firm, available, chosen):
    assert choose_language(relation, firm, frozenset(available)) == chosen
