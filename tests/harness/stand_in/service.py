"""What SendGrid knows and does: batches, cancels, mails accepted, delivered, dropped and discarded.

One process with one loop serves all clients, so that each method is carried out whole before the next begins.
Every change is a line of the journal; a service that starts on a journal knows what the one before it knew.
"""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .journal import Journal, Line, lines
from .mails import EXPIRES_SECONDS, SECONDS_TO_CANCEL, Mail, Stop, mails_of, recipients
from .suppressions import Suppressions

MAX_STOPS = 100


@dataclass
class Settings:
    """What a test may change while the stand-in runs.

    Attributes:
        latency_ms: before every answer.
        hide_cancels: how many GETs do not show a new cancel yet.
        late_cancel: less than ten minutes before send_at a cancel is `refused`, or taken and `ignored`.
        logs_lag: seconds of the clock until a mail shows up in the logs.
        keep_bodies: keep each accepted request's body in a file beside the journal.
    """

    latency_ms: int = 0
    hide_cancels: int = 0
    late_cancel: Literal["refused", "ignored"] = "refused"
    logs_lag: int = 0
    keep_bodies: bool = False


class Refused(Exception):
    """SendGrid's answer is 400, with these words."""


class Service:
    """The state behind the interface."""

    def __init__(self, journal: Path, now: int | None, fsync: bool = True) -> None:
        self.settings = Settings()
        self.suppressions = Suppressions()
        self._folded: list[Line] = []
        self._mails: dict[str, Mail] = {}
        self.batches: dict[str, set[int]] = {}
        self.stops: dict[str, Stop] = {}
        self._pending: dict[str, Mail] = {}
        self._accepted = 0
        self._fixed = now
        self._ahead = 0.0
        self.bodies = journal.with_suffix(".bodies")
        self.journal = Journal(journal, fsync)
        for line in lines(journal):
            getattr(self, f"_recall_{line['kind']}", lambda _: None)(line)

    @property
    def now(self) -> int:
        """The clock: fixed until a test moves it, or the real one with what a test added."""
        return int(time.time() + self._ahead) if self._fixed is None else self._fixed

    @property
    def mails(self) -> dict[str, Mail]:
        """Every mail ever taken, by sg_message_id."""
        self._unfold()
        return self._mails

    def new_batch(self) -> str:
        """A batch id, given out."""
        name = _name("batch", len(self.batches), 32)
        self.batches[name] = set()
        self.journal.add("batch", at=self.now, batch_id=name)
        return name

    def accept(self, body: dict[str, Any], raw: bytes) -> str:
        """Take a checked request; its X-Message-Id."""
        name = _name("request", self._accepted, 22)
        if self.settings.keep_bodies:
            self.bodies.mkdir(exist_ok=True)
            (self.bodies / f"{name}.json").write_bytes(raw)
        line: Line = {"id": name, "at": self.now, "batch_id": body.get("batch_id"), "send_at": body.get("send_at")}
        line |= {"from": body["from"]["email"], "categories": body.get("categories", []), "mails": recipients(body)}
        self.journal.add("accepted", **line)
        self._recall_accepted(line)
        if any((mail.get("send_at", line["send_at"]) or 0) <= self.now for mail in line["mails"]):
            self._settle_due(self._unfold())
        return name

    def stop(self, batch_id: str, status: str) -> None:
        """Cancel or pause a batch."""
        if batch_id not in self.batches:
            raise Refused("invalid batch id")
        if batch_id in self.stops:
            raise Refused("batch id already has a status")
        if len(self.stops) >= MAX_STOPS:
            raise Refused(f"no more than {MAX_STOPS} cancelled or paused sends are allowed")
        self.restop(batch_id, status)

    def restop(self, batch_id: str, status: str) -> None:
        """Set a batch's status, or another one."""
        if self.settings.late_cancel == "refused" and self._is_late(batch_id):
            raise Refused("the send is less than 10 minutes away")
        self.journal.add("scheduled_send", at=self.now, batch_id=batch_id, status=status)
        self.stops[batch_id] = Stop(status, self.now, self.settings.hide_cancels)

    def unstop(self, batch_id: str) -> None:
        """Forget a cancel or pause; what was discarded by it stays discarded."""
        self.journal.add("scheduled_send", at=self.now, batch_id=batch_id, status=None)
        del self.stops[batch_id]
        self.settle()

    def advance(self, to: int) -> None:
        """Move the clock forward; what was scheduled until then is delivered unless its batch is stopped."""
        if to < self.now:
            raise Refused("the clock goes forward only")
        self.journal.add("clock", at=to)
        self._recall_clock({"at": to})
        self.settle()

    def settle(self) -> None:
        """Deliver, drop or discard every mail whose hour has come."""
        self._unfold()
        self._settle_due(self._pending.values())

    def suppress(self, kind: str, email: str, **values: Any) -> None:
        """Put an address on a list."""
        entry = self.suppressions.entry(kind, email, self.now, values)
        self.journal.add("suppression", list=kind, entry=entry)
        self.suppressions.add(kind, entry)

    def unsuppress(self, kind: str, email: str) -> bool:
        """Take an address off a list; whether it was there."""
        self.journal.add("unsuppression", list=kind, email=email)
        return self.suppressions.remove(kind, email)

    def report(self, mail: Mail, status: str, reason: str) -> None:
        """An event changed what the logs say of a mail."""
        self.journal.add("event", id=mail.sg_message_id, status=status, reason=reason)
        mail.status, mail.reason = status, reason

    def _settle_due(self, mails: Iterable[Mail]) -> None:
        now = self.now
        for mail in sorted((one for one in mails if _leaves_at(one) <= now), key=_leaves_at):
            self._settle(mail)

    def _settle(self, mail: Mail) -> None:
        stop = self._stop_of(mail)
        if stop is not None and stop.status == "pause" and self.now - _leaves_at(mail) <= EXPIRES_SECONDS:
            return
        kind, reason = "delivered", ""
        if stop is not None:
            kind, reason = "discarded", "cancelled" if stop.status == "cancel" else "expired"
        elif listed := self.suppressions.drop_reason(mail.email):
            kind, reason = "dropped", listed
        at = max(_leaves_at(mail), mail.accepted_at)
        line = {"at": at, "id": mail.sg_message_id, "email": mail.email, "message_id": mail.message_id}
        self.journal.add(kind, **line, batch_id=mail.batch_id, reason=reason)
        self._conclude(mail, kind, reason)

    def _stop_of(self, mail: Mail) -> Stop | None:
        stop = self.stops.get(mail.batch_id or "")
        if stop is None or self.settings.late_cancel == "refused" or mail.accepted_at > stop.at:
            return stop
        return None if _leaves_at(mail) - stop.at < SECONDS_TO_CANCEL else stop

    def _is_late(self, batch_id: str) -> bool:
        return any(0 < at - self.now < SECONDS_TO_CANCEL for at in self.batches[batch_id])

    def _conclude(self, mail: Mail, kind: str, reason: str) -> None:
        self._pending.pop(mail.sg_message_id, None)
        mail.status = "delivered" if kind == "delivered" else "dropped"
        mail.reason = reason

    def _recall_clock(self, line: Line) -> None:
        if self._fixed is None:
            self._ahead = max(self._ahead, line["at"] - time.time())
        else:
            self._fixed = max(self._fixed, line["at"])

    def _recall_batch(self, line: Line) -> None:
        self.batches[line["batch_id"]] = set()

    def _recall_accepted(self, line: Line) -> None:
        self._accepted += 1
        self._folded.append(line)
        if line["batch_id"] is not None:
            instants = {mail.get("send_at", line["send_at"]) for mail in line["mails"]}
            self.batches[line["batch_id"]] |= instants - {None}

    def _unfold(self) -> list[Mail]:
        """The mails of requests accepted since: made when first looked at, as taking a request must be quick."""
        found = [mail for line in self._folded for mail in mails_of(line)]
        self._folded.clear()
        named = {mail.sg_message_id: mail for mail in found}
        self._mails |= named
        self._pending |= named
        return found

    def _recall_scheduled_send(self, line: Line) -> None:
        self.stops.pop(line["batch_id"], None)
        if line["status"] is not None:
            self.stops[line["batch_id"]] = Stop(line["status"], line["at"])

    def _recall_suppression(self, line: Line) -> None:
        self.suppressions.add(line["list"], line["entry"])

    def _recall_unsuppression(self, line: Line) -> None:
        self.suppressions.remove(line["list"], line["email"])

    def _recall_delivered(self, line: Line) -> None:
        self._conclude(self.mails[line["id"]], line["kind"], line["reason"])

    def _recall_event(self, line: Line) -> None:
        mail = self.mails[line["id"]]
        mail.status, mail.reason = line["status"], line["reason"]

    _recall_dropped = _recall_discarded = _recall_delivered


def _leaves_at(mail: Mail) -> int:
    return mail.accepted_at if mail.send_at is None else mail.send_at


def _name(kind: str, number: int, length: int) -> str:
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:length]
