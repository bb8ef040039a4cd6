"""Data for tests: what a test is about stands in the test, the rest comes from here."""

import csv
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import yaml

from flows.home.settings import Settings, load_settings
from flows.jobs.imports import ImportReport, run_import
from flows.jobs.night import NightOptions, run_night
from flows.jobs.night_result import NightResult
from flows.jobs.stages import P, T, run_directly
from sql.store import Store
from tasks.domain import frames
from tasks.domain.definitions.template import Template
from tasks.domain.planning.field_dates import TemplateSchedule
from tasks.mail.overview import list_messages
from tasks.planning.assignments import Assigned, RelationFilter, assign
from tasks.planning.overview import TaskFilter, list_tasks
from tasks.reporting.files import Written
from tasks.reporting.report import write_report

TUESDAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
PERSON = {"type": "person", "status": "client", "name": "Jeanne Martin", "email": "jeanne@martin.example"}


def relation(relation_id: str, expires_on: str = "", **changes: str) -> dict[str, str]:
    """A row of a relations file: a person, a client, with an identity card."""
    return {"relation_id": relation_id, **PERSON, "language": "fr", "id_card.expires_on": expires_on} | changes


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A CSV file of the rows; columns in order of first appearance."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def template(**changes: Any) -> Template:
    """The identity-card template, with changes; schedule's keys may be given by `schedule`."""
    schedule = {"key": "renewal", "anchor": "field:id_card", "plan_before_days": 20} | changes.pop("schedule", {})
    whole = {
        "template": "id-card",
        "label": "Carte d'identité",
        "applies_to": ["person", "sole_trader"],
        "statuses": ["client"],
        "subtasks": [
            {"key": "ask", "kind": "auto_email", "message": "request_documents", "offset_days": -5},
            {"key": "process", "kind": "action", "label": "Traiter"},
        ],
        "schedules": [schedule],
        "close_when": "renewed",
    }
    return Template.model_validate(whole | changes)


def rule(**changes: Any) -> TemplateSchedule:
    """The one schedule of `template(**changes)`."""
    made = template(**changes)
    return TemplateSchedule(made, made.schedules[0])


def candidate(**changes: Any) -> dict[str, Any]:
    """One planning candidate: a client assigned a year ago whose card expires on 2026-12-01."""
    return {
        "relation_id": "R1",
        "type": "person",
        "status": "client",
        "first_seen_on": date(2026, 1, 1),
        "is_assigned": True,
        "start_on": date(2026, 1, 1),
        "stop_on": None,
        "expires_on": date(2026, 12, 1),
        "is_held": False,
        "task_status": None,
        "block": None,
    } | changes


def service(**changes: Any) -> dict[str, Any]:
    """One recurring candidate: a signed mission's monthly service, first due on 2027-01-30, signed a year ago."""
    return {
        "relation_id": "R1",
        "type": "company",
        "status": "client",
        "first_seen_on": date(2026, 1, 1),
        "is_assigned": True,
        "start_on": None,
        "stop_on": None,
        "mission_id": "M1",
        "mission_status": "signed",
        "first_on": date(2027, 1, 30),
        "frequency": "monthly",
        "until_on": None,
        "quantity": None,
        "is_backfill": False,
        "signed_seen_on": date(2026, 1, 1),
        "is_held": False,
        "made_from": None,
        "made_to": None,
        "task_status": None,
    } | changes


def assigned(**changes: Any) -> dict[str, Any]:
    """One recurring candidate without a mission: a client put on a schedule at the start of 2026."""
    nothing = dict.fromkeys(("mission_status", "first_on", "frequency", "signed_seen_on"))
    return service(mission_id="", start_on=date(2026, 1, 1)) | nothing | changes


def recurring_rule(**schedule: Any) -> TemplateSchedule:
    """A template of one action, on one schedule that goes by missions unless told otherwise."""
    made = Template.model_validate(
        {
            "template": "vat",
            "label": "TVA",
            "applies_to": ["company", "person"],
            "subtasks": [{"key": "file", "kind": "action", "label": "Déclarer"}],
            "schedules": [{"key": "returns", "anchor": "mission"} | schedule],
        }
    )
    return TemplateSchedule(made, made.schedules[0])


def services(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of `service` or `assigned` as the frame that planning takes."""
    return _typed(pd.DataFrame(list(rows), columns=list(frames.RECURRING)).astype({"quantity": "float64"}))


def candidates(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of `candidate` as the frame that planning takes."""
    return _typed(pd.DataFrame(list(rows), columns=[*frames.CANDIDATES, "block"]))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    types = {
        c: frames.DATE if frames.is_date(c) else "bool" if frames.is_flag(c) else frames.TEXT
        for c in frame.columns
        if c != "quantity"
    }
    # Through text, so that a column of missing dates is a column of dates too.
    dates = {c: pd.to_datetime(frame[c].astype("object"), errors="raise") for c in frame.columns if frames.is_date(c)}
    return frame.assign(**dates).astype(types)


def without_report(stage: Callable[P, T]) -> Callable[P, T]:
    """A runner of stages that leaves the report out."""

    @functools.wraps(stage)
    def left_out(*_args: P.args, **_kwargs: P.kwargs) -> Any:
        return Written(Path("none"), {})

    return left_out if stage is write_report else stage


@dataclass
class Office:
    """A firm with its settings and its database, and the things one does there."""

    settings: Settings
    store: Store
    environment: Mapping[str, str] = field(default_factory=dict)
    writes_reports: ClassVar[bool] = False

    def reload(self, environment: Mapping[str, str] | None = None) -> None:
        """Read the home's files again, with this environment from now on."""
        url = {"RELANCE_DATABASE_URL": self.settings.database_url.get_secret_value()}
        self.environment = environment or self.environment
        self.settings = load_settings(self.settings.home, url | dict(self.environment))

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a definition file of the home."""
        path = self.settings.home / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        self.reload()

    def bring(
        self, *rows: Mapping[str, str], on: date = TUESDAY - timedelta(days=7), file: str = "r.csv"
    ) -> ImportReport:
        """Import relations."""
        path = write_csv(self.settings.home / file, rows)
        return run_import(self.settings, self.store, "relations", path, None, on)

    def take(self, kind: str, *rows: Mapping[str, str], on: date = TUESDAY - timedelta(days=7)) -> ImportReport:
        """Import rows of any kind."""
        path = write_csv(self.settings.home / f"{kind}.csv", rows)
        return run_import(self.settings, self.store, kind, path, None, on)

    def define(self, name: str, **changes: Any) -> None:
        """Write a template file: one action on one schedule that goes by missions, with changes."""
        whole = {
            "template": name,
            "label": f"Template {name}",
            "applies_to": ["company", "person"],
            "subtasks": [{"key": "file", "kind": "action", "label": "Déclarer"}],
            "schedules": [{"key": "returns", "anchor": "mission", "plan_before_days": 10}],
        }
        path = self.settings.home / "templates" / f"{name}.yaml"
        path.write_text(yaml.safe_dump(whole | changes, allow_unicode=True, sort_keys=False), encoding="utf-8")
        self.reload()

    def put_on(self, *relations: str, since: date = TUESDAY - timedelta(days=7)) -> Assigned:
        """Assign id-card/renewal."""
        return self.assign("id-card/renewal", *relations, since=since)

    def assign(self, schedule: str, *relations: str, since: date) -> Assigned:
        """Put relations on TEMPLATE/SCHEDULE."""
        return assign(self.store, *schedule.split("/"), RelationFilter(relations=relations), since)

    def night(self, as_of: date = TUESDAY, *, reports: bool = False, **request: Any) -> NightResult:
        """One run; its report, which takes half of a small night, only where a test is about it."""
        run = run_directly if reports or self.writes_reports else without_report
        return run_night(self.settings, self.store, NightOptions(as_of, **request), run)

    def tasks(self, **filters: Any) -> list[dict[str, Any]]:
        """As `relance tasks --json`."""
        return list_tasks(self.store, TaskFilter(**filters))

    def messages(self, **filters: Any) -> list[dict[str, Any]]:
        """As `relance messages --json`."""
        return list_messages(self.store, **filters)

    def mails(self) -> list[Path]:
        """The .eml files that were written."""
        return sorted(self.settings.outbox.glob("*.eml"))
