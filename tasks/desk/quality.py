"""The quality review at the desk: scores of the last run beside those before, and what blocks automations.

May touch: sql. Tests: tests/integration/desk/test_desk_data.py, on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from sql import schema

A_PAGE = 50
A_WEEK, POINTS = timedelta(days=7), 12


@dataclass(frozen=True)
class Review:
    """The scores of a run.

    Attributes:
        scored_on: its day; None before the first run.
        before_on: the day that it is compared with, a week earlier or more; None if there is none.
        criteria: each with met, not_met, not_applicable, and `before`: how many met it then.
        trend: by criterion, the share that met it on the last days with a run, as whole percents, oldest first.
    """

    scored_on: date | None
    before_on: date | None
    criteria: Sequence[Mapping[str, Any]]
    trend: Mapping[str, Sequence[int]]


def read_review(connection: Connection, owner_id: str | None = None) -> Review:
    """The last review, of all relations or of one owner's."""
    q, r = schema.quality_scores.c, schema.runs.c
    scored = select(func.max(r.run_id).label("run_id"), r.as_of).join_from(
        schema.runs, schema.quality_scores, q.run_id == r.run_id
    )
    days = connection.execute(scored.group_by(r.as_of).order_by(r.as_of.desc()).limit(400)).all()
    if not days:
        return Review(None, None, (), {})
    last = days[0]
    before = next((day for day in days if day.as_of <= last.as_of - A_WEEK), None)
    now = _scores(connection, last.run_id, owner_id)
    then = {} if before is None else {row["criterion"]: row for row in _scores(connection, before.run_id, owner_id)}
    criteria = [row | {"before": then.get(row["criterion"], {}).get("met")} for row in now]
    history = [_scores(connection, day.run_id, owner_id) for day in reversed(days[:POINTS])]
    return Review(last.as_of, None if before is None else before.as_of, criteria, _trend(history))


def _scores(connection: Connection, run_id: int, owner_id: str | None) -> list[dict[str, Any]]:
    q = schema.quality_scores.c
    sums = [func.sum(q[name]).label(name) for name in ("met", "not_met", "not_applicable")]
    wanted = select(q.criterion, *sums).where(q.run_id == run_id).group_by(q.criterion).order_by(q.criterion)
    if owner_id is not None:
        wanted = wanted.where(q.owner_id == owner_id)
    return [
        {name: int(value) if name != "criterion" else value for name, value in row.items()}
        for row in connection.execute(wanted).mappings()
    ]


def _trend(history: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for scores in history:
        for row in scores:
            if concerned := row["met"] + row["not_met"]:
                found.setdefault(row["criterion"], []).append(round(100 * row["met"] / concerned))
    return found


@dataclass(frozen=True)
class GapPage:
    """A page of what blocks automations, and after which gap the next one begins."""

    rows: Sequence[Mapping[str, Any]]
    next: tuple[date, int] | None


def read_gaps(connection: Connection, owner_id: str | None, after: tuple[date, int] | None) -> GapPage:
    """One page of relations whose data block an automation, the longest open first."""
    g, r = schema.gaps.c, schema.relations.c
    wanted = (
        select(g.gap_id, g.relation_id, r.name, g.template, g.schedule, g.reason, g.since_on)
        .join_from(schema.gaps, schema.relations, r.relation_id == g.relation_id)
        .where(g.mended_on.is_(None))
        .order_by(g.since_on, g.gap_id)
        .limit(A_PAGE + 1)
    )
    if owner_id is not None:
        wanted = wanted.where(r.owner_id == owner_id)
    if after is not None:
        wanted = wanted.where(tuple_(g.since_on, g.gap_id) > after)
    found = [dict(row) for row in connection.execute(wanted).mappings()]
    rows = found[:A_PAGE]
    return GapPage(rows, (rows[-1]["since_on"], rows[-1]["gap_id"]) if len(found) > A_PAGE else None)
