"""All scenarios on one kind of database, one after the other, in one warmed-up process."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.faults.count import Count, count
from tests.faults.databases import POSTGRESQL, Databases, databases_of, make_model
from tests.faults.dispatch import in_a_child, warm_up
from tests.faults.scenarios import CATALOGUE, ONLY_ON_POSTGRESQL
from tests.faults.world import NINE, Plan, Unproven, World, world_of

KILLS_A_ROUND = 20  # a night has few hours, and SendGrid keeps a hundred cancels
MORE_ROUNDS = 3


@dataclass(frozen=True)
class Task:
    """What a worker is asked for; kills and mails are each scenario's."""

    kind: str
    scenarios: tuple[str, ...]
    kills: int
    mails: int
    seed: int
    broken: str = ""

    @property
    def rounds(self) -> int:
        """How many rounds a scenario takes."""
        return max(1, -(-self.kills // KILLS_A_ROUND))

    @property
    def mails_a_round(self) -> int:
        """How many mails each of them has."""
        return -(-self.mails // self.rounds)


@dataclass
class Result:
    """What a scenario found: a line of the table. `asked`: how many kills it was to have."""

    scenario: str
    database: str
    asked: int = 0
    mails: int = 0
    requests: int = 0
    kills: int = 0
    duplicated: int = 0
    lost: int = 0
    held: int = 0
    unknown: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def add(self, world: World, found: Count) -> None:
        """A round's."""
        self.mails += world.plan.mails
        self.kills += world.kills
        self.requests += sum(call["path"] == "/v3/mail/send" for call in world.service.calls())
        self.duplicated += len(found.duplicated)
        self.lost += len(found.lost)
        self.held += len(found.held)
        self.unknown += len(found.unknown)
        self.problems += [f"{problem}; seed {world.plan.seed}, see {world.order.folder}" for problem in found.problems]


def scenarios_on(kind: str, only: str = "") -> tuple[str, ...]:
    """The scenarios of a kind of database; `only`: its number or its whole name."""
    on = [name for name in CATALOGUE if kind == POSTGRESQL or name not in ONLY_ON_POSTGRESQL]
    return tuple(name for name in on if not only or only in (name, name.split(" ")[0]))


def run(task: Task, folder: Path) -> Iterator[Result]:
    """Carry out every scenario; what is found amiss stays in the folder."""
    warm_up()
    with closing(databases_of(task.kind, folder)) as databases:
        in_a_child(folder, partial(make_model, databases.empty(), task.mails_a_round))
        for name in task.scenarios:
            yield _one(task, name, databases, folder)


def _one(task: Task, name: str, databases: Databases, folder: Path) -> Result:
    """One scenario, in as many rounds as its kills take, and a few more where the mails were gone before the kills."""
    result, started = Result(name, task.kind, asked=task.kills), time.perf_counter()
    for number in range(task.rounds + MORE_ROUNDS):
        left, rounds = task.kills - result.kills, max(1, task.rounds - number)
        if number >= task.rounds and left <= 0:
            break
        _round(result, _plan(task, name, number, -(-left // rounds)), databases, folder)
        if result.problems:
            break
    result.seconds = time.perf_counter() - started
    return result


def _plan(task: Task, name: str, number: int, kills: int) -> Plan:
    entry = CATALOGUE[name]
    place = f"{name.replace(' ', '-')}-{number}"
    seed = f"{task.seed}/{task.kind}/{place}"
    return Plan(place, task.mails_a_round, kills, seed, entry.condition, task.broken)


def _round(result: Result, plan: Plan, databases: Databases, folder: Path) -> None:
    """One round, and what its journal says; it leaves nothing behind unless something is amiss."""
    entry = CATALOGUE[result.scenario]
    with world_of(plan, databases, folder / plan.name) as world:
        try:
            entry.play(world)
            world.drain()
        except Unproven as problem:
            result.problems.append(f"{problem}; seed {plan.seed}, see {world.order.folder}")
        world.service.advance(max(NINE, world.clock()))
        result.add(world, count(world.service.deliveries(), world.rows(), entry.allowed))
    if not result.problems:
        databases.drop(plan.name)
        shutil.rmtree(folder / plan.name)
