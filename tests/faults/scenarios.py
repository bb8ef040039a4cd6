"""The scenarios: where dispatches are struck, and what else befalls them. Each is called with a round to carry out."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from tasks.mail.delivery.attempts import LEASE
from tests.faults.firm import make_reminders
from tests.faults.places import FENCING, RECOVERING, SENDING, Strike
from tests.faults.world import NINE, Condition, World
from tests.harness.stand_in import Fault, busy, cancel_refused, error, gateway, hang, odd, redirect, reset

Scenario = Callable[[World], None]
SECONDS_A_REQUEST = 0.03  # about: how long a random kill waits for each request that it may take
IMPATIENCE = 0.4  # seconds that a request may take where answers hang
LOST_AT_ONCE = 4  # one less than the failures in a row that end a dispatch
MOST_DISPATCHES_A_KILL = 4  # a product that is broken may leave none to strike at
MOST_CANCELS = 70  # of SendGrid's hundred
A_TURN = LEASE + timedelta(seconds=1)
LAST_CANCEL = timedelta(minutes=10)  # before the hour
MIDDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """A scenario of the catalogue.

    Attributes:
        play: what happens.
        allowed: the unsure ends that its rules leave to mails.
        condition: what it asks of the world.
    """

    play: Scenario
    allowed: tuple[str, ...] = ()
    condition: Condition = field(default_factory=Condition)


def killed_at(*places: str) -> Scenario:
    """Dispatches that die at these places."""

    def play(world: World) -> None:
        while world.wants_kills:
            world.dispatch(world.strike_at(*places))
            world.turn()

    return play


def killed_in_the_fence(*places: str) -> Scenario:
    """Dispatches that die while they settle what others left unknown; some cancels are refused."""

    def play(world: World) -> None:
        for _ in range(MOST_DISPATCHES_A_KILL * world.plan.kills):
            if world.kills >= world.plan.kills:
                return
            if world.lost():
                world.service.faults(cancel_refused(share=0.3, times=None), seed=world.rng.randrange(1000))
                world.dispatch(world.strike_at(*places))
                world.service.clear_faults()
                world.turn()
            elif world.waiting():
                lose_some(world)

    return play


def lose_some(world: World) -> None:
    """A dispatch that leaves unknown what it sent, some of it taken, some not; then one whose cancels are refused.

    Both end as their key is refused, so that mails are left to strike at.
    """
    misfortunes = [_misfortune(world.rng, nth=n + 1) for n in range(LOST_AT_ONCE)]
    for faults in ((*misfortunes, error(401, nth=LOST_AT_ONCE + 1)), (cancel_refused(times=None), error(401))):
        world.service.faults(*faults)
        world.dispatch()
        world.service.clear_faults()
        world.turn()


def _misfortune(rng: Random, nth: int) -> Fault:
    is_taken = rng.random() < 0.7
    kinds = (
        gateway(502, accepted=is_taken, nth=nth),
        error(500, accepted=is_taken, nth=nth),
        odd(200, accepted=is_taken, nth=nth),
        redirect(accepted=is_taken, nth=nth),
        reset("end", accepted=is_taken, nth=nth),
        reset("answer", accepted=is_taken, nth=nth),
    )
    return rng.choice(kinds)


def killed_in_the_recovery(world: World) -> None:
    """Dispatches that die while they take up what the one before left when it died."""
    while world.wants_kills:
        world.dispatch(world.strike_at("opened", "written", "answered"))
        world.turn()
        world.dispatch(world.strike_at(*RECOVERING))
        world.turn()


def killed_at_random(world: World) -> None:
    """Dispatches that are killed from outside, wherever they are."""
    while world.wants_kills:
        kill_somewhere(world)
        world.turn()


def kill_somewhere(world: World, *strikes: Strike) -> None:
    """A dispatch that is killed from outside after a random while, if no strike of its own came first."""
    child = world.launch(*strikes)
    child.wait_until_ready()
    world.sleep(SECONDS_A_REQUEST * world.reach)
    child.strike(signal.SIGKILL)
    world.end(child)


def crowd(size: int) -> Scenario:
    """Several dispatches at once, killed in turn and replaced; the others' leases run out under their hands."""

    def play(world: World) -> None:
        world.service.faults(busy(20, share=0.05, times=None), seed=world.rng.randrange(1000))
        while world.wants_kills:
            while len(world.children) < size:
                world.launch().wait_until_ready()
            world.sleep(SECONDS_A_REQUEST * world.reach)
            child = world.rng.choice(world.children)
            child.strike(signal.SIGKILL)
            world.end(child)
            world.turn()
            for other in [one for one in world.children if one.poll()]:
                world.end(other)
        for child in list(world.children):
            world.end(child)

    return play


def stopped(world: World) -> None:
    """A dispatch that sleeps past its lease while another recovers, fences and sends; then it wakes, and dies later."""
    while world.wants_kills:
        places = (*SENDING[:5], *(FENCING[:3] if world.lost() else ()))
        sleeper = world.launch(world.strike_at(*places, by=signal.SIGSTOP), world.strike_at(*SENDING))
        is_asleep = sleeper.wait_until_stopped()
        world.kills += is_asleep
        if is_asleep:
            world.turn()
            _meanwhile(world)
            sleeper.strike(signal.SIGCONT)
        world.end(sleeper)
        world.turn()


def _meanwhile(world: World) -> None:
    """Another dispatch goes on, and dies: at once, some requests later, or anywhere."""
    chance = world.rng.random()
    if chance < 0.4:
        world.dispatch(Strike(world.rng.choice((*SENDING, *(FENCING if world.lost() else ())))))
    elif chance < 0.7:
        world.dispatch(world.strike_at(*SENDING))
    else:
        kill_somewhere(world)


def server_stopped(world: World) -> None:
    """The database's server falls over in mid-dispatch, and comes back."""
    while world.wants_kills:
        child = world.launch()
        child.wait_until_ready()
        world.sleep(SECONDS_A_REQUEST * world.reach)
        world.databases.crash()
        world.kills += 1
        world.end(child)
        world.databases.start()
        world.turn()


def storm(world: World) -> None:
    """Everything at once: SendGrid fails in every way that it can, and dispatches die anywhere."""
    world.service.set(hide_cancels=1)
    world.service.faults(*WEATHER, seed=world.rng.randrange(1000))
    while world.wants_kills:
        if world.lost() + world.attempts()["cancelled", True] > MOST_CANCELS:
            world.service.clear_faults()
        if world.rng.random() < 0.3:
            kill_somewhere(world)
        else:
            world.dispatch(world.strike_at(*SENDING, *RECOVERING, *(FENCING if world.lost() else ())))
        world.turn()


def last_quarter(world: World) -> None:
    """Kills before half past eight; then unknown attempts that are found when no cancel is sure any more."""
    third = world.plan.kills // 3
    while world.wants_kills and world.kills < third:
        world.dispatch(world.strike_at(*SENDING))
        world.turn()
    lose_some(world)
    world.turn_to(NINE - timedelta(minutes=14))
    while world.wants_kills and world.kills < 2 * third and world.lost():
        world.dispatch(Strike(world.rng.choice(FENCING[3:])))
        world.turn(timedelta(seconds=50))
    while world.wants_kills:
        world.dispatch(world.strike_at(*SENDING))
        world.turn()


def answered_late(world: World) -> None:
    """Reminders are handed over in the last half hour, while their clients answer; dispatches die anywhere (R2)."""
    make_reminders(world.store)
    turns = int((NINE - LAST_CANCEL - world.clock()) / A_TURN)
    a_turn = max(1, world.plan.mails // (4 * turns))
    while world.wants_kills and world.clock() < NINE - LAST_CANCEL:
        is_recalled = world.rng.random() < 0.4 and world.lost() + world.crossing() > 0
        child = world.launch(Strike(world.rng.choice(FENCING)) if is_recalled else world.strike_at(*SENDING))
        child.wait_until_ready()
        world.answer(a_turn)
        world.end(child)
        world.answer(a_turn)
        world.turn(A_TURN)


WEATHER = (
    busy(3, share=0.04, times=None),
    error(500, share=0.03, times=None),
    error(500, accepted=True, share=0.03, times=None),
    gateway(502, accepted=True, share=0.04, times=None),
    reset("head", share=0.02, times=None),
    reset("body", share=0.02, times=None),
    reset("end", share=0.02, times=None),
    reset("end", accepted=True, share=0.02, times=None),
    reset("answer", accepted=True, share=0.02, times=None),
    hang(share=0.01, times=None),
    hang(accepted=True, share=0.01, times=None),
    odd(200, share=0.02, times=None),
    odd(200, accepted=True, share=0.02, times=None),
    redirect(share=0.02, times=None),
    cancel_refused(share=0.3, times=None),
)

CATALOGUE: dict[str, Entry] = {
    "1 claimed": Entry(killed_at("claimed")),
    "2 opened": Entry(killed_at("opened")),
    "3 in mid-body": Entry(killed_at("mid_body")),
    "4 body written": Entry(killed_at("written")),
    "5 answered": Entry(killed_at("answered")),
    "6 in the commit": Entry(killed_at("closing")),
    "7 cancelled": Entry(killed_in_the_fence("intended", "cancelled")),
    "8 confirmed": Entry(killed_in_the_fence("confirmed")),
    "9 settling": Entry(killed_in_the_fence("settling", "requeued", "settled")),
    "10 at random": Entry(killed_at_random),
    "11 two at once": Entry(crowd(2)),
    "12 three at once": Entry(crowd(3)),
    "13 stopped": Entry(stopped),
    "14 server stopped": Entry(server_stopped, condition=Condition(loses_database=True)),
    "15 storm": Entry(storm, condition=Condition(total_seconds=IMPATIENCE)),
    "16 last quarter": Entry(last_quarter, ("held", "unknown"), Condition(NINE - timedelta(hours=1), False)),
    "17 immediate": Entry(killed_at(*SENDING), ("unknown",), Condition(MIDDAY, False)),
    "18 recovering": Entry(killed_in_the_recovery),
    "19 answered late": Entry(answered_late, ("held", "unknown"), Condition(NINE - timedelta(minutes=35), False)),
}
ONLY_ON_POSTGRESQL = ("14 server stopped",)
