"""All deployments, served by one process: a Prefect server of the home's own, or one that is there already.

Prefect only triggers. What happens is decided by the product's own lock and keys, so a schedule that comes twice, late
or after a crash does no harm.
May touch: prefect. Tests: tests/unit/test_serving.py, tests/end_to_end/test_serve.py.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from prefect import Flow, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, State, StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Crashed
from prefect.types.entrypoint import EntrypointType

from flows.assign_schedule import assign_schedule
from flows.assigning import schedule_names
from flows.data_quality_report import data_quality_report
from flows.dispatch_outbox import dispatch
from flows.import_csv import import_csv
from flows.nightly import nightly
from flows.run_planning_now import ALL, run_planning_now
from flows.settings import Settings, SettingsError
from flows.watched import TAGS
from sql.lock import LockTaken
from sql.store import Store
from tasks.ledger import last_planned_day

NIGHT_HOUR = 2
DAY = r"^\d{4}-\d{2}-\d{2}$"  # the server does not look at formats
SECONDS_TO_START = 120
SECONDS_TO_STOP = 20
SECONDS_BETWEEN_LOOKS = 0.2
GONE = "Its process was gone when `relance serve` started. The next run takes up what it left; nothing is lost."


@dataclass(frozen=True)
class Served:
    """A flow and when it runs: a cron line in the firm's zone, or None for when somebody asks."""

    flow: Flow[Any, Any]
    cron: str | None = None


SERVED = (
    Served(nightly, f"0 {NIGHT_HOUR} * * *"),
    Served(dispatch, "*/5 * * * *"),
    Served(data_quality_report, "30 6 * * 1"),
    Served(run_planning_now),
    Served(assign_schedule),
    Served(import_csv),
)


def deployments_of(settings: Settings) -> list[RunnerDeployment]:
    """The deployments of a home, with its schedules and profiles offered by name."""
    return [_deployment(settings, one) for one in SERVED]


def _deployment(settings: Settings, served: Served) -> RunnerDeployment:
    made = served.flow.to_deployment(
        name=served.flow.name,
        schedules=[Cron(served.cron, timezone=settings.firm.timezone)] if served.cron else [],
        parameters={"home": str(settings.home.resolve())},
        tags=[*TAGS, settings.firm.name],
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(made, RunnerDeployment)  # a coroutine only where a loop runs
    _offer(made._parameter_openapi_schema.properties, _choices(settings, served))  # noqa: SLF001 - there is no other door
    return made


def _choices(settings: Settings, served: Served) -> dict[str, list[str]]:
    """The values that a parameter of this name may have in this home."""
    schedules = schedule_names(settings)
    everything = [ALL] if served.flow is run_planning_now else []
    return {"schedule": [*everything, *schedules], "mapping": sorted(settings.mappings)}


def _offer(properties: dict[str, Any], choices: Mapping[str, list[str]]) -> None:
    """Let the form show a drop-down, and the server refuse what is not in it, or is no day."""
    for name, asked in properties.items():
        if name in choices:
            nothing = [{"type": "null"}] if asked.pop("anyOf", None) else []
            one = {"type": "string", "enum": choices[name]}
            asked.update({"anyOf": [one, *nothing]} if nothing else one)
        for kind in asked.get("anyOf", []):
            if kind.get("format") == "date":
                kind["pattern"] = DAY


@contextmanager
def own_server(home: Path, host: str, port: int) -> Iterator[str]:
    """A Prefect server of the home's own; the address of its pages. It ends with the block.

    Raises:
        SettingsError: it does not start.
    """
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]
    with log.open("ab") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)  # noqa: S603 - this Python, and numbers
    try:
        _wait_for(server, f"http://{host}:{port}", log)
        yield f"http://{host}:{port}"
    finally:
        server.terminate()
        try:
            server.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    last = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < last:
        if server.poll() is not None:
            raise SettingsError(f"The Prefect server ended at its start; {log} says why. Is the port taken?")
        try:
            if httpx.get(f"{address}/api/health", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(SECONDS_BETWEEN_LOOKS)
    raise SettingsError(f"The Prefect server did not start in {SECONDS_TO_START} seconds; {log} says why.")


def mark_crashed(store: Store) -> int:
    """Say of runs that a killed process left "Running" that they are dead; how many.

    While somebody holds the writer's lock a run may be alive, and nothing is said.
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
                message="Its process was gone when `relance serve` started. Nothing is lost; see README."
            )
            client.set_flow_run_state(run.id, dead, force=True)
    return len(found)


def missed_night(settings: Settings, store: Store, now: datetime) -> date | None:
    """The last night that was to come and did not, of a firm that has had nights before; else None."""
    last = last_planned_day(store)
    local = now.astimezone(settings.firm.zone)
    due = local.date() if local.hour >= NIGHT_HOUR else local.date() - timedelta(days=1)
    return due if last is not None and last < due else None


def catch_up(deployment: str) -> None:
    """One night, now: it plans whatever was missed (P6)."""
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(f"{deployment}/{deployment}")
        client.create_flow_run_from_deployment(found.id, parameters=found.parameters, tags=[*TAGS, "catch-up"])


class _Runner(Runner):
    """Prefect's, but for its answer to SIGTERM, which warns of a coroutine that it forgets to await."""

    def handle_sigterm(self, *_words: object, **_named: object) -> None:
        """End; what runs is safe to kill."""
        sys.exit(0)


def run_until_stopped(deployments: Sequence[RunnerDeployment], told: Callable[[], None]) -> None:
    """Deploy, say so, and start whatever is due, until a signal ends it.

    Schedules are not paused at the end: what comes while nobody serves is late, and known at the next start.
    """
    runner = _Runner(name="relance", pause_on_shutdown=False)
    for deployment in deployments:
        runner.add_deployment(deployment)
    told()
    with suppress(KeyboardInterrupt):
        asyncio.run(runner.start())
