"""One round of a scenario: a firm, its database, the stand-in and the clock, and the dispatches that are struck."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from sql import schema
from sql.store import Store
from tasks.mail.delivery.attempts import LEASE
from tasks.mail.delivery.recall import mark_crossed
from tasks.requests.answers import Answer, record_answer
from tests.faults.clock import SharedClock
from tests.faults.count import Row
from tests.faults.databases import Databases
from tests.faults.dispatch import DATABASE_GONE, FAILED, Child, Order, fork, tracebacks
from tests.faults.firm import DAY, ITEM, STEP, make_home, settings_of
from tests.faults.places import FENCING, Strike
from tests.harness.stand_in import StandIn

TWO_AT_NIGHT = datetime(2026, 11, 24, 1, tzinfo=UTC)
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
LAST_SCHEDULED = NINE - timedelta(minutes=35)  # later, a night that should be ordinary would be none
REQUESTS_A_KILL = 3
STATEMENTS_OF_A_RECOVERY = 3
FEWEST_A_CLAIM, MOST_A_CLAIM = 5, 200
IDLE_DISPATCHES = 6  # in a row that move nothing: what is left then is lost


class Unproven(Exception):
    """The round could not be brought to its end."""


@dataclass(frozen=True)
class Condition:
    """What a scenario asks of the world.

    Attributes:
        starts: the clock at the beginning.
        is_ordinary: whether it must be over before the last half hour.
        total_seconds: that a request may take; None: the product's own patience.
        loses_database: whether dispatches may end for want of one.
    """

    starts: datetime = TWO_AT_NIGHT
    is_ordinary: bool = True
    total_seconds: float | None = None
    loses_database: bool = False


@dataclass(frozen=True)
class Plan:
    """What a round is asked for.

    Attributes:
        name: of the round, also its folder's and its database's.
        mails, kills: how many.
        seed: of every choice.
        condition: the scenario's.
        broken: how the product is broken; empty: not at all.
    """

    name: str
    mails: int
    kills: int
    seed: str
    condition: Condition = field(default_factory=Condition)
    broken: str = ""


@dataclass
class World:
    """What a scenario may do.

    Attributes:
        kills: the dispatches killed or stopped, and the servers stopped, so far.
        answered_before: the messages whose request was answered before they were handed over.
    """

    plan: Plan
    databases: Databases
    service: StandIn
    clock: SharedClock
    store: Store
    order: Order
    rng: Random
    kills: int = 0
    children: list[Child] = field(default_factory=list)
    answered_before: set[int] = field(default_factory=set)

    @property
    def wants_kills(self) -> bool:
        """Whether the plan asks for more kills, and there is a mail left to strike at."""
        return self.kills < self.plan.kills and self.waiting() > 0

    @property
    def reach(self) -> int:
        """How many requests the next kill may take, so that the mails last for all kills."""
        requests = self.waiting() // self.order.batch
        return max(1, requests // max(1, self.plan.kills - self.kills))

    def strike_at(self, *places: str, by: signal.Signals = signal.SIGKILL) -> Strike:
        """A strike at one of these places, some passages ahead."""
        place = self.rng.choice(places)
        ahead = {"recovered": 1, "recovering": STATEMENTS_OF_A_RECOVERY}.get(place, self.reach)
        if place in FENCING:
            ahead = max(1, self.lost() // 2)
        return Strike(place, self.rng.randint(1, ahead), by)

    def lost(self) -> int:
        """Attempts that the next dispatch has to fence, if it comes after their lease."""
        found = self.attempts()
        return found["unknown", True] + found["open", True]

    def crossing(self) -> int:
        """Messages that were handed over ahead, and whose request was answered since."""
        m = schema.messages
        crossed = select(func.count()).select_from(m).where(m.c.is_crossed.is_(True), m.c.status == "sent")
        with self.store.begin(only_reads=True) as connection:
            found = int(connection.execute(crossed).scalar_one())
        self.store.close()
        return found

    def launch(self, *strikes: Strike) -> Child:
        """Start a dispatch."""
        child = fork(self.order, strikes)
        self.children.append(child)
        return child

    def end(self, child: Child) -> None:
        """Wait for a dispatch's end, however it comes.

        Raises:
            Unproven: it ended in a way that no dispatch may.
        """
        child.wait()
        self.children.remove(child)
        if child.is_killed:
            self.kills += 1
        elif child.code == FAILED or (child.code == DATABASE_GONE and not self.plan.condition.loses_database):
            raise Unproven("\n".join([f"A dispatch ended with status {child.status}.", *tracebacks(self.order.folder)]))

    def dispatch(self, *strikes: Strike) -> None:
        """A whole dispatch, or as much of one as the strikes let live."""
        self.end(self.launch(*strikes))

    def turn(self, by: timedelta = LEASE + timedelta(seconds=1)) -> None:
        """Turn every clock, by more than a lease unless told otherwise.

        Raises:
            Unproven: the night is over before the round is.
        """
        self.clock.turn(by.total_seconds())
        self.service.advance(self.clock())
        if self.plan.condition.is_ordinary and self.clock() > LAST_SCHEDULED:
            raise Unproven("The night was too short for this round.")

    def turn_to(self, instant: datetime) -> None:
        """Turn every clock to an instant."""
        self.turn(max(instant - self.clock(), timedelta()))

    def statuses(self) -> Counter[str]:
        """How many messages there are of each status."""
        m = schema.messages
        with self.store.begin(only_reads=True) as connection:
            found = connection.execute(select(m.c.status, func.count()).group_by(m.c.status)).all()
        self.store.close()
        return Counter({str(status): int(n) for status, n in found})

    def waiting(self) -> int:
        """Messages that a dispatch may still take up."""
        found = self.statuses()
        return found["pending"] + found["sending"]

    def attempts(self) -> Counter[tuple[str, bool]]:
        """How many attempts there are of each state, scheduled or not."""
        a = schema.attempts
        with self.store.begin(only_reads=True) as connection:
            found = connection.execute(select(a.c.state, a.c.batch_id)).all()
        self.store.close()
        return Counter((str(state), batch_id is not None) for state, batch_id in found)

    def drain(self) -> None:
        """Dispatch until nothing is left that a dispatch could move."""
        self.service.clear_faults()
        self.service.set(hide_cancels=0)
        idle, before = 0, self.open_ends()
        while before[0] and idle < IDLE_DISPATCHES:
            self.turn()
            self.dispatch()
            after = self.open_ends()
            idle, before = idle + 1 if after == before else 0, after

    def open_ends(self) -> tuple[int, int]:
        """What dispatches must still see to, messages and attempts; and how much of that waits for the fence."""
        states = self.attempts()
        fenceable = states["unknown", True]
        return self.waiting() + fenceable + states["open", True] + states["open", False], fenceable

    def rows(self) -> Iterator[Row]:
        """Every message as it is now."""
        m, s, a = schema.messages, schema.follow_up_subtasks, schema.attempts
        steps = m.join(s, (s.c.task_id == m.c.task_id) & (s.c.key == m.c.step))
        wanted = select(m.c.message_id, m.c.status, m.c.reason, s.c.status, a.c.attempt_id, a.c.batch_id)
        wanted = wanted.add_columns(s.c.kind, s.c.completed_on, m.c.is_crossed)
        with self.store.begin(only_reads=True) as connection:
            found = connection.execute(wanted.select_from(steps.outerjoin(a, a.c.attempt_id == m.c.attempt_id))).all()
        self.store.close()
        for message_id, status, reason, step, attempt_id, batch_id, kind, completed_on, is_crossed in found:
            is_answered = None if kind != "request" else completed_on is not None
            is_scheduled = None if attempt_id is None else batch_id is not None
            answer = (is_answered, message_id in self.answered_before, bool(is_crossed))
            yield Row(message_id, status, reason, step, is_scheduled, *answer)

    def answer(self, many: int) -> None:
        """Clients answer requests, by chance, whatever became of the mail (firm.py, make_reminders)."""
        s, m = schema.follow_up_subtasks.c, schema.messages.c
        with self.store.begin() as connection:
            wanted = select(s.task_id).where(s.kind == "request", s.completed_on.is_(None))
            tasks = sorted(connection.execute(wanted).scalars())
            chosen = self.rng.sample(tasks, min(many, len(tasks)))
            waiting = select(m.message_id).where(m.task_id.in_(chosen), m.status == "pending")
            waiting_ids = set(connection.execute(waiting).scalars())
            for task_id in chosen:
                record_answer(connection, Answer(task_id, STEP, ITEM, DAY, "1"))
                mark_crossed(connection, task_id, self.clock())
        self.answered_before |= waiting_ids
        self.store.close()

    def sleep(self, longest: float) -> None:
        """A random while of the real time, for strikes from outside."""
        time.sleep(self.rng.uniform(0, longest))


@contextmanager
def world_of(plan: Plan, databases: Databases, folder: Path) -> Iterator[World]:
    """Set a round up; nothing of it runs any more at the end."""
    folder.mkdir()
    url = databases.copy(plan.name, folder)
    make_home(folder / "home")
    clock = SharedClock(folder / "clock", plan.condition.starts)
    requests = max(1, REQUESTS_A_KILL * plan.kills)
    batch = min(max(plan.mails // requests, FEWEST_A_CLAIM), MOST_A_CLAIM)
    with StandIn(folder / "journal", now=plan.condition.starts, fsync=False) as service, closing(Store(url)) as store:
        settings = settings_of(folder / "home", url, service.url)
        order = Order(settings, clock, batch, folder, plan.condition.total_seconds, plan.broken)
        world = World(plan, databases, service, clock, store, order, Random(plan.seed))
        try:
            yield world
        finally:
            for child in world.children:
                child.put_down()
    clock.close()
