"""Which dossiers of an update group are due: U2 and U3 over whole columns.

A field is asked on the dates of its group, or on its own; on its expiry date where that comes first. One dossier asks
all fields of a relation that are asked on the same date. Of several dates that passed without a run, a field is asked
for the latest alone, and not at all if its dossier would have been removed by now.
May touch: numpy, pandas. Tests: tests/unit/planning/test_update_dates_law.py (a slow reference),
tests/integration/planning/test_update_groups.py.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.recurrence import Days, Numbers
from tasks.domain.definitions.template import Template
from tasks.domain.definitions.update_group import COMPANY, SCHEDULE, TYPES, GroupTemplate, UpdateGroup
from tasks.domain.planning.field_dates import occurrence_of
from tasks.domain.planning.update_fields import DAY, NEVER, FieldDates, days_of_text, field_dates, last_days
from tasks.domain.reasons import Reason


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
    made_to = days_of_text(rows["made_to"])
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
    dated = {name: field_dates(frame, group, days_of_text(rows["made_to"]), as_of) for name, frame in fields.items()}
    reason = pd.concat([one.reasons(standing) for one in dated.values()], ignore_index=True)
    days = np.concatenate([np.where(one.is_due, one.asked_on, one.upcoming) for one in dated.values()]).astype(DAY)
    known = np.where(reason.isna() | reason.isin([Reason.NOT_YET.value, Reason.ALREADY_FRESH.value]), days, NEVER)
    at = pd.Series(known.astype(frames.DATE))
    last = last_days(known, group).astype(frames.DATE)
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
    last = last_days(days if opened is None else np.full(len(days), np.datetime64(opened, "D")), group)
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
