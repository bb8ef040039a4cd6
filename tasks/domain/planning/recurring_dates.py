"""Which follow-ups of recurring dates are due: P1, P2, P4, P5, P7, P8 for missions, assignments' starts and periods.

Unlike with a data field's date, one candidate may have several due periods. The periods that already have a task are
described by a range, from the first to the last one created. No further task is created within that range, even if the
rule that created them has changed: changing the frequency later duplicates nothing (P2).
May touch: numpy, pandas. Tests: tests/unit/planning/test_recurring_dates_law.py (a slow twin),
tests/integration/planning/test_missions.py.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.frequency import Frequency
from tasks.domain.dates.recurrence import (
    Days,
    Numbers,
    Periods,
    Placing,
    Series,
    dates_of,
    next_periods,
    planned_periods,
)
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.definitions.template import MISSION, PERIOD, START
from tasks.domain.planning.field_dates import TemplateSchedule, occurrence_of, starts_of
from tasks.domain.reasons import Reason

UNLIMITED = 2**31
DAY = "datetime64[D]"
LENGTH_OF_A_DAY = len("2027-01-31")
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Course:
    """The recurring dates of each candidate. Grain: one row per candidate.

    Attributes:
        series: its dates.
        floor: the earliest due date (P4), NaT for none.
        since: from when it is followed up; NaT for a mission's service, for which the mission's status decides.
        placing: how a date becomes a due date and a planning date.
    """

    series: Series
    floor: Days
    since: pd.Series
    placing: Placing


def plan_periods(candidates: pd.DataFrame, rule: TemplateSchedule, workdays: Workdays, as_of: date) -> pd.DataFrame:
    """Decide for each candidate which of its periods are due, and if none is, give the first reason why.

    Args:
        candidates: one row per candidate of this schedule (frames.RECURRING). Dates are local; any row order.
        rule: the schedule and its template.
        workdays: the firm's weekends and holidays, for `adjust`.
        as_of: the date to plan for (T1).

    Returns:
        frames.FOLLOW_UPS: one row per due period, and one row per candidate without one, with its reason and
        the dates of its next period if there is one.
    """
    rows = frames.require(candidates, frames.RECURRING, "plan").reset_index(drop=True)
    today = pd.Timestamp(as_of)
    course = _course(rows, rule, workdays, today)
    standing = _standing_reason(rows, course, rule)
    due = _due_periods(rows, course, standing, np.datetime64(as_of))
    is_idle = np.ones(len(rows), dtype=bool)
    is_idle[due.row] = False
    idle = np.flatnonzero(is_idle)
    upcoming = next_periods(course.series.take(idle), course.placing, course.floor[idle])
    reasons = _idle_reason(rows, course, standing, upcoming, idle)
    next_ones = Periods(idle, upcoming.period, upcoming.date, upcoming.due_on, upcoming.planned_on)
    no_reason = pd.Series(np.nan, index=range(len(due.row)), dtype=frames.TEXT)
    parts = [_follow_ups(rows, rule, due, no_reason, course.series), _follow_ups(rows, rule, next_ones, reasons, None)]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _course(rows: pd.DataFrame, rule: TemplateSchedule, workdays: Workdays, today: pd.Timestamp) -> Course:
    schedule = rule.schedule
    since = starts_of(rows, today)
    step, is_monthly = _steps(rows["frequency"].fillna(schedule.frequency))
    until = np.datetime64(schedule.until or "NaT", "D")
    series = Series(
        first=_first_days(rows, rule, since),
        step=step,
        is_monthly=is_monthly,
        is_last_day=np.full(len(rows), schedule.month_end == "last_day"),
        since=np.full(len(rows), NEVER),
        until=np.fmin(_days(rows["until_on"]), until),
        # The total number of occurrences; if not given, a date that does not recur has one, others no limit (P4).
        quantity=_quantities(rows["quantity"], np.where(step == 0, 1, UNLIMITED)),
    )
    placing = Placing(schedule.due_offset_days, schedule.plan_before_days, schedule.adjust, workdays)
    is_mission = schedule.anchor == MISSION
    return Course(
        series=replace(series, since=_beyond_what_is_made(rows, series)),
        floor=_floor(rows, rule, since, today),
        since=since.mask(rows["mission_id"] != "") if is_mission else since,
        placing=placing,
    )


def _first_days(rows: pd.DataFrame, rule: TemplateSchedule, since: pd.Series) -> Days:
    """The date from which each candidate's periods are counted."""
    if rule.schedule.anchor == MISSION:
        return _days(rows["first_on"])
    if rule.schedule.anchor == START:
        return _days(since)
    assert rule.schedule.anchor == PERIOD
    return np.full(len(rows), np.datetime64(rule.schedule.starts_on or "NaT", "D"))


def _floor(rows: pd.DataFrame, rule: TemplateSchedule, since: pd.Series, today: pd.Timestamp) -> Days:
    """The earliest due date: a service's first signed day, or the start of a period's assignment (P4)."""
    if rule.schedule.anchor == MISSION:
        return _days(rows["signed_seen_on"].fillna(today).mask(rows["is_backfill"]))
    if rule.schedule.anchor == PERIOD:
        return _days(since)
    return np.full(len(rows), NEVER)


def _beyond_what_is_made(rows: pd.DataFrame, series: Series) -> Days:
    """The day after the last period created; NaT if none was created, or if backfill still has past ones to create.

    For a date that does not recur that same day still counts, because a greater quantity adds tasks on it.
    """
    made_from, made_to = _made_days(rows["made_from"]), _made_days(rows["made_to"])
    all_rows = np.arange(len(rows))
    lacks_past = rows["is_backfill"].to_numpy() & (made_from > dates_of(series, all_rows, np.zeros_like(all_rows)))
    return np.where(lacks_past, NEVER, made_to + np.where(series.step == 0, 0, 1).astype("timedelta64[D]"))


def _due_periods(rows: pd.DataFrame, course: Course, standing: pd.Series, today: np.datetime64) -> Periods:
    """Planned periods of the candidates without a standing reason, except those that have a task."""
    stands = standing.isna().to_numpy()
    first = np.where(stands, course.series.first, NEVER)
    planned = planned_periods(replace(course.series, first=first), course.placing, course.floor, today)
    row = planned.row
    made_from, made_to = _made_days(rows["made_from"])[row], _made_days(rows["made_to"])[row]
    adds = (planned.date == made_to) & (planned.period >= _made_number(rows["made_to"])[row])
    adds &= course.series.step[row] == 0
    is_made = (planned.date >= made_from) & (planned.date <= made_to) & ~adds
    stopped = _days(rows["stop_on"])[row] < np.fmax(planned.planned_on, _days(course.since)[row])
    keep = ~(is_made | stopped)
    return Periods(row[keep], planned.period[keep], planned.date[keep], planned.due_on[keep], planned.planned_on[keep])


def _standing_reason(rows: pd.DataFrame, course: Course, rule: TemplateSchedule) -> pd.Series:
    """The first reason against every period of a candidate; missing if there is none."""
    status = rows["mission_status"]
    ladder: list[tuple[pd.Series, str | pd.Series]] = [
        (rows["is_held"], Reason.QUARANTINED.value),
        (~rows["is_assigned"], Reason.NOT_ASSIGNED.value),
        (~rows["type"].isin(rule.template.applies_to), Reason.WRONG_TYPE.value),
        (~rows["status"].isin(rule.template.statuses), Reason.WRONG_STATUS.value),
        (status == "ended", Reason.AFTER_END.value),
        (status.notna() & (status != "signed"), Reason.NOT_SIGNED.value),
        (pd.Series(np.isnat(course.series.first), index=rows.index), Reason.MISSING_FIELD.value),
    ]
    return frames.first_label(rows.index, ladder)


def _idle_reason(
    rows: pd.DataFrame,
    course: Course,
    standing: pd.Series,
    upcoming: Periods,
    idle: Numbers,
) -> pd.Series:
    """Why no period of a candidate is due: its standing reason, or the date of its next period."""
    some = rows.iloc[idle].reset_index(drop=True)
    since = course.since.iloc[idle].reset_index(drop=True)
    series = course.series.take(idle)
    once = pd.Series(series.step == 0)
    is_over = pd.Series(np.isnat(upcoming.date))
    made_once = once & some["made_to"].notna() & (is_over | (_made_days(some["made_to"]) == upcoming.date))
    stopped = pd.Series(_days(some["stop_on"]) < np.fmax(upcoming.planned_on, _days(since)))
    has_ended = pd.Series(series.first > series.until) | ~once
    ladder: list[tuple[pd.Series, str | pd.Series]] = [
        (standing.iloc[idle].reset_index(drop=True).notna(), standing.iloc[idle].reset_index(drop=True)),
        (made_once & some["task_status"].isin(list(CLOSED_STATUSES)), Reason.ALREADY_DONE.value),
        (made_once, Reason.ALREADY_CREATED.value),
        (is_over & has_ended, Reason.AFTER_END.value),
        (is_over, Reason.TOO_OLD.value),
        (stopped, Reason.AFTER_END.value),
        (~is_over, Reason.NOT_YET.value),
    ]
    return frames.first_label(some.index, ladder)


def _follow_ups(
    rows: pd.DataFrame, rule: TemplateSchedule, periods: Periods, reason: pd.Series, counted: Series | None
) -> pd.DataFrame:
    """Periods as frames.FOLLOW_UPS; those of a quantity are distinguished by their number."""
    anchor_on = pd.Series(periods.date.astype(frames.DATE))
    occurrence = occurrence_of(anchor_on)
    if counted is not None:
        further = (counted.step[periods.row] == 0) & (periods.period > 0)
        numbers = pd.Series(periods.period + 1, index=occurrence.index).astype(frames.TEXT).str.zfill(3)
        occurrence = occurrence.mask(further, occurrence + "#" + numbers)
    some = rows[["relation_id", "mission_id"]].iloc[periods.row].reset_index(drop=True)
    return some.assign(
        template=rule.template.template,
        schedule=rule.schedule.key,
        occurrence=occurrence,
        period=np.where(np.isnat(periods.date), np.nan, periods.period),
        anchor_on=anchor_on,
        due_on=periods.due_on.astype(frames.DATE),
        planned_on=periods.planned_on.astype(frames.DATE),
        reason=reason.reset_index(drop=True),
    ).loc[:, list(frames.FOLLOW_UPS)]


def _steps(frequencies: pd.Series) -> tuple[Numbers, np.ndarray]:
    """Step and unit of each frequency; each distinct text is parsed once."""
    codes, texts = pd.factorize(frequencies)
    known = [Frequency.parse(str(text)) for text in texts]
    steps = np.array([f.step for f in known], dtype="int64")
    return steps[codes], np.array([f.is_monthly for f in known], dtype=bool)[codes]


def _quantities(column: pd.Series, without: Numbers) -> Numbers:
    given = column.astype("float64").to_numpy()
    return np.where(np.isnan(given), without, given).astype("int64")


def _days(column: pd.Series) -> Days:
    return column.to_numpy().astype(DAY)


def _made_days(occurrences: pd.Series) -> Days:
    """The dates of occurrences: `2027-01-31`, or `2027-01-31#002` for a further one on the same day."""
    codes, texts = pd.factorize(occurrences)
    days = np.array([text[:LENGTH_OF_A_DAY] for text in texts], dtype=DAY)
    return np.where(codes < 0, NEVER, np.append(days, NEVER)[codes])


def _made_number(occurrences: pd.Series) -> Numbers:
    """The number of the last occurrence among those on its day."""
    codes, texts = pd.factorize(occurrences)
    numbers = np.array([int(text[LENGTH_OF_A_DAY + 1 :] or 1) for text in texts], dtype="int64")
    return np.append(numbers, 0)[codes]
