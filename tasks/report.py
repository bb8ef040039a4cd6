"""Report: what a night did, for the person who answers for the follow-ups. One self-contained HTML file.

Law: in = out + set aside, in every room: the page's figures are the run's own.
May touch: sql, tasks/pages, one folder. Tests: tests/integration/test_report.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from babel.dates import format_date
from babel.numbers import format_percent

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, iso, query
from tasks.csv_files import write_csv
from tasks.domain.definitions import MISSION, Template
from tasks.domain.firm import Firm
from tasks.domain.quality import summarise
from tasks.domain.reasons import BLOCKING, Reason
from tasks.overview import plain_rows
from tasks.quality import review
from tasks.words import PAGES, read_words

ROWS_SHOWN = 200
WEEKS_SHOWN = 8
DAYS_AHEAD = 30
TO_MEND = frozenset({*BLOCKING, Reason.TOO_OLD, Reason.QUARANTINED})


class ReportError(Exception):
    """The report cannot be written; the message says where and what to do."""


@dataclass(frozen=True)
class Evidence:
    """What a report is made from, beside the database.

    Attributes:
        firm: whose.
        templates: by name, for their labels.
        figures: the run's, as its JSON has them; None for a report between runs.
        planned: one row per candidate (frames.FOLLOW_UPS).
        findings: what validation found in the relations (frames.FINDINGS).
        upcoming: the plan as it stands now, after what was due was made (frames.FOLLOW_UPS).
    """

    firm: Firm
    templates: Mapping[str, Template]
    figures: Mapping[str, Any] | None
    planned: pd.DataFrame
    findings: pd.DataFrame
    upcoming: pd.DataFrame


def write_report(store: Store, evidence: Evidence, folder: Path, as_of: date) -> Path:
    """Write reports/report-DAY.html, and reports/to-mend-DAY.csv with every relation to mend.

    Returns:
        The page's path. Writing it again on the same day replaces it.

    Raises:
        ReportError: the folder cannot be written.
    """
    to_mend = relations_to_mend(store, evidence)
    page = render_report(store, evidence, to_mend, as_of)
    path = folder / f"report-{as_of}.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"to-mend-{as_of}.csv").open("w", encoding="utf-8", newline="") as file:
            write_csv(file, plain_rows(to_mend), list(to_mend.columns))
        unfinished = path.with_suffix(".part")
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise ReportError(
            f"{folder}: the report cannot be written: {error.strerror}. The rest of the run is done; mend the "
            "folder, then `relance report`."
        ) from None
    return path


def relations_to_mend(store: Store, evidence: Evidence) -> pd.DataFrame:
    """One row per relation × schedule that data of the firm's own stand in the way of.

    Returns:
        relation_id, name, owner_id, template, schedule, reason, due_on.
    """
    blocked = evidence.planned.loc[evidence.planned["reason"].isin(list(TO_MEND))]
    ids = blocked[["relation_id"]].drop_duplicates()
    with store.begin() as connection, staged(connection, schema.relations, ids):
        names = read_frame(connection, query("names_to_mend"), {})
    merged = blocked[["relation_id", "template", "schedule", "reason", "due_on"]].merge(
        names, on="relation_id", how="left", validate="many_to_one"
    )
    return merged.sort_values(["template", "reason", "relation_id"], ignore_index=True)


def render_report(store: Store, evidence: Evidence, to_mend: pd.DataFrame, as_of: date) -> str:
    """The page as text."""
    language = evidence.firm.language
    words = read_words(language)
    open_tasks = store.read("open_tasks")
    return _page(words["locale"]).render(
        w=words,
        firm=evidence.firm,
        as_of=as_of,
        figures=evidence.figures,
        labels={name: t.label for name, t in evidence.templates.items()},
        reasons=_counted(evidence.planned["reason"].dropna()),
        due_now=int(evidence.planned["reason"].isna().sum()),
        weeks=due_by_week(open_tasks["due_on"], as_of),
        open_tasks=plain_rows(open_tasks.head(ROWS_SHOWN)),
        open_count=len(open_tasks),
        coming=plain_rows(coming_up(evidence.upcoming, as_of)),
        orphans=_orphans(store.read("schedules_in_use"), evidence.templates),
        to_mend=plain_rows(to_mend.head(ROWS_SHOWN)),
        to_mend_count=len(to_mend),
        quality=plain_rows(summarise(review(store, evidence.templates.values(), as_of))),
        quarantine=plain_rows(store.read("open_quarantine").drop(columns="raw").head(ROWS_SHOWN)),
        dropped=plain_rows(store.read("dropped_today", as_of=iso(as_of)).head(ROWS_SHOWN)),
        warnings=_counted(evidence.findings.loc[evidence.findings["effect"] == "warn", "problem"]),
        rows_shown=ROWS_SHOWN,
    )


def due_by_week(due_on: pd.Series, as_of: date) -> list[dict[str, Any]]:
    """Open tasks by week of their due day, for the chart.

    Returns:
        A bar for the overdue (starts_on None), one for each of the coming weeks, one for what is later
        (ends_on None): starts_on, ends_on, tasks, and share of the highest.
    """
    today = pd.Timestamp(as_of)
    edges = [today + timedelta(weeks=n) for n in range(WEEKS_SHOWN + 1)]
    bars: list[dict[str, Any]] = [{"starts_on": None, "ends_on": as_of, "tasks": int((due_on < today).sum())}]
    for start, end in pairwise(edges):
        within = int(((due_on >= start) & (due_on < end)).sum())
        bars.append({"starts_on": start.date(), "ends_on": end.date(), "tasks": within})
    bars.append({"starts_on": edges[-1].date(), "ends_on": None, "tasks": int((due_on >= edges[-1]).sum())})
    highest = max(bar["tasks"] for bar in bars) or 1
    return [bar | {"share": bar["tasks"] / highest} for bar in bars]


def coming_up(planned: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What the next nights will make, of the follow-ups planned (frames.FOLLOW_UPS).

    Returns:
        One row per schedule with something to come: template, schedule, next_on (the first night that makes a task),
        next_due_on (the earliest due day), soon (tasks within DAYS_AHEAD); by next_on.
    """
    waiting = planned.loc[planned["reason"] == Reason.NOT_YET.value]
    is_soon = waiting["planned_on"] <= pd.Timestamp(as_of) + timedelta(days=DAYS_AHEAD)
    grouped = waiting.assign(is_soon=is_soon).groupby(["template", "schedule"], as_index=False)
    found = grouped.agg(next_on=("planned_on", "min"), next_due_on=("due_on", "min"), soon=("is_soon", "sum"))
    return found.sort_values(["next_on", "template", "schedule"], ignore_index=True)


def _orphans(in_use: pd.DataFrame, templates: Mapping[str, Template]) -> list[str]:
    """Schedules that something goes by but that have no definition any more: no new tasks come, the open ones stay."""
    known = {(name, s.key) for name, t in templates.items() for s in t.schedules}
    known |= {(name, "") for name, t in templates.items() if any(s.anchor == MISSION for s in t.schedules)}
    gone = set(zip(in_use["template"], in_use["schedule"], strict=True)) - known
    return sorted(f"{template}/{schedule}".removesuffix("/") for template, schedule in gone)


def _counted(values: pd.Series) -> list[tuple[str, int]]:
    return [(str(k), int(v)) for k, v in values.value_counts().items()]


@cache
def _page(locale: str) -> jinja2.Template:
    """The page's template, with days and shares written as a country writes them."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["day"] = lambda d: format_date(pd.Timestamp(d).date(), format="medium", locale=locale)
    environment.filters["number"] = lambda n: f"{n:,}".replace(",", "\u202f")
    environment.filters["percent"] = lambda share: format_percent(share, locale=locale, decimal_quantization=False)
    return environment.get_template("report.html")
