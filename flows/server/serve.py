"""Serve all deployments from one process, on the home's own Prefect server or on an existing one.

Prefect only triggers. Relance's own lock and keys decide what happens, so a schedule that fires twice, late or after a
crash is harmless.
May touch: prefect. Tests: tests/unit/server/test_serve_deployments.py, tests/end_to_end/test_serve.py, tests/serve/.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from prefect import Flow, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, State, StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Crashed
from prefect.types.entrypoint import EntrypointType

from flows.assign_schedule import assign_schedule
from flows.data_quality_report import data_quality_report
from flows.dispatch import dispatch
from flows.home.clock import now
from flows.home.errors import SettingsError
from flows.home.settings import Settings
from flows.import_csv import import_csv
from flows.jobs.assign import schedule_names
from flows.nightly import nightly
from flows.prefect_ui import TAGS
from flows.purge_dossiers import purge_dossiers
from flows.run_planning_now import ALL, run_planning_now
from flows.server.watch import NIGHT_HOUR, ServerWatch
from sql.lock import LockTaken
from sql.store import Store

DAY = r"^\d{4}-\d{2}-\d{2}$"  # the server does not validate `format`
SECONDS_BETWEEN_LOOKS = 30.0
SECONDS_BETWEEN_TRIES = 2.0


@dataclass(frozen=True)
class Served:
    """A flow and its schedule: a cron line in the firm's time zone or in UTC, or None to run only on demand."""

    flow: Flow[Any, Any]
    cron: str | None = None
    is_utc: bool = False


SERVED = (
    Served(nightly, f"0 {NIGHT_HOUR} * * *"),
    # In a zone with summer time, Prefect skips the second of the two repeated hours in autumn. UTC has none.
    Served(dispatch, "*/5 * * * *", is_utc=True),
    Served(data_quality_report, "30 6 * * 1"),
    Served(purge_dossiers, "15 1 * * *"),
    Served(run_planning_now),
    Served(assign_schedule),
    Served(import_csv),
)


def deployments_of(settings: Settings) -> list[RunnerDeployment]:
    """The deployments of a home, with its schedules and profiles as drop-down choices."""
    return [_deployment(settings, one) for one in SERVED]


def _deployment(settings: Settings, served: Served) -> RunnerDeployment:
    made = served.flow.to_deployment(
        name=served.flow.name,
        schedules=[Cron(served.cron, timezone="UTC" if served.is_utc else settings.firm.timezone)]
        if served.cron
        else [],
        parameters={"home": str(settings.home.resolve())},
        tags=[*TAGS, settings.firm.name],
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(made, RunnerDeployment)  # it is a coroutine only inside a running event loop
    _offer(made._parameter_openapi_schema.properties, _choices(settings, served))  # noqa: SLF001 - no public attribute
    return made


def _choices(settings: Settings, served: Served) -> dict[str, list[str]]:
    """The values that this home allows for each parameter, by parameter name."""
    schedules = schedule_names(settings)
    everything = [ALL] if served.flow is run_planning_now else []
    return {"schedule": [*everything, *schedules], "mapping": sorted(settings.mappings)}


def _offer(properties: dict[str, Any], choices: Mapping[str, list[str]]) -> None:
    """Turn parameters with known values into drop-downs, and make the server validate dates."""
    for name, asked in properties.items():
        if name in choices:
            nothing = [{"type": "null"}] if asked.pop("anyOf", None) else []
            one = {"type": "string", "enum": choices[name]}
            asked.update({"anyOf": [one, *nothing]} if nothing else one)
        for kind in asked.get("anyOf", []):
            if kind.get("format") == "date":
                kind["pattern"] = DAY


def mark_crashed(store: Store) -> int:
    """Mark runs as crashed that a killed process left in state Running or Pending.

    While another process holds the writer's lock, a run may still be alive, and nothing is marked.

    Returns:
        The number of runs marked.
    """
    try:
        lock = store.lock().acquire()
    except LockTaken:
        return 0
    with lock, get_client(sync_client=True) as client:
        running = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING]))
        ours = FlowRunFilterTags(all_=list(TAGS))
        found = client.read_flow_runs(flow_run_filter=FlowRunFilter(state=running, tags=ours))
        for run in found:
            dead: State[object] = Crashed(
                message="Its process was gone when `relance serve` started. Nothing is lost; see deployments/README.md."
            )
            client.set_flow_run_state(run.id, dead, force=True)
    return len(found)


def catch_up(deployment: str) -> None:
    """Start one nightly run now; it plans whatever was missed (P6)."""
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(f"{deployment}/{deployment}")
        client.create_flow_run_from_deployment(found.id, parameters=found.parameters, tags=[*TAGS, "catch-up"])


class _Runner(Runner):
    """Prefect's runner with another SIGTERM handler: Prefect's own warns of a coroutine that it never awaits."""

    def handle_sigterm(self, *_words: object, **_named: object) -> None:
        """Exit; whatever is running can be killed safely."""
        sys.exit(0)


@dataclass
class Serving:
    """Keeps the deployments served until a signal ends the process.

    Prefect's runner gives up when its server is unreachable for half a minute; it is restarted when the server is back.
    Schedules are not paused on exit: runs that fall due meanwhile are late, and are found at the next start.
    """

    deployments: Sequence[RunnerDeployment]
    announce: Callable[[], None]
    watch: ServerWatch
    is_announced: bool = False

    def run_until_stopped(self) -> None:
        """Create the deployments, announce them, and start whatever is due.

        Raises:
            SettingsError: no night is scheduled a minute after the start, or a dead server does not start again.
        """
        with suppress(KeyboardInterrupt):
            while not asyncio.run(self._run()):
                while not self.watch.api.is_healthy():
                    time.sleep(SECONDS_BETWEEN_TRIES)
                    self.watch.look(now())

    async def _run(self) -> bool:
        """Serve until stopped; return False if the runner gave up because the server was unreachable."""
        working = [asyncio.create_task(self._start()), asyncio.create_task(self._look())]
        done, others = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for error in [task.exception() for task in done]:
            if isinstance(error, SettingsError) or (error is not None and not self.is_announced):
                raise error
            if error is not None:
                self.watch.report(f"Prefect's runner stopped ({type(error).__name__}); it is started again.")
                return False
        return True

    async def _start(self) -> None:
        runner = _Runner(name="relance", pause_on_shutdown=False)
        for deployment in self.deployments:
            await runner.aadd_deployment(deployment)
        if not self.is_announced:
            await asyncio.to_thread(self.announce)
            self.is_announced = True
        await runner.start()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            await asyncio.to_thread(self.watch.look, now())
