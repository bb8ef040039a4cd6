"""Which dossiers of an update group are due: U2 and U3 over whole columns.

A field is asked on the dates of its group, or on its own; on its expiry date where that comes first. One dossier asks
all fields of a relation that are asked on the same date. Of several dates that passed without a run, a field is asked
for the latest alone, and not at all if its dossier would have been removed by now.
May touch: numpy, pandas. Tests: tests/unit/planning/test_update_dates_law.py (a slow reference),
tests/integration/planning/test_update_groups.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.frequency import Frequency
from tasks.domain.dates.recurrence import Days, Numbers, Placing, Series, dates_of, next_periods
from tasks.domain.definitions.template import Template
from tasks.domain.definitions.update_group import COMPANY, SCHEDULE, TYPES, GroupTemplate, UpdateGroup
from tasks.domain.planning.field_dates import occurrence_of
from tasks.domain.reasons import Reason

DAY = "datetime64[D]"
NEVER = np.datetime64("NaT", "D")
ONE_DAY = np.timedelta64(1, "D")
LONGEST_FRESH_DAYS, DAYS_OF_A_MONTH = 30, 30.4375
OLDEST_EXPIRY_DAYS = 365  # an expiry date further back is no reason to ask by itself, as for other schedules (P3)


@dataclass(frozen=True)
class FieldDates:
    """When one field is asked, one element for each relation.

    Attributes:
        is_due: whether it is asked now.
        asked_on: the date for which it is asked; NaT where it is not.
        upcoming: the next date on which it will be.
        is_fresh: whether it is left out of the latest date because it was just updated.
        has_value: whether there is anything to ask about.
    """

    is_due: np.ndarray
    asked_on: Days
    upcoming: Days
    is_fresh: np.ndarray
    has_value: np.ndarray

    def reasons(self, standing: pd.Series) -> pd.Series:
        """Why the field is not asked of each relation; missing where it is."""
        return frames.first_label(
            standing.index,
            [
                (standing.notna(), standing),
                (pd.Series(~self.has_value), Reason.MISSING_FIELD.value),
                (pd.Series(self.is_fresh), Reason.ALREADY_FRESH.value),
                (pd.Series(~self.is_due), Reason.NOT_YET.value),
            ],
        )


def plan_updates(
    relations: pd.DataFrame, fields: Mapping[str, pd.DataFrame], group: UpdateGroup, as_of: date
) -> pd.DataFrame:
    """Decide for each relation which dossiers are due, and if none is, give the reason.

    Args:
        relations: frames.UPDATE_RELATIONS, one row per relation.
        fields: by field, frames.UPDATE_FIELDS, a row for each row of `relations`, in the same order.
        group: the update group.
        as_of: the date to plan for (T1).

    Returns:
        frames.FOLLOW_UPS with `asked`, the fields of a due dossier with blanks between them: one row per due dossier,
        and one per relation without one.
    """
    rows = frames.require(relations, frames.UPDATE_RELATIONS, "plan").reset_index(drop=True)
    standing = standing_reason(rows, group)
    made_to = _days_of_text(rows["made_to"])
    dated = [field_dates(frame, group, made_to, as_of) for frame in fields.values()]
    row, day, asked = _dossiers(dated, standing.isna().to_numpy(), list(fields))
    is_idle = np.ones(len(rows), dtype=bool)
    is_idle[row] = False
    idle = np.flatnonzero(is_idle)
    due = _follow_ups(rows, group, row, day, as_of).assign(reason=pd.Series(np.nan, range(len(row)), frames.TEXT))
    upcoming = _earliest([np.where(one.has_value, one.upcoming, NEVER)[idle] for one in dated], len(idle))
    reasons = _idle_reasons(dated, standing, idle)
    waiting = _follow_ups(rows, group, idle, np.where(reasons.isna(), NEVER, upcoming), None).assign(reason=reasons)
    parts = [due.assign(asked=asked), waiting.assign(asked=pd.Series(np.nan, range(len(idle)), frames.TEXT))]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def explain_fields(
    relations: pd.DataFrame, fields: Mapping[str, pd.DataFrame], group: UpdateGroup, as_of: date
) -> pd.DataFrame:
    """Each field's verdict on one relation; arguments as of `plan_updates`."""
    rows = relations.reset_index(drop=True)
    standing = standing_reason(rows, group)
    dated = {name: field_dates(frame, group, _days_of_text(rows["made_to"]), as_of) for name, frame in fields.items()}
    reason = pd.concat([one.reasons(standing) for one in dated.values()], ignore_index=True)
    days = np.concatenate([np.where(one.is_due, one.asked_on, one.upcoming) for one in dated.values()]).astype(DAY)
    known = np.where(reason.isna() | reason.isin([Reason.NOT_YET.value, Reason.ALREADY_FRESH.value]), days, NEVER)
    at = pd.Series(known.astype(frames.DATE))
    last = _removal(known, group).astype(frames.DATE)
    return pd.DataFrame({"field": list(fields), "anchor_on": at, "due_on": last, "planned_on": at, "reason": reason})


def lacks_data(planned: pd.DataFrame, templates: Mapping[str, Template], reasons: frozenset[Reason]) -> pd.Series:
    """Which follow-ups have one of these reasons as a fault of the firm's data.

    A field that is empty is never asked again by its group: that is no fault (U2).
    """
    groups = [name for name, template in templates.items() if isinstance(template, GroupTemplate)]
    is_empty = planned["template"].isin(groups) & (planned["reason"] == Reason.MISSING_FIELD.value).fillna(False)
    return planned["reason"].isin(list(reasons)) & ~is_empty


def standing_reason(rows: pd.DataFrame, group: UpdateGroup) -> pd.Series:
    """The first reason against asking a relation anything; missing if there is none.

    A group of companies asks their persons, too, each for himself: what is known of a director is in his own data.
    """
    is_asked = rows["type"].isin(TYPES[group.applies_to])
    if group.applies_to == COMPANY:
        is_asked |= (rows["type"] == "person") & (rows["company_type"] == "company").fillna(False)
    of_nobody = rows["company_status"].notna() & (rows["type"] == "person") & (group.applies_to == COMPANY)
    ladder: list[tuple[pd.Series, str | pd.Series]] = [
        (rows["is_held"], Reason.QUARANTINED.value),
        (~is_asked, Reason.WRONG_TYPE.value),
        (~rows["status"].isin(group.statuses), Reason.WRONG_STATUS.value),
        (of_nobody & ~rows["company_status"].isin(group.statuses), Reason.WRONG_STATUS.value),
    ]
    return frames.first_label(rows.index, ladder)


def field_dates(frame: pd.DataFrame, group: UpdateGroup, made_to: Days, as_of: date) -> FieldDates:
    """When one field of a group is asked of each relation.

    Args:
        frame: frames.UPDATE_FIELDS.
        group: the update group.
        made_to: the date of each relation's latest dossier; NaT if it never had one.
        as_of: the date to plan for.
    """
    today = np.datetime64(as_of, "D")
    has_value = frame["has_value"].to_numpy(dtype=bool)
    latest, upcoming, fresh_days = _regular(frame, group, as_of)
    updated = frame["updated_on"].to_numpy().astype(DAY)
    expires = frame["expires_on"].to_numpy().astype(DAY)
    asked_to = _days_of_text(frame["asked_to"])
    is_there = _removal(latest, group) >= today
    is_reached = has_value & ~np.isnat(latest) & is_there & ~(made_to >= latest)
    is_fresh = is_reached & (updated > latest - fresh_days) & (updated <= today)
    is_regular = is_reached & ~is_fresh
    is_expired = has_value & (expires <= today) & (expires >= today - OLDEST_EXPIRY_DAYS * ONE_DAY)
    is_expired &= ~(asked_to >= expires) & ~(is_regular & (latest >= expires))
    is_due = is_regular | is_expired
    asked_on = np.where(is_expired, expires, np.where(is_regular, latest, NEVER))
    ahead = np.where(expires > today, expires, NEVER)
    return FieldDates(is_due, asked_on, np.fmin(upcoming, ahead), is_fresh & ~is_expired, has_value)


def _days_of_text(occurrences: pd.Series) -> Days:
    codes, texts = pd.factorize(occurrences)
    return np.append(np.array([str(text) for text in texts], dtype=DAY), NEVER)[codes]


def _regular(frame: pd.DataFrame, group: UpdateGroup, as_of: date) -> tuple[Days, Days, np.ndarray]:
    """Of each field: its latest date that has come, the next one, and for how long an update counts as fresh."""
    own_first = frame["next_update_on"].to_numpy().astype(DAY)
    has_own = ~np.isnat(own_first) | frame["frequency"].notna().to_numpy()
    common = _latest_and_next(_series([np.datetime64(group.starts_on, "D")], [group.frequency]), as_of)
    latest, upcoming = (np.full(len(frame), day[0]) for day in common)
    fresh = np.full(len(frame), _fresh_days(group.frequency))
    own = np.flatnonzero(has_own)
    if len(own):
        frequencies = frame["frequency"].iloc[own].fillna(group.frequency)
        codes, texts = pd.factorize(frequencies)
        recurs = np.array([Frequency.parse(text).step > 0 for text in texts], dtype=bool)[codes]
        start = np.where(recurs, np.datetime64(group.starts_on, "D"), NEVER)
        firsts = np.where(np.isnat(own_first[own]), start, own_first[own])
        latest[own], upcoming[own] = _latest_and_next(_series(firsts, frequencies), as_of)
        fresh[own] = np.array([_fresh_days(text) for text in texts], dtype="int64")[codes]
    return latest, upcoming, fresh * ONE_DAY


def _series(firsts: object, frequencies: object) -> Series:
    first = np.asarray(firsts, dtype=DAY)
    codes, texts = pd.factorize(pd.Series(frequencies))
    known = [Frequency.parse(str(text)) for text in texts]
    step, size = np.array([f.step for f in known], dtype="int64")[codes], len(first)
    return Series(
        first=first,
        step=step,
        is_monthly=np.array([f.is_monthly for f in known], dtype=bool)[codes],
        is_last_day=np.zeros(size, dtype=bool),
        since=np.full(size, NEVER),
        until=np.full(size, NEVER),
        quantity=np.where(step == 0, 1, 2**31),
    )


def _latest_and_next(series: Series, as_of: date) -> tuple[Days, Days]:
    """The last date up to a day, and the first one after it (T2); NaT where there is none."""
    size = len(series.first)
    after = next_periods(series, Placing(), np.full(size, np.datetime64(as_of, "D") + ONE_DAY))
    once = series.step == 0
    before = np.where(once, 0, np.where(np.isnat(after.date), 0, after.period - 1))
    has_come = np.where(once, series.first <= np.datetime64(as_of, "D"), before >= 0)
    latest = dates_of(series, np.arange(size), np.maximum(before, 0))
    return np.where(has_come, latest, NEVER), after.date


def _fresh_days(frequency: str) -> int:
    """A third of a period, at most thirty days."""
    known = Frequency.parse(frequency)
    days = known.step * (DAYS_OF_A_MONTH if known.is_monthly else 1)
    return min(LONGEST_FRESH_DAYS, int(days / 3)) if known.step else LONGEST_FRESH_DAYS


def _removal(opened: Days, group: UpdateGroup) -> Days:
    """The last day of a dossier that is opened on a day (U6)."""
    codes, found = pd.factorize(opened.view("int64"))
    days = np.asarray(found).view(DAY)
    months = np.full(len(days), group.remove_after_months or 1)
    size = len(days)
    series = Series(
        days, months, np.ones(size, bool), np.zeros(size, bool), np.full(size, NEVER), np.full(size, NEVER), months + 1
    )
    return dates_of(series, np.arange(size), np.ones(size, dtype="int64"))[codes]


def _dossiers(dated: list[FieldDates], is_asked: np.ndarray, names: list[str]) -> tuple[Numbers, Days, pd.Series]:
    """Row, date and fields of each due dossier, sorted by row and date."""
    found = [np.flatnonzero(one.is_due & is_asked) for one in dated]
    row = np.concatenate(found)
    day = np.concatenate([one.asked_on[at] for one, at in zip(dated, found, strict=True)]).astype(DAY)
    bits = np.concatenate([np.full(len(at), 1 << number, dtype="int64") for number, at in enumerate(found)])
    order = np.lexsort((day, row))
    row, day, bits = row[order], day[order], bits[order]
    begins = np.flatnonzero(np.r_[True, (row[1:] != row[:-1]) | (day[1:] != day[:-1])]) if len(row) else row
    masks = np.bitwise_or.reduceat(bits, begins) if len(row) else bits
    codes, known = pd.factorize(masks)
    texts = [" ".join(name for at, name in enumerate(names) if mask >> at & 1) for mask in known]
    return row[begins], day[begins], pd.Series(pd.array(texts, dtype=frames.TEXT).take(codes))


def _idle_reasons(dated: list[FieldDates], standing: pd.Series, idle: Numbers) -> pd.Series:
    """Why a relation gets no dossier: the first of its fields' reasons, the most telling one first."""
    is_fresh = np.any([one.is_fresh[idle] for one in dated], axis=0)
    has_any = np.any([one.has_value[idle] for one in dated], axis=0)
    some = standing.iloc[idle].reset_index(drop=True)
    return frames.first_label(
        some.index,
        [
            (some.notna(), some),
            (pd.Series(~has_any), Reason.MISSING_FIELD.value),
            (pd.Series(is_fresh), Reason.ALREADY_FRESH.value),
            (pd.Series(np.ones(len(idle), dtype=bool)), Reason.NOT_YET.value),
        ],
    )


def _earliest(days: list[Days], size: int) -> Days:
    found = np.full(size, NEVER)
    for one in days:
        found = np.fmin(found, one)
    return found


def _follow_ups(rows: pd.DataFrame, group: UpdateGroup, at: Numbers, day: Days, opened: date | None) -> pd.DataFrame:
    """Dossiers as frames.FOLLOW_UPS, without reasons; each is due on its last day, counted from its opening."""
    days = day.astype(DAY)
    last = _removal(days if opened is None else np.full(len(days), np.datetime64(opened, "D")), group)
    anchor_on = pd.Series(days.astype(frames.DATE))
    return pd.DataFrame(
        {
            "relation_id": rows["relation_id"].iloc[at].reset_index(drop=True),
            "template": group.group,
            "schedule": SCHEDULE,
            "mission_id": "",
            "occurrence": occurrence_of(anchor_on),
            "period": np.nan,
            "anchor_on": anchor_on,
            "due_on": last.astype(frames.DATE),
            "planned_on": anchor_on,
        }
    )
