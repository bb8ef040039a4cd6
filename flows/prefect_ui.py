"""What all Prefect flows share: opening the home, naming the run, artifacts for the UI, and readable errors.

No personal data reaches Prefect (Q5): only counts, reasons, relation ids and paths.
May touch: prefect. Tests: tests/end_to_end/test_flows.py.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from prefect import task
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.home.environment import read_environment
from flows.home.session import OF_THE_DATABASE, words_of_database
from flows.home.settings import Settings, load_settings
from sql.migrate import ensure_ready
from sql.store import Store
from tasks.domain.errors import RelanceError

P = ParamSpec("P")
T = TypeVar("T")
TAGS = ("relance",)
IDS_SHOWN = 50


class FlowFailed(Exception):
    """A run that needs a person's attention. Prefect shows the message, which says what to do."""


@contextmanager
def opened_home(home: str | None) -> Iterator[tuple[Settings, Store]]:
    """Open the firm's settings and its database, and close the database at the end.

    Raises:
        FlowFailed: an expected error (RelanceError or a database error), as a message without the traceback.
    """
    try:
        settings = load_settings(home_of(home), os.environ)
        store = settings.open_store()
        try:
            ensure_ready(store)
            yield settings, store
        finally:
            store.close()
    except RelanceError as error:
        raise FlowFailed(str(error)) from None
    except OF_THE_DATABASE as error:
        raise FlowFailed(words_of_database(error)) from None


def home_of(home: str | None) -> Path:
    """The firm's folder: the parameter, else RELANCE_HOME, else the current folder."""
    return Path(home) if home else read_environment(os.environ).home


def run_name() -> str:
    """The run's name in the UI: the firm and the date."""
    asked: Mapping[str, Any] = flow_run.parameters or {}
    try:
        settings = load_settings(home_of(asked.get("home")), os.environ)
    except RelanceError:
        # The run itself reports what is wrong with the home.
        return "relance"
    return f"{settings.firm.name}, {asked.get('as_of') or settings.today()}"


class PrefectStages:
    """Runs each stage as a Prefect task run, and shows the night's progress.

    No stage result is cached or persisted: data frames are large and contain personal data. A night is about ten task
    runs, whatever its size.
    """

    def __init__(self, name: str, stages: int) -> None:
        self._name = name
        self._stages = stages
        self._begun = 0
        self._artifact: UUID | None = None

    def __call__(self, stage: Callable[P, T]) -> Callable[P, T]:
        """Return the stage as a Prefect task."""
        title = stage.__name__.replace("_", "-")
        self._begun += 1
        share = min(100.0, 100.0 * self._begun / self._stages)
        if self._artifact is None:
            found = create_progress_artifact(progress=share, key="stages", description=self._name)
            self._artifact = found if isinstance(found, UUID) else None
        else:
            update_progress_artifact(self._artifact, progress=share, description=f"{self._name}: {title}")
        as_task = task(name=title, task_run_name=f"{title}, {self._name}", cache_policy=NO_CACHE, persist_result=False)
        return cast("Callable[P, T]", as_task(stage))


def show_table(key: str, rows: list[dict[str, Any]], title: str) -> None:
    """Show a table in the UI. The key is the same in every run, so that Prefect keeps its history."""
    create_table_artifact(key=key, table=rows, description=title)


def show_page(key: str, lines: list[str], title: str) -> None:
    """Show a Markdown page in the UI."""
    create_markdown_artifact(key=key, markdown="\n".join(lines), description=title)


def figures_table(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A night's figures (night_result.NightResult.to_json), one row each."""
    messages = figures["messages"]
    rows = {
        "relations read": figures["read"]["relations"],
        "source rows quarantined": figures["quarantined"],
        "automations blocked": figures["blocked"],
        "tasks created": figures["planned"]["created"],
        "tasks closed": figures["closed"],
        "mails composed": messages["created"],
        "mails sent": messages["sent"],
        "mails within another": messages["merged"],
        "mails of unknown fate": messages["held"],
        "mails waiting": messages["deferred"],
        "mails that crossed an answer": messages["crossed"],
        "mails dropped": sum(messages["dropped"].values()),
    }
    return [{"what": what, "number": number} for what, number in rows.items()]


def reasons_page(figures: Mapping[str, Any], blocked: list[str], report: str | None) -> list[str]:
    """Explain why relations got nothing, which relations are blocked, and where the report is."""
    lines = ["## Why the others got nothing", ""]
    lines += _counted(figures["planned"]["skipped"]) or ["Nobody was skipped."]
    lines += ["", "## Mails that do not leave", ""]
    lines += _counted(figures["messages"]["dropped"]) or ["None."]
    if blocked:
        more = f" and {len(blocked) - IDS_SHOWN:,} more" if len(blocked) > IDS_SHOWN else ""
        lines += ["", "## Blocked for want of data", "", ", ".join(f"`{i}`" for i in blocked[:IDS_SHOWN]) + more]
    if report:
        lines += ["", "## Report", "", f"[{report}]({Path(report).absolute().as_uri()})"]
    return lines


def _counted(reasons: Mapping[str, int]) -> list[str]:
    if not reasons:
        return []
    return ["| reason | number |", "|---|---|", *(f"| {reason} | {number:,} |" for reason, number in reasons.items())]


def day_of(settings: Settings, as_of: date | None) -> date:
    """The date asked for, else today in the firm's time zone."""
    return as_of or settings.today()
