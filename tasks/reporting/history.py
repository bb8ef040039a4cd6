"""History: each run's scores and gaps, recorded once and compared with earlier ones.

Law: recording the same day's findings again changes no gap; a run closes only gaps that it looked at.
May touch: sql, domain. Tests: tests/integration/reporting/test_history.py.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Connection, Index, delete, select, text

from sql import schema
from sql.bulk import load, read_frame, staged
from sql.store import Store, iso, query
from tasks.domain.quality import gaps as progress
from tasks.domain.quality.criteria import add_up
from tasks.domain.scope import Scope


@dataclass(frozen=True)
class Run:
    """A run to be recorded.

    Attributes:
        run_id: its id.
        scope: the part of the firm's work that it planned.
        keep_from: history before this date is deleted.
    """

    run_id: int
    scope: Scope
    keep_from: date


@dataclass(frozen=True)
class Progress:
    """The firm's data now, compared with an earlier date.

    Attributes:
        scores: one row per owner × criterion (`score_owners`).
        criteria: one row per criterion (`summarise`).
        to_correct: one row per relation × schedule with data to correct, with since_on.
        since_on: the date compared with; None before the second run.
        compared: one row per criterion (`compare_scores`); empty without such a date.
        opened, mended: gaps opened and closed after that date (frames.GAPS); empty without such a date.
        points: the trend (`trend`).
    """

    scores: pd.DataFrame
    criteria: pd.DataFrame
    to_correct: pd.DataFrame
    since_on: date | None
    compared: pd.DataFrame
    opened: pd.DataFrame
    mended: pd.DataFrame
    points: pd.DataFrame


def note_run(store: Store, run: Run, scores: pd.DataFrame, to_correct: pd.DataFrame, as_of: date) -> None:
    """Record a run: its scores, and its gaps: new ones open, and those it looked at and did not find close.

    Old history is deleted. Everything happens in one transaction, on whole columns.
    """
    found = progress.gaps_found(to_correct, as_of)
    looked_at = pd.DataFrame({"relation_id": pd.Series(sorted(run.scope.relations or ()), dtype="str")})
    template, schedule = run.scope.schedule_key
    scope = {"template": template, "schedule": schedule, "everyone": run.scope.relations is None}
    with store.begin() as connection:
        _note_scores(connection, run, scores)
        with staged(connection, schema.gaps, found) as stage, staged(connection, schema.relations, looked_at):
            Index("ix_staged_gaps", *(stage.c[name] for name in progress.GAP)).create(connection)
            connection.execute(text(query("update_gaps")))
            connection.execute(text(query("close_gaps")), {**scope, "as_of": iso(as_of)})
            connection.execute(text(query("insert_gaps")))


def _note_scores(connection: Connection, run: Run, scores: pd.DataFrame) -> None:
    table, runs, gaps = schema.quality_scores, schema.runs, schema.gaps
    old = select(runs.c.run_id).where(runs.c.as_of < run.keep_from)
    connection.execute(delete(table).where(table.c.run_id.in_(old) | (table.c.run_id == run.run_id)))
    connection.execute(delete(gaps).where(gaps.c.mended_on < run.keep_from))
    load(connection, table, scores.assign(run_id=run.run_id))


def read_progress(
    store: Store, scores: pd.DataFrame, criteria: tuple[str, ...], to_correct: pd.DataFrame, as_of: date, is_noted: bool
) -> Progress:
    """What changed since last week, and since when each gap has been open.

    Args:
        store: the database, read only.
        scores: today's, by owner.
        criteria: the criteria that apply, in order.
        to_correct: today's relations with data to correct.
        as_of: today.
        is_noted: whether today's are already recorded; if not, they are included as a run would record them.
    """
    with store.begin(only_reads=True) as connection:
        history = read_frame(connection, query("scores_of_days"), {"as_of": iso(as_of)})
        history = history.astype({"met": "int64", "not_met": "int64"})  # the columns of an empty frame are text
        since = progress.compared_with(history["scored_on"], as_of)
        after = as_of if since is None else since.date()
        gaps = read_frame(connection, query("gaps_since"), {"after": iso(after)})
    if not is_noted:
        gaps = progress.note_gaps(gaps, progress.gaps_found(to_correct, as_of), as_of)
    now = add_up(scores, criteria)
    changed = gaps.iloc[:0] if since is None else gaps
    return Progress(
        scores=scores,
        criteria=now,
        to_correct=progress.with_since(to_correct, gaps, as_of),
        since_on=None if since is None else since.date(),
        compared=progress.compare_scores(now, history.loc[history["scored_on"] == since]),
        opened=progress.between(changed, "since_on", pd.Timestamp(after), as_of),
        mended=progress.between(changed, "mended_on", pd.Timestamp(after), as_of),
        points=progress.trend(history, now, as_of),
    )
