"""Data for tests: what a test is about stands in the test, the rest comes from here."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from flows.importing import Imported, run_import
from flows.night import Figures, Request, run_night
from flows.settings import Settings, load_settings
from sql.store import Store
from tasks.assign import Assigned, Choice, assign
from tasks.domain import frames
from tasks.domain.definitions import Template
from tasks.domain.planning import Rule
from tasks.overview import list_messages, list_tasks

TUESDAY = date(2026, 11, 24)
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


def rule(**changes: Any) -> Rule:
    """The one schedule of `template(**changes)`."""
    made = template(**changes)
    return Rule(made, made.schedules[0])


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


def candidates(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of `candidate` as the frame that planning takes."""
    frame = pd.DataFrame(list(rows), columns=[*frames.CANDIDATES, "block"])
    types = {
        c: frames.DATE if frames.is_date(c) else "bool" if frames.is_flag(c) else frames.TEXT for c in frame.columns
    }
    # Through text, so that a column of missing dates is a column of dates too.
    dates = {c: pd.to_datetime(frame[c].astype("object"), errors="raise") for c in frame.columns if frames.is_date(c)}
    return frame.assign(**dates).astype(types)


@dataclass
class Office:
    """A firm with its settings and its database, and the things one does there."""

    settings: Settings
    store: Store

    def reload(self, environment: Mapping[str, str] | None = None) -> None:
        """Read the home's files again."""
        url = {"RELANCE_DATABASE_URL": self.settings.database_url}
        self.settings = load_settings(self.settings.home, environment or url)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a definition file of the home."""
        path = self.settings.home / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        self.reload()

    def bring(self, *rows: Mapping[str, str], on: date = TUESDAY - timedelta(days=7), file: str = "r.csv") -> Imported:
        """Import relations."""
        path = write_csv(self.settings.home / file, rows)
        return run_import(self.settings, self.store, "relations", path, None, on)

    def put_on(self, *relations: str, since: date = TUESDAY - timedelta(days=7)) -> Assigned:
        """Assign id-card/renewal."""
        return assign(self.store, "id-card", "renewal", Choice(relations=relations), since)

    def night(self, as_of: date = TUESDAY, **request: Any) -> Figures:
        """One run."""
        return run_night(self.settings, self.store, Request(as_of, **request))

    def tasks(self, **filters: Any) -> list[dict[str, Any]]:
        """As `relance tasks --json`."""
        return list_tasks(self.store, **filters)

    def messages(self, **filters: Any) -> list[dict[str, Any]]:
        """As `relance messages --json`."""
        return list_messages(self.store, **filters)

    def mails(self) -> list[Path]:
        """The .eml files that were written."""
        return sorted(self.settings.outbox.glob("*.eml"))
