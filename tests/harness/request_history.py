"""One request from its first message to its end, one day after the other: the slow reference of reminders (R1-R5, M4)."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

EVERY_DAYS, MAX, MOST = 3, 2, 12
REQUIRED = ("kms", "iban")
REVIEWED = ("iban",)
ITEMS = ("kms", "iban", "note")
WANTED = ("open", "returned")
MOST_PROMISES = 2
REASON = "Illisible"


@dataclass
class Request:
    """A request, and the messages that left: (day, cycle, sequence)."""

    first_on: date
    items: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ITEMS, "open"))
    promised: dict[str, date] = field(default_factory=dict)
    promises: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ITEMS, 0))
    cycle: int = 0
    sequence: int = 0
    reminders: int = 0
    is_told: bool = True
    is_exhausted: bool = False
    remind_on: date = date.max
    paused_until: date = date.min
    sent: list[tuple[date, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._leave(self.first_on)

    @property
    def is_complete(self) -> bool:
        """All that is required is answered, and all that was returned."""
        return all(self.items[key] not in WANTED for key in REQUIRED) and "returned" not in self.items.values()

    def night(self, day: date, is_quiet: bool) -> None:
        """What leaves on a day: at most one message."""
        if is_quiet or self.is_complete:
            return
        if not self.is_told:
            self.is_told = True
            self._leave(day)
            return
        wanted = [key for key in ITEMS if self.items[key] in WANTED]
        is_promised = all(self.promised.get(key, date.min) >= day for key in wanted)
        if self.is_exhausted or day < self.remind_on or is_promised or day <= self.paused_until:
            return
        self.sequence += 1
        self.reminders += 1
        self._leave(day)
        self.is_exhausted = self.sequence >= MAX or self.reminders >= MOST

    def _leave(self, day: date) -> None:
        self.sent.append((day, self.cycle, self.sequence))
        self.remind_on = day + timedelta(days=EVERY_DAYS)

    def possible(self, day: date) -> list[tuple[str, str | None]]:
        """What a client or a person of the firm may do now."""
        acts: list[tuple[str, str | None]] = [("pause", None), ("resume", None)]
        for key, status in self.items.items():
            if status != "accepted":
                acts += [("answer", key), ("not_applicable", key)]
            is_near = day + timedelta(days=5) <= self.first_on + timedelta(days=30)
            if status in WANTED and self.promises[key] < MOST_PROMISES and is_near:
                acts.append(("promise", key))
            if status not in WANTED:
                acts.append(("return", key))
            if status == "received":
                acts.append(("accept", key))
        return acts

    def act(self, what: str, key: str | None, day: date) -> None:
        """Something that happens during a day, before its night."""
        if what == "pause":
            self.paused_until = day + timedelta(days=4)
        elif what == "resume":
            self.paused_until = date.min
        elif key is not None:
            self._act_on(what, key, day)

    def _act_on(self, what: str, key: str, day: date) -> None:
        if what == "promise":
            self.promised[key] = day + timedelta(days=5)
            self.promises[key] += 1
            return
        if what != "return":
            self.items[key] = {"answer": "received", "not_applicable": "not_applicable", "accept": "accepted"}[what]
            return
        self.items[key] = "returned"
        if self.cycle == 0 or self.is_told:
            self.cycle, self.sequence = self.cycle + 1, 0
        self.is_told = self.is_exhausted = False
        self.remind_on = day


def choose_act(request: Request, day: date, chance: Random) -> tuple[str, str | None] | None:
    """Something that happens today, or nothing: on most days nothing does."""
    return chance.choice(request.possible(day)) if chance.random() < 0.25 else None
