"""Random histories of one activity: reminders once and never lost, and one calendar entry as it stands (V3, V5, V7).

Saves, moves, moves back, people invited and removed, cancellations and restorations, dispatches that are missed or die.
RELANCE_HISTORIES=10000 runs as many, from RELANCE_FIRST_HISTORY on; a few dozen by default.
"""

import os
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from calendars import Inbox
from diary import NOW, START, Diary, calendar_in
from reminders_of_peers import EspoCrm, SuiteCrm
from sqlalchemy import delete, event

from flows.jobs import dispatch
from sql import schema
from sql.store import Store

HISTORIES, STEPS = int(os.environ.get("RELANCE_HISTORIES", "25")), 14
FIRST = int(os.environ.get("RELANCE_FIRST_HISTORY", "0"))
STARTS = [START + timedelta(minutes=minutes) for minutes in (0, 0, 0, 45, 90, -120)]
PLACES, PEOPLE = ["Rue X 1", "Rue X 1", "Gent", None], ("U2", "U3")
SETTLED = timedelta(minutes=3)


class Died(BaseException):
    """A dispatch was killed."""


class History:
    """One activity, its saves and dispatches, and what the mailboxes hold."""

    def __init__(self, diary: Diary, chance: Random) -> None:
        self.diary, self.chance, self.now = diary, chance, NOW
        self.state = {"starts_at": START, "location": "Rue X 1", "status": "planned", "invitees": ("U2",)}
        self.read = 0
        self.reminders: Counter[tuple[str, str]] = Counter()
        self.calendars: dict[str, Inbox] = defaultdict(Inbox)
        self.due: set[tuple[str, datetime]] = set()
        self.peers = (SuiteCrm(), EspoCrm())
        self.save()

    def step(self) -> None:
        """One save, or one dispatch, or a jump in time."""
        self.now += timedelta(seconds=self.chance.choice([5, 30, 70, 600, 3600, 20_000]))
        if self.chance.random() < 0.3:  # to the time about its reminder
            self.now = max(self.now, self.start - timedelta(minutes=self.chance.randint(1, 40)))
        act = self.chance.random()
        if act < 0.55:
            self.save()
        elif act < 0.65:
            self.killed()
        elif act < 0.95:
            self.dispatch()

    def save(self) -> None:
        """Change something, or nothing."""
        some = self.chance.choice
        change = some(
            [
                {"starts_at": some([*STARTS, self.soon(20), self.soon(50)])},
                {"location": some(PLACES)},
                {"status": some(["planned", "planned", "cancelled"])},
                {"invitees": tuple(one for one in PEOPLE if some([True, False]))},
                {},
            ]
        )
        self.state |= change
        self.diary.save(self.now, remind_minutes=30, **self.state)
        for peer in self.peers:
            peer.save(self.now, self.start, self.people, is_planned=self.state["status"] == "planned")

    @property
    def start(self) -> datetime:
        """Its start."""
        return self.state["starts_at"].replace(tzinfo=UTC)

    @property
    def people(self) -> frozenset[str]:
        """The addresses of its owner and of those invited."""
        return frozenset({"ana@x.example", *(ADDRESSES[one] for one in self.state["invitees"])})

    def soon(self, minutes: int) -> datetime:
        """A start so many minutes from now."""
        return (self.now + timedelta(minutes=minutes)).replace(tzinfo=None, second=0)

    def killed(self) -> None:
        """A dispatch that dies after it has written what is due, before it sends."""
        deliver = dispatch.deliver
        dispatch.deliver = _die
        with suppress(Died):
            self.diary.dispatch(self.now)
        dispatch.deliver = deliver

    def dispatch(self) -> None:
        """A dispatch, and what it must have done."""
        self.diary.dispatch(self.now)
        for peer in self.peers:
            peer.dispatch(self.now)
        for mail in self.diary.mails()[self.read :]:
            self.read += 1
            to, subject = mail["To"].addresses[0].addr_spec, str(mail["Subject"])
            if subject.startswith("Rappel"):
                self.reminders[to, self._start_of(mail)] += 1
            else:
                assert self.calendars[to].take(calendar_in(mail)[1].replace("\n", "\r\n")), "an old invitation"
        self.check_reminders()

    def _start_of(self, mail) -> str:
        """The start of the activity when it was reminded of: as long before as the mail is dated, or later."""
        number = int(str(mail["Message-ID"]).split(".")[1].split("@")[0])
        (row,) = [row for row in self.diary.rows("messages") if row["message_id"] == number]
        return row["about_at"].isoformat()

    def check_reminders(self) -> None:
        """Each at most once; and whoever is to be reminded of the start as it is now has been."""
        assert not [key for key, times in self.reminders.items() if times > 1]
        is_due = self.start - timedelta(minutes=30) <= self.now < self.start
        if is_due and self.state["status"] == "planned":
            self.due |= {(one, self.start) for one in self.people}
            assert self.people <= {to for to, about in self.reminders if about == self.state["starts_at"].isoformat()}

    def check_calendars(self) -> None:
        """A while after the last save, each mailbox has one entry as the activity stands, or none."""
        self.now += SETTLED
        if self.now >= self.start:
            return
        self.dispatch()
        for user_id in PEOPLE:
            entries = list(self.calendars[ADDRESSES[user_id]].entries.values())
            if self.state["status"] == "planned" and user_id in self.state["invitees"]:
                (entry,) = entries
                assert entry["DTSTART"] == f"{self.state['starts_at']:%Y%m%dT%H%M%SZ}"
                assert entry.get("LOCATION") == self.state["location"]
            else:
                assert entries == []


ADDRESSES = {"U1": "ana@x.example", "U2": "bo@x.example", "U3": "cem@x.example"}


def _die(*_: object, **__: object) -> None:
    raise Died


@pytest.fixture
def quick_office(sqlite_office, monkeypatch):
    """An office that does not wait for the disk, nor for others who might write."""
    monkeypatch.setattr(Store, "let_others_write", lambda *_: None)
    event.listen(sqlite_office.store.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    sqlite_office.store.engine.dispose()
    return sqlite_office


def test_v3_v5_random_histories_remind_once_and_leave_one_entry_as_it_stands(quick_office):
    diary, lost = Diary(quick_office), Counter()
    for number in range(FIRST, FIRST + HISTORIES):
        history = History(diary, Random(number))
        try:
            for _ in range(STEPS):
                history.step()
            history.check_calendars()
            lost.update({type(peer).__name__: len(history.due - peer.sent) for peer in history.peers})
        except AssertionError as error:
            raise AssertionError(f"history {number}") from error
        with quick_office.store.begin() as connection:
            for table in (schema.invitations, schema.activities, schema.messages):
                connection.execute(delete(table))
        for file in quick_office.settings.outbox.glob("*.eml"):
            file.unlink()
    # What the rules of other products lose of the same histories, in which none of ours was lost.
    assert lost["SuiteCrm"] > 0, lost
    assert lost["EspoCrm"] > 0, lost
