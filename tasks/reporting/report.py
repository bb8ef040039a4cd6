"""Report: what a run did and the state of the firm's data, for the person responsible for the follow-ups.

It consists of a self-contained page, a CSV of every relation with data to correct, and the page's figures as JSON; kept
for each run, and as the day's latest.
Law: in = out + set aside, in every stage: the page's figures are the run's own.
May touch: sql, tasks/reporting/pages, one folder. Tests: tests/integration/reporting/test_report.py,
tests/integration/reporting/test_runs_kept.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, iso, query
from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.template import MISSION, Template
from tasks.domain.planning.update_dates import lacks_data
from tasks.domain.quality.criteria import criteria_of, rank_owners, score_owners
from tasks.domain.reasons import BLOCKING, Reason
from tasks.reporting.activities import activity_figures
from tasks.reporting.charts import panels
from tasks.reporting.data_docs import render_data_docs
from tasks.reporting.dossiers import past_retention, updates_of
from tasks.reporting.figures import blocked_automations, figures_of
from tasks.reporting.files import Written, link_of, prune_reports, write_files
from tasks.reporting.history import Progress, Run, note_run, read_progress
from tasks.reporting.names import names_of
from tasks.reporting.quality import review
from tasks.rows import plain_rows
from tasks.translations import problem_in, read_words

ROWS_SHOWN = 200
CHANGES_SHOWN = 25
PAGES = Path(__file__).parent / "pages"
WEEKS_SHOWN = 8
DAYS_AHEAD = 30
TO_CORRECT = frozenset({*BLOCKING, Reason.TOO_OLD, Reason.QUARANTINED})


@dataclass(frozen=True)
class ReportInput:
    """The data that a report is made from, in addition to the database.

    Attributes:
        firm: the firm.
        templates: by name, for their labels.
        figures: the run's, as in its JSON; None for a report between runs.
        planned: one row per candidate (frames.FOLLOW_UPS).
        findings: what validation found in the relations (frames.FINDINGS).
        upcoming: the plan after the due tasks were created (frames.FOLLOW_UPS).
        run: the run to record and keep; None for a report between runs, which leaves nothing but its page.
        judged: Great Expectations' own results for the relations, for its page.
    """

    firm: Firm
    templates: Mapping[str, Template]
    figures: Mapping[str, Any] | None
    planned: pd.DataFrame
    findings: pd.DataFrame
    upcoming: pd.DataFrame
    run: Run | None = None
    judged: Sequence[Any] = ()


def write_report(store: Store, evidence: ReportInput, folder: Path, as_of: date) -> Written:
    """Record the run's quality figures, then write its files (tasks/reporting/files.py).

    Returns:
        The day's page and its figures. Writing it again on the same day replaces it.

    Raises:
        ReportError: the folder cannot be written.
    """
    progress = look(store, evidence, as_of)
    run = evidence.run
    docs = render_data_docs(evidence.judged) if run and evidence.firm.reports.data_docs else None
    context = page_context(store, evidence, progress, as_of)
    context["docs_missing"] = bool(run and evidence.firm.reports.data_docs and evidence.judged and docs is None)
    page = _page(read_words(evidence.firm.language)["locale"])
    data = figures_of(progress, evidence.figures, as_of, ROWS_SHOWN)
    written = write_files(
        folder,
        as_of,
        run.run_id if run else None,
        lambda place: page.render(context | {"docs": link_of(place, docs)}),
        progress.to_correct,
        data,
        docs,
    )
    if run is not None:
        prune_reports(folder, run.keep_from)
    return written


def look(store: Store, evidence: ReportInput, as_of: date) -> Progress:
    """Score every relation and find gaps; for a run, record them before comparing with earlier ones."""
    criteria = criteria_of(evidence.templates.values())
    scores = score_owners(review(store, evidence.templates.values(), as_of))
    to_correct = relations_to_correct(store, evidence)
    if evidence.run is not None:
        note_run(store, evidence.run, scores, to_correct, as_of)
    return read_progress(store, scores, criteria, to_correct, as_of, is_noted=evidence.run is not None)


def relations_to_correct(store: Store, evidence: ReportInput) -> pd.DataFrame:
    """One row per relation × schedule that is blocked by missing or invalid data.

    Returns:
        relation_id, name, owner_id, template, schedule, reason, due_on.
    """
    blocked = evidence.planned.loc[lacks_data(evidence.planned, evidence.templates, TO_CORRECT)]
    merged = _named(store, blocked[["relation_id", "template", "schedule", "reason", "due_on"]])
    columns = ["relation_id", "name", "owner_id", "template", "schedule", "reason", "due_on"]
    return merged[columns].sort_values(["template", "reason", "relation_id"], ignore_index=True)


def _named(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the name and owner_id of each row's relation, for the person who corrects the data."""
    ids = rows[["relation_id"]].drop_duplicates()
    with store.begin() as connection, staged(connection, schema.relations, ids):
        names = read_frame(connection, query("names_of_relations"), {})
    return rows.merge(names, on="relation_id", how="left", validate="many_to_one")


def page_context(store: Store, evidence: ReportInput, progress: Progress, as_of: date) -> dict[str, Any]:
    """Everything that the page shows."""
    firm, planned = evidence.firm, evidence.planned
    open_tasks, to_correct = store.read("open_tasks"), progress.to_correct
    words = read_words(firm.language)
    return (
        {
            "w": words,
            "firm": firm,
            "as_of": as_of,
            "figures": evidence.figures,
            "reasons": _counted(planned["reason"].dropna()),
            "due_now": int(planned["reason"].isna().sum()),
            "weeks": due_by_week(open_tasks["due_on"], as_of),
            "open_tasks": plain_rows(open_tasks.head(ROWS_SHOWN)),
            "open_count": len(open_tasks),
            "requests": store.read("count_requests", as_of=iso(as_of)).iloc[0].to_dict(),
            "updates": updates_of(store, as_of),
            "activities": activity_figures(store, as_of),
            "past_retention": past_retention(store, firm.retention.document_years, as_of),
            "coming": plain_rows(coming_up(evidence.upcoming, as_of)),
            "orphans": _orphans(store.read("schedules_in_use"), evidence.templates),
            "quarantine": plain_rows(store.read("open_quarantine").drop(columns="raw").head(ROWS_SHOWN)),
            "dropped": plain_rows(store.read("dropped_today", as_of=iso(as_of)).head(ROWS_SHOWN)),
            "warnings": _counted(evidence.findings.loc[evidence.findings["effect"] == "warn", "problem"]),
            "rows_shown": ROWS_SHOWN,
            "to_correct": plain_rows(to_correct.sort_values("since_on", kind="stable").head(ROWS_SHOWN)),
            "to_correct_count": len(to_correct),
            "automations": plain_rows(blocked_automations(to_correct)),
        }
        | names_of(store, firm, evidence.templates)
        | _quality_context(store, progress, words["locale"])
    )


def _quality_context(store: Store, progress: Progress, locale: str) -> dict[str, Any]:
    owners = rank_owners(progress.scores)
    compared = progress.criteria.merge(progress.compared.drop(columns="share"), on="criterion", validate="one_to_one")
    return {
        "quality": plain_rows(compared),
        "owners": plain_rows(owners.head(ROWS_SHOWN)),
        "owner_count": len(owners),
        "since_on": progress.since_on,
        "changes_shown": CHANGES_SHOWN,
        "opened": plain_rows(_named(store, progress.opened.head(CHANGES_SHOWN))),
        "opened_count": len(progress.opened),
        "mended": plain_rows(_named(store, progress.mended.head(CHANGES_SHOWN))),
        "mended_count": len(progress.mended),
        "panels": panels(progress.points, locale),
    }


def due_by_week(due_on: pd.Series, as_of: date) -> list[dict[str, Any]]:
    """Open tasks by week of their due date, for the chart.

    Returns:
        A bar for overdue tasks (starts_on None), one for each of the coming weeks, one for all later ones
        (ends_on None): starts_on, ends_on, tasks, and share of the highest bar.
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
    """What the next nightly runs will create, from the planned follow-ups (frames.FOLLOW_UPS).

    Returns:
        One row per schedule with something to come: template, schedule, next_on (the first run that creates a task),
        next_due_on (the earliest due date), soon (tasks within DAYS_AHEAD); by next_on.
    """
    waiting = planned.loc[planned["reason"] == Reason.NOT_YET.value]
    is_soon = waiting["planned_on"] <= pd.Timestamp(as_of) + timedelta(days=DAYS_AHEAD)
    grouped = waiting.assign(is_soon=is_soon).groupby(["template", "schedule"], as_index=False)
    found = grouped.agg(next_on=("planned_on", "min"), next_due_on=("due_on", "min"), soon=("is_soon", "sum"))
    return found.sort_values(["next_on", "template", "schedule"], ignore_index=True)


def _orphans(in_use: pd.DataFrame, templates: Mapping[str, Template]) -> list[str]:
    """Schedules that are in use but no longer defined: they create no new tasks, and open ones stay open."""
    known = {(name, s.key) for name, t in templates.items() for s in t.schedules}
    known |= {(name, "") for name, t in templates.items() if any(s.anchor == MISSION for s in t.schedules)}
    gone = set(zip(in_use["template"], in_use["schedule"], strict=True)) - known
    return sorted(f"{template}/{schedule}".removesuffix("/") for template, schedule in gone)


def _counted(values: pd.Series) -> list[tuple[str, int]]:
    return [(str(k), int(v)) for k, v in values.value_counts().items()]


@cache
def _page(locale: str) -> jinja2.Template:
    """The page's template, with dates and shares written as the locale does."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["day"] = lambda d: format_date(pd.Timestamp(d).date(), format="medium", locale=locale)
    environment.filters["number"] = lambda n: f"{n:,}".replace(",", "\u202f")
    environment.filters["points"] = lambda share: format_decimal(100 * share, format="+0.0;-0.0", locale=locale)
    environment.filters["problem"] = problem_in
    environment.filters["percent"] = lambda share: format_percent(share, locale=locale, decimal_quantization=False)
    return environment.get_template("report.html")
