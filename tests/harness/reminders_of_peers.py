"""How two well-known CRMs decide on reminders of an activity, as their code and their issues tell.

SuiteCRM keeps one flag per reminder, not per person, which a move does not reset. EspoCRM makes the reminder anew at each
move, and none where its time is past already (espocrm 3704).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEAD, GRACE = timedelta(minutes=30), timedelta(hours=1)


@dataclass
class SuiteCrm:
    """One flag: it was sent."""

    start: datetime | None = None
    is_planned: bool = False
    people: frozenset[str] = frozenset()
    is_sent: bool = False
    sent: set[tuple[str, datetime]] = field(default_factory=set)

    def save(self, now: datetime, start: datetime, people: frozenset[str], *, is_planned: bool) -> None:  # noqa: ARG002
        """A save; the flag stays."""
        self.start, self.people, self.is_planned = start, people, is_planned

    def dispatch(self, now: datetime) -> None:
        """A run of its scheduler."""
        if self.start and self.is_planned and not self.is_sent and self.start - LEAD <= now:
            self.is_sent = True
            self.sent |= {(one, self.start) for one in self.people}


@dataclass
class EspoCrm:
    """A reminder row, made anew where start or status change."""

    start: datetime | None = None
    is_planned: bool = False
    people: frozenset[str] = frozenset()
    remind_at: datetime | None = None
    sent: set[tuple[str, datetime]] = field(default_factory=set)

    def save(self, now: datetime, start: datetime, people: frozenset[str], *, is_planned: bool) -> None:
        """A save; a reminder whose time is past is not made."""
        if (start, is_planned) != (self.start, self.is_planned):
            self.remind_at = start - LEAD if is_planned and start - LEAD >= now else None
        self.start, self.people, self.is_planned = start, people, is_planned

    def dispatch(self, now: datetime) -> None:
        """A run of its scheduler: late by an hour at most."""
        if self.start and self.remind_at and self.remind_at <= now:
            if now - self.remind_at <= GRACE:
                self.sent |= {(one, self.start) for one in self.people}
            self.remind_at = None
