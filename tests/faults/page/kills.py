"""Kills the page's process while a client does something, starts it again, and compares."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from flows.home.settings import Settings
from sql.store import Store
from tests.faults.page.client import ACTS, Act, Browser
from tests.faults.page.firm import link_of
from tests.faults.page.places import Trigger
from tests.faults.page.served import Served, fork_server, start_command, wait_for_examinations
from tests.faults.page.state import State, problems_of, read_state, reopen_item

RANDOM, COMMAND = "at random", "relance web at random"
MOST_STATEMENTS = 4
SECONDS_OF_AN_ACT = {"upload": 0.6, "upload by form": 0.6}
SECONDS_OF_ANOTHER = 0.08


@dataclass
class Count:
    """What was found.

    Attributes:
        kills: by act and place.
        acknowledged: acts that the client was told of before the kill.
        whole, untouched: of the others, those that were recorded as a whole, and not at all.
        missed: by act and place, kills whose place was not passed: the process was killed after its response.
        problems: everything that is wrong.
    """

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    acknowledged: int = 0
    whole: int = 0
    untouched: int = 0
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class Round:
    """One home, whose page is killed again and again."""

    def __init__(self, settings: Settings, folder: Path, seed: str) -> None:
        """Serve the home's page, and open it."""
        self.count = Count()
        self._settings, self._folder, self._rng = settings, folder, Random(seed)
        self._trigger = Trigger()
        self._store: Store = settings.open_store()
        self._browser = Browser(link_of(settings, self._store))
        self._server = self._serve()
        self._browser.open(self._server.address)
        self._number = 0

    def close(self) -> None:
        """End the last process."""
        self._server.kill()

    def kill(self, name: str, place: str) -> None:
        """Kill the process at a place of an act, start it again, and see that the act can be done."""
        act = ACTS[name]
        self._number += 1
        before = self._prepare(act, place)
        is_acknowledged = self._strike(act, name, place)
        self._server.kill()
        wait_for_examinations(self._settings.home)
        self.count.kills[name, place] += 1
        after = read_state(self._store)
        at = f"{name}, {place}, number {self._number}"
        self._judge(act, before, after, is_acknowledged, at)
        found = problems_of(self._store, self._settings.documents)
        self.count.problems += [f"{at}: {problem}" for problem in found]
        self._server = self._serve()
        self._repeat(act, after, at)

    def _serve(self, place: str = "") -> Served:
        if place == COMMAND:
            return start_command(self._settings)
        self._trigger.arm("")
        return fork_server(self._settings, self._trigger, self._folder)

    def _prepare(self, act: Act, place: str) -> State:
        """The state before the act."""
        if place == COMMAND:
            self._server.kill()
            self._server = self._serve(COMMAND)
        if act.prepares is not None:
            with self._browser.at(self._server.address) as web:
                assert act.prepares(web, self._number)
        if act.is_reopened:
            reopen_item(self._store, act.item)
        return read_state(self._store)

    def _strike(self, act: Act, name: str, place: str) -> bool:
        """Do an act while the process is killed; returns whether the client was told that it is done."""
        with self._browser.at(self._server.address) as web, suppress(httpx.TransportError):
            if place not in (RANDOM, COMMAND):
                return self._at_place(act, name, web, place)
            seconds = self._rng.uniform(0, SECONDS_OF_AN_ACT.get(name, SECONDS_OF_ANOTHER))
            timer = threading.Timer(seconds, os.kill, (self._server.pid, signal.SIGKILL))
            timer.start()
            try:
                return act.do(web, self._number)
            finally:
                timer.join()
        return False

    def _at_place(self, act: Act, name: str, web: httpx.Client, place: str) -> bool:
        self._trigger.arm(place, self._passages(act, place))
        done = act.do(web, self._number)
        if done:
            self.count.missed[name, place] += 1
        return done

    def _passages(self, act: Act, place: str) -> int:
        """Which passage is struck; reading the page's form passes a commit and a response of its own."""
        if place in ("committing", "committed"):
            return 1 + self._rng.randint(1, act.commits)
        if place == "responding":
            return 2
        return self._rng.randint(1, MOST_STATEMENTS) if place == "statement" else 1

    def _judge(self, act: Act, before: State, after: State, is_acknowledged: bool, at: str) -> None:
        """All of an act is recorded, or nothing; all of it if the client was told so."""
        changed = after.changed(since=before)
        is_whole = changed == act.changes and act.is_done(after, self._number)
        self.count.acknowledged += is_acknowledged
        self.count.whole += is_whole and not is_acknowledged
        self.count.untouched += not changed
        if is_acknowledged and not is_whole:
            self.count.problems.append(f"{at}: an acknowledged answer is lost; changed are {sorted(changed)}")
        elif changed and not is_whole:
            self.count.problems.append(f"{at}: half saved; changed are {sorted(changed)}")

    def _repeat(self, act: Act, before: State, at: str) -> None:
        """The client does it again, in the same session: it is done once then."""
        is_there = act.is_done(before, self._number)
        with self._browser.at(self._server.address) as web:
            is_told = act.do(web, self._number)
        after = read_state(self._store)
        if not is_told or not act.is_done(after, self._number):
            self.count.problems.append(f"{at}: it cannot be repeated")
        if is_there and (again := {name for name in after.changed(since=before) if not name.startswith("history")}):
            self.count.problems.append(f"{at}: repeated, it changes {sorted(again)}")


def plan(kills: int, commands: int, rng: Random) -> Iterator[tuple[str, str]]:
    """The kills of a round: every place of every act in turn, at random between, and the command itself."""
    named = [(name, place) for name, act in ACTS.items() for place in (*act.places, RANDOM, RANDOM)]
    rng.shuffle(named)
    yield from (named[number % len(named)] for number in range(kills - commands))
    yield from ((list(ACTS)[number % len(ACTS)], COMMAND) for number in range(commands))
