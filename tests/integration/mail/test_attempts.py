"""Claims, leases and attempts (O1, O3): what a dead dispatch leaves is recovered, and who wakes too late writes nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from factories import TUESDAY, relation
from sql import schema
from tasks.mail.delivery.attempts import LEASE, AttemptLedger, recover
from tasks.mail.transport.base import Outcome, Receipt

BODY, OTHER_BODY = ("token", "a" * 64), ("other token", "b" * 64)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """An instant that a test moves."""

    def __init__(self):
        self.instant = NOON

    def __call__(self):
        return self.instant

    def pass_by(self, time):
        self.instant += time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def firm(office):
    office.bring(*(relation(f"R{n}", "2026-11-20") for n in range(5)))
    office.put_on(*(f"R{n}" for n in range(5)))
    office.night(delivers=False)
    return office


def claim(ledger, batch=10):
    return ledger.claim_messages(False, batch, 0, send_by=TUESDAY, task_id=None)


def ids(firm, claim):
    m = schema.messages.c
    with firm.store.begin() as connection:
        return list(connection.execute(select(m.message_id).where(m.claimed_by == claim)).scalars())


def states(firm):
    with firm.store.begin() as connection:
        attempts = connection.execute(select(schema.attempts.c.state).order_by(schema.attempts.c.attempt_id)).scalars()
        messages = connection.execute(select(schema.messages.c.status)).scalars()
        return list(attempts), sorted(messages)


def close(firm, ledger, outcome):
    with firm.store.begin() as connection:
        return ledger.close(connection, outcome)


def test_two_dispatches_never_claim_the_same_message(firm, clock):
    one, two = AttemptLedger(firm.store, "one", clock), AttemptLedger(firm.store, "two", clock)
    assert (claim(one, 3), claim(two, 10)) == (3, 2)
    assert not set(ids(firm, "one")) & set(ids(firm, "two"))


def test_o1_an_attempt_is_there_before_anything_could_leave(firm, clock):
    ledger = AttemptLedger(firm.store, "one", clock)
    claim(ledger)
    number = ledger.open(ids(firm, "one"), *BODY, "batch-1", NOON + timedelta(hours=1))
    with firm.store.begin() as connection:
        row = connection.execute(schema.attempts.select()).mappings().one()
    assert (row["attempt_id"], row["state"], row["batch_id"], row["recipients"]) == (number, "open", "batch-1", 5)
    assert row["send_at"] == datetime(2026, 11, 24, 13)


def test_what_a_dead_dispatch_never_asked_for_is_queued_again_when_its_lease_is_over(firm, clock):
    claim(AttemptLedger(firm.store, "dead", clock))
    recover(firm.store, clock())
    assert states(firm) == ([], ["sending"] * 5)
    clock.pass_by(LEASE + timedelta(seconds=1))
    recover(firm.store, clock())
    assert states(firm) == ([], ["pending"] * 5)


def test_what_a_dead_dispatch_may_have_asked_for_becomes_unknown_and_the_rest_is_queued(firm, clock):
    ledger = AttemptLedger(firm.store, "dead", clock)
    claim(ledger)
    ledger.open(ids(firm, "dead")[:2], *BODY, "batch-1", NOON)
    clock.pass_by(LEASE + timedelta(seconds=1))
    recover(firm.store, clock())
    assert states(firm) == (["unknown"], ["pending"] * 3 + ["unknown"] * 2)
    again = AttemptLedger(firm.store, "next", clock)
    assert claim(again) == 3


def test_the_lease_is_shorter_than_a_minute(clock):
    assert timedelta(seconds=60) > LEASE


def test_a_dispatch_that_wakes_after_its_lease_writes_nothing(firm, clock):
    sleeper = AttemptLedger(firm.store, "sleeper", clock)
    claim(sleeper)
    mine = ids(firm, "sleeper")
    number = sleeper.open(mine, *BODY, "batch-1", NOON)
    clock.pass_by(LEASE + timedelta(seconds=1))
    recover(firm.store, clock())
    assert not close(firm, sleeper, Outcome([Receipt(i, "sent") for i in mine], number))
    assert states(firm) == (["unknown"], ["unknown"] * 5)


def test_a_dispatch_whose_claim_was_taken_opens_nothing(firm, clock):
    sleeper = AttemptLedger(firm.store, "sleeper", clock)
    claim(sleeper)
    mine = ids(firm, "sleeper")
    clock.pass_by(LEASE + timedelta(seconds=1))
    recover(firm.store, clock())
    claim(AttemptLedger(firm.store, "next", clock), 1)
    assert sleeper.open(mine, *BODY, None, None) is None
    assert states(firm)[0] == []


def test_a_dispatch_whose_claim_is_being_taken_just_now_waits_and_opens_nothing(firm, clock):
    slow = AttemptLedger(firm.store, "slow", clock)
    claim(slow)
    taken = ids(firm, "slow")
    m = schema.messages
    with ThreadPoolExecutor(1) as elsewhere:
        with firm.store.begin() as recovering:
            recovering.execute(update(m).values(status="pending", claimed_by=None))
            opened = elsewhere.submit(slow.open, taken, *BODY, "batch", NOON)
            # Who only looked would find the claim as it was.
            with pytest.raises(TimeoutError):
                opened.result(timeout=0.3)
        assert opened.result(timeout=30) is None
    assert states(firm) == ([], ["pending"] * 5)


def test_opening_an_attempt_holds_on_to_what_waits_its_turn(firm, clock):
    ledger = AttemptLedger(firm.store, "slow", clock)
    claim(ledger)
    clock.pass_by(LEASE - timedelta(seconds=1))
    ledger.open(ids(firm, "slow")[:1], *BODY, None, None)
    clock.pass_by(timedelta(seconds=2))
    recover(firm.store, clock())
    assert states(firm) == (["open"], ["sending"] * 5)


@pytest.mark.parametrize("state", ["refused", "released"])
def test_letters_that_nobody_took_can_be_asked_for_again_by_their_dispatch(firm, clock, state):
    ledger = AttemptLedger(firm.store, "one", clock)
    claim(ledger)
    mine = ids(firm, "one")
    number = ledger.open(mine, *BODY, None, None)
    assert close(firm, ledger, Outcome([], number, state))
    assert ledger.open(mine[:2], *OTHER_BODY, None, None) is not None
    ledger.release()
    assert states(firm) == ([state, "open"], ["pending"] * 3 + ["sending"] * 2)
