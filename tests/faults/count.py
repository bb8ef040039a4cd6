"""What became of every mail: the journal's deliveries beside the outbox's rows. Pure.

A mail is duplicated where it arrived more than once, and lost where it never did although nothing allowed says that
nobody knows, and no answer made it needless. `untrue` is a row that tells something else than what happened; so is a mail
that was handed over after the answer to its request, and one scheduled before it that is not counted as crossed (R2).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

UNSURE = ("held", "unknown")
SHOWN = 20


@dataclass(frozen=True)
class Row:
    """A message as the outbox has it at the end.

    Attributes:
        message_id, status, reason: its own.
        step: the status of the sub-task that it is the mail of.
        is_scheduled: whether its last attempt was of a scheduled send; None where it has no attempt.
        is_answered: whether its request was answered; None where it is no request's.
        was_waiting: whether that was before it was handed over.
        is_crossed: whether it is counted as one that crossed an answer.
    """

    message_id: int
    status: str
    reason: str | None = None
    step: str = "open"
    is_scheduled: bool | None = None
    is_answered: bool | None = None
    was_waiting: bool = False
    is_crossed: bool = False


@dataclass
class Count:
    """The numbers of the messages of which each is true."""

    duplicated: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    untrue: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, doubled or told wrongly."""
        return not (self.duplicated or self.lost or self.untrue)

    @property
    def problems(self) -> list[str]:
        """A sentence for each kind of violation."""
        found = {"duplicated": self.duplicated, "lost": self.lost, "not as the outbox says": self.untrue}
        return [f"{len(ids)} {what}: {_some(ids)}" for what, ids in found.items() if ids]


def count(deliveries: Mapping[object, int], rows: Iterable[Row], allowed: Collection[str] = ()) -> Count:
    """Judge every mail.

    Args:
        deliveries: how often each message arrived, by message_id.
        rows: every message of the outbox.
        allowed: which of `held` and `unknown` the scenario's rules leave.
    """
    found = Count()
    strangers = {key: times for key, times in deliveries.items() if times}
    for row in rows:
        times = strangers.pop(row.message_id, 0)
        is_unsure = row.status in UNSURE and row.status in allowed and _has_grounds(row)
        if times > 1:
            found.duplicated.append(row.message_id)
        if times == 0 and not is_unsure and not row.is_answered:
            found.lost.append(row.message_id)
        if not is_unsure and not _tells_the_truth(row, times):
            found.untrue.append(row.message_id)
        if row.status in UNSURE:
            getattr(found, row.status).append(row.message_id)
    # What arrived and stands in no outbox is nobody's mail.
    found.untrue += [-1 if not isinstance(key, int) else key for key in strangers]
    return found


def _has_grounds(row: Row) -> bool:
    """O3: a scheduled send is held for a person, an immediate one stays unknown; neither has its step done."""
    if row.step != "open" and row.is_answered is None:
        return False
    return (
        row.is_scheduled is True and row.reason == "unconfirmed" if row.status == "held" else row.is_scheduled is False
    )


def _tells_the_truth(row: Row, times: int) -> bool:
    if (row.status == "sent") != (times == 1):
        return False
    if row.is_answered is None:
        return (row.step == "done") == (row.status == "sent")
    if row.was_waiting and times:
        return False
    return row.is_crossed or not (row.is_answered and row.is_scheduled and times)


def _some(ids: list[int]) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(map(str, ids[:SHOWN])) + more
