"""Watches the server under `relance serve`: restarts it, reports its errors, and starts a night that was missed.

The nightly run must start by itself, and Prefect's server writes its errors only to a log file. This process therefore
checks the server every half minute.
May touch: the home's prefect/server.log, the Prefect API. Tests: tests/unit/server/test_server_watch.py, tests/serve/.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.home.errors import SettingsError
from flows.server.prefect_server import OwnServer, PrefectApi, ServerUnreachable
from sql.lock import LockTaken
from sql.store import Store
from tasks.runs import last_planned_day

NIGHT_HOUR = 2
TIME_TO_SCHEDULE = timedelta(minutes=1)
TIME_FOR_A_NIGHT_TO_START = timedelta(hours=1)
ERROR_LINE = re.compile(r"\| (?:ERROR|CRITICAL) +\| (?P<logger>[\w.]+) - (?P<message>.+)")
# The parts that differ between two occurrences of the same error: numbers and identifiers.
VARIABLE = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
LONGEST_MESSAGE = 300


@dataclass
class ErrorLog:
    """A server's log, read from its end at the start of the watch; each kind of error is returned once."""

    path: Path
    _position: int = 0
    _known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._position = self.path.stat().st_size if self.path.exists() else 0

    def new_errors(self) -> list[str]:
        """Errors logged since the last call, of kinds not seen before."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._position)
            added = file.read()
        # A line that is still being written is read by the next call.
        whole, _, _ = added.rpartition(b"\n")
        self._position += len(whole) + 1 if whole else 0
        found = []
        for line in whole.decode("utf-8", "replace").splitlines():
            match = ERROR_LINE.search(line)
            kind = VARIABLE.sub("#", match["logger"] + match["message"]) if match else None
            if match and kind and kind not in self._known:
                self._known.add(kind)
                found.append(f"{match['logger']}: {match['message'][:LONGEST_MESSAGE]}")
        return found


@dataclass
class ServerWatch:
    """Checks a home's server; every problem is reported once, not every half minute.

    Attributes:
        zone: the firm's time zone, in which the hour of the nightly run is given.
        own_server: the server, if this process started it, else None.
        errors: the log of that server, else None.
        start_night: asks the server to start one night now.
        report: shows a sentence to the operator.
        started_at: when serving began, UTC.
    """

    store: Store
    zone: ZoneInfo
    api: PrefectApi
    own_server: OwnServer | None
    errors: ErrorLog | None
    start_night: Callable[[], None]
    report: Callable[[str], None]
    started_at: datetime
    _was_scheduled: bool = False
    _is_unscheduled: bool = False
    _nights_started: set[date] = field(default_factory=set)

    def look(self, now: datetime) -> None:
        """Check once.

        Args:
            now: the current instant, UTC.

        Raises:
            SettingsError: no night is scheduled a minute after the start, or a dead server does not start again.
        """
        if self.own_server is not None and not self.own_server.is_alive():
            self.report("The Prefect server died; it is being restarted.")
            self.own_server.start()
            self.report("The Prefect server runs again.")
        for error in self.errors.new_errors() if self.errors else []:
            self.report(f"Prefect server error (prefect/server.log has the details): {error}")
        try:
            self._check_schedule(now)
            self._check_night(now)
        except ServerUnreachable as error:
            self.report(f"{error}; trying again.")

    def _check_schedule(self, now: datetime) -> None:
        if now - self.started_at < TIME_TO_SCHEDULE:
            return
        if self.api.next_run_at("nightly") is not None:
            self._was_scheduled, self._is_unscheduled = True, False
            return
        problem = "Prefect has scheduled no run of `nightly`, so no night would start by itself"
        if not self._was_scheduled:
            raise SettingsError(f"{problem}. Its server's log says why; `relance doctor` shows the versions installed.")
        if not self._is_unscheduled:
            self._is_unscheduled = True
            self.report(f"{problem}; nights are started by `relance serve` an hour after their time until it does.")

    def _check_night(self, now: datetime) -> None:
        missed = missed_night(self.store, self.zone, now - TIME_FOR_A_NIGHT_TO_START, self.started_at)
        if missed is None or missed in self._nights_started or _is_busy(self.store):
            return
        self.start_night()
        self._nights_started.add(missed)
        self.report(f"The night of {missed} was not done an hour after its time; it is started now.")


def missed_night(store: Store, zone: ZoneInfo, until: datetime, served_since: datetime) -> date | None:
    """The last night that was due by `until` and for which no complete run was done; else None.

    In a home without any earlier night, only nights that fell due since it was served count.
    """
    local = until.astimezone(zone)
    due = local.date() if local.hour >= NIGHT_HOUR else local.date() - timedelta(days=1)
    last = last_planned_day(store, not_after=local.date())
    if last is not None:
        return due if last < due else None
    night_at = datetime(due.year, due.month, due.day, NIGHT_HOUR, tzinfo=zone).astimezone(UTC)
    return due if served_since < night_at else None


def _is_busy(store: Store) -> bool:
    """Whether a run is in progress: it may be a long nightly run."""
    try:
        store.lock().acquire().release()
    except LockTaken:
        return True
    return False
