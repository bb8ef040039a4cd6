"""Rules whose actions wait: judged again, on the record as it is when their time comes (W4)."""

from datetime import UTC, timedelta

import pytest
from diary import NOW, START, Diary

RULE = """\
rule: the-day-before
on: activities
when: {kind: meeting, status: planned}
do: [{mail: {message: appointment, to: contact, from: owner}}]
after: {days: -1, of: starts_at}
"""
DUE = START.replace(tzinfo=UTC) - timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def diary(office):
    (office.settings.home / "rules" / "the-day-before.yaml").write_text(RULE, encoding="utf-8")
    office.reload()
    return Diary(office)


def test_w4_it_acts_when_its_time_comes_and_once(diary):
    diary.save(invitees=())
    diary.dispatch(DUE - timedelta(minutes=1))
    assert diary.sent() == []
    diary.dispatch(DUE)
    diary.dispatch(DUE + HOUR)
    assert [to for to, _ in diary.sent()] == ["jeanne@c.example"]


def test_w4_it_is_judged_again_on_the_data_of_its_moment(diary):
    diary.save(invitees=())
    diary.save(NOW + HOUR, invitees=(), kind="call")
    diary.dispatch(DUE)
    assert diary.sent() == []
    assert [row["outcome"] for row in diary.rows("rule_acts")] == ["over"]


def test_w4_it_follows_a_move_and_a_contact_that_is_exchanged(diary):
    from sqlalchemy import text

    diary.save(invitees=())
    with diary.office.store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO relations (relation_id, folded_id, type, status, name, email, language, first_seen_on) "
                "VALUES ('C2', 'c2', 'person', 'client', 'Paul', 'paul@c.example', 'fr', '2026-01-01')"
            )
        )
    diary.save(NOW + HOUR, invitees=(), starts_at=START + timedelta(days=2), contact_id="C2")
    diary.dispatch(DUE + HOUR)
    assert diary.sent() == []
    diary.dispatch(DUE + timedelta(days=2))
    assert [to for to, _ in diary.sent()] == ["paul@c.example"]


def test_w4_a_record_or_a_rule_that_is_gone_ends_it(diary):
    diary.save(invitees=())
    (diary.office.settings.home / "rules" / "the-day-before.yaml").unlink()
    diary.office.reload()
    diary.dispatch(DUE)
    assert diary.sent() == []
    assert [row["outcome"] for row in diary.rows("rule_acts")] == ["over"]
