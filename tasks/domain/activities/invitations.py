"""Whom to tell of an activity: compared are what each person was told last, and how things stand (V5, V7).

Nothing is told at each save: a move that is moved back within a minute tells nobody anything.
May touch: nothing. Tests: tests/unit/activities/test_whom_to_tell.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tasks.domain.activities.activity import Activity

REQUEST, CANCEL, NONE = "REQUEST", "CANCEL", "NONE"


@dataclass(frozen=True, order=True)
class Attendee:
    """A person who is asked to an activity: `user` of the firm, or `relation`, the client's contact."""

    kind: str
    id: str


@dataclass(frozen=True)
class Told:
    """What a person was told last, at which SEQUENCE; NONE: it came with a first import, and nobody was told."""

    method: str
    sequence: int


def due_invitations(
    activity: Activity, asked: Iterable[Attendee], told: Mapping[Attendee, Told], now: datetime
) -> list[tuple[Attendee, str]]:
    """Who is to be told what of an activity now: REQUEST or CANCEL.

    Args:
        activity: as it was saved last.
        asked: who is asked to it now.
        told: what those were told who ever came into question.
        now: the instant, UTC.
    """
    if activity.is_over(now):
        return []
    if not activity.is_planned:
        asked = ()
    wanted = set(asked)
    due = [(one, REQUEST) for one in sorted(wanted) if _needs_request(activity, told.get(one))]
    gone = (one for one, last in sorted(told.items()) if last.method == REQUEST and one not in wanted)
    return due + [(one, CANCEL) for one in gone]


def _needs_request(activity: Activity, last: Told | None) -> bool:
    if last is None or last.method == CANCEL:
        return True
    return activity.sequence > last.sequence
