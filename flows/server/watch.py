"""While `relance serve` runs: restart a server that died, report its errors, and start a night that did not come.

A schedule that fires by itself is the product's first promise, and Prefect's server keeps its errors in a file that
nobody reads. So this process looks at it every half minute.
May touch: the home's prefect/server.log, the Prefect API. Tests: tests/unit/server/test_server_watch.py, tests/serve/.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.home.settings import SettingsError
from flows.server.prefect_server import OwnServer, PrefectApi, ServerUnreachable
from sql.lock import LockTaken
from sql.store import Store
from tasks.runs import last_planned_day

NIGHT_HOUR = 2
TIME_TO_SCHEDULE = timedelta(minutes=1)
TIME_FOR_A_NIGHT_TO_START = timedelta(hours=1)
ERROR_LINE = re.compile(r"\| (?:ERROR|CRITICAL) +\| (?P<logger>[\w.]+) - (?P<message>.+)")
# What differs from one occurrence of an error to the next: numbers and identifiers.
VARIABLE = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
LONGEST_MESSAGE = 300


@dataclass
class ErrorLog:
    """A server's log, read from where it ended when the watch began; each kind of error is given once."""

    path: Path
    _position: int = 0
    _known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._position = self.path.stat().st_size if self.path.exists() else 0

    def new_errors(self) -> list[str]:
        """Errors of kinds that were not seen before, since the last call."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._position)
            added = file.read()
        # A line that is still being written is read next time.
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
    """Looks at the server of a home; every problem is reported once, not every half minute.

    Attributes:
        store: the firm's database.
        zone: the firm's time zone, in which the night has its hour.
        api: the server.
        own_server: where this process started it, else None.
        errors: its log, where it is ours.
        start_night: asks the server for one night, now.
        report: a sentence for the operator.
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
        """Look once.

        Args:
            now: the instant, UTC.

        Raises:
            SettingsError: a minute after the start, no night is scheduled; or a server that died does not start again.
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
    """The last night whose time had come by `until`, where no whole run was done for it; else None.

    A home that never had a night is owed those that fall due while it is served.
    """
    local = until.astimezone(zone)
    due = local.date() if local.hour >= NIGHT_HOUR else local.date() - timedelta(days=1)
    last = last_planned_day(store, not_after=local.date())
    if last is not None:
        return due if last < due else None
    night_at = datetime(due.year, due.month, due.day, NIGHT_HOUR, tzinfo=zone).astimezone(UTC)
    return due if served_since < night_at else None


def _is_busy(store: Store) -> bool:
    """Whether a run is under way: it may be the night itself, and a long one."""
    try:
        store.lock().acquire().release()
    except LockTaken:
        return True
    return False
