"""The proof's own counting: what it says of a mail that arrived twice, or never."""

import pytest

from stand_in import deliveries
from stand_in.journal import Journal
from tests.faults.count import Row, count
from tests.faults.places import Passages, Strike


def arrived(tmp_path, *message_ids):
    """The deliveries of a journal in which these mails arrived, in this order."""
    (tmp_path / "journal").unlink(missing_ok=True)
    journal = Journal(tmp_path / "journal", fsync=False)
    for message_id in message_ids:
        journal.add("delivered", at=0, id="m", email="r@client.example", message_id=str(message_id))
    journal.commit()
    return deliveries(tmp_path / "journal")


def sent(*message_ids):
    return [Row(message_id, "sent", None, "done", True) for message_id in message_ids]


def figures(found):
    return {name: ids for name, ids in vars(found).items() if ids}


def test_every_mail_sent_and_there_once_is_clean(tmp_path):
    found = count(arrived(tmp_path, 1, 2, 3), sent(1, 2, 3))
    assert (found.is_clean, figures(found), found.problems) == (True, {}, [])


def test_a_double_and_a_loss_are_counted_and_named(tmp_path):
    found = count(arrived(tmp_path, 1, 2, 2), sent(1, 2, 3))
    assert (found.duplicated, found.lost, found.is_clean) == ([2], [3], False)
    assert found.problems == ["1 duplicated: 2", "1 lost: 3", "2 not as the outbox says: 2, 3"]


@pytest.mark.parametrize("status", ["pending", "sending", "held", "unknown", "rejected", "suppressed", "cancelled"])
def test_a_mail_that_never_arrived_is_lost_whatever_the_outbox_calls_it(tmp_path, status):
    assert count(arrived(tmp_path), [Row(1, status)]).lost == [1]


@pytest.mark.parametrize("status", ["pending", "sending", "held", "unknown", "rejected", "suppressed", "cancelled"])
def test_a_mail_that_arrived_and_is_not_sent_is_untrue(tmp_path, status):
    found = count(arrived(tmp_path, 1), [Row(1, status)])
    assert (found.lost, found.untrue, found.is_clean) == ([], [1], False)


@pytest.mark.parametrize("there", [[], [1]])
def test_held_and_unknown_are_no_violation_where_the_rules_leave_them(tmp_path, there):
    held, unknown = Row(1, "held", "unconfirmed", "open", True), Row(1, "unknown", None, "open", False)
    assert figures(count(arrived(tmp_path, *there), [held], ("held", "unknown"))) == {"held": [1]}
    assert figures(count(arrived(tmp_path, *there), [unknown], ("unknown",))) == {"unknown": [1]}


@pytest.mark.parametrize(
    "row",
    [
        Row(1, "held", "no_email", "open", True),
        Row(1, "held", "unconfirmed", "open", False),
        Row(1, "held", "unconfirmed", "done", True),
        Row(1, "unknown", None, "open", True),
        Row(1, "unknown", None, "open", None),
    ],
)
def test_held_and_unknown_need_the_grounds_that_the_rules_name(tmp_path, row):
    assert count(arrived(tmp_path), [row], ("held", "unknown")).lost == [1]


def test_a_held_mail_that_arrives_twice_is_duplicated_all_the_same(tmp_path):
    held = Row(1, "held", "unconfirmed", "open", True)
    assert count(arrived(tmp_path, 1, 1), [held], ("held",)).duplicated == [1]


def test_a_mail_of_nobody_and_a_step_that_tells_something_else_are_untrue(tmp_path):
    assert count(arrived(tmp_path, 1, 9), sent(1)).untrue == [9]
    assert count(arrived(tmp_path, 1), [Row(1, "sent", None, "open", True)]).untrue == [1]


def test_a_strike_comes_at_the_passage_that_it_names_and_the_next_one_counts_from_there(monkeypatch):
    struck = []
    monkeypatch.setattr("os.kill", lambda _pid, number: struck.append(number))
    passages = Passages([Strike("opened", 2, by=1), Strike("opened", 1, by=2)])
    told = []
    for place in ("opened", "claimed", "opened", "claimed", "opened", "opened"):
        passages.passed(place)
        told.append(len(struck))
    assert (struck, told) == ([1, 2], [0, 0, 1, 1, 2, 2])
