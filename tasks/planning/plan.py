"""Plan: turns candidates and definitions into follow-ups, each due or skipped with a reason.

Law: due + skipped = candidates; the order of rows does not matter; equal to the slow reference.
May touch: tasks/planning/candidates.py, tasks/validation.py, domain. Tests: tests/integration/planning/test_stages.py.
"""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from sql.store import Store
from tasks.domain import frames
from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.template import Template
from tasks.domain.definitions.update_group import GroupTemplate, UpdateGroup
from tasks.domain.planning.field_dates import TemplateSchedule, plan_follow_ups
from tasks.domain.planning.recurring_dates import plan_periods
from tasks.domain.planning.update_dates import plan_updates
from tasks.domain.reasons import Reason
from tasks.domain.scope import EVERYTHING, Scope
from tasks.planning.blocks import block_reasons
from tasks.planning.candidates import extract_candidates, extract_expiry_days, extract_updates
from tasks.validation import judge_days


def schedules_of(templates: Iterable[Template], scope: Scope = EVERYTHING) -> list[TemplateSchedule]:
    """Every schedule of every template, or only the one that the scope names."""
    rules = [TemplateSchedule(template, schedule) for template in templates for schedule in template.schedules]
    return [r for r in rules if scope.schedule in (None, f"{r.template.template}/{r.schedule.key}")]


def plan(
    store: Store,
    rules: Iterable[TemplateSchedule],
    *,
    workdays: Workdays,
    as_of: date,
    held: frozenset[str] = frozenset(),
    scope: Scope = EVERYTHING,
    relation_id: str | None = None,
) -> pd.DataFrame:
    """Follow-ups of all schedules (frames.FOLLOW_UPS), one row per candidate, or per due period of one.

    Args:
        store: the database, read only.
        rules: the schedules.
        workdays: the firm's.
        as_of: the date to plan for.
        held: relations that this run's validation quarantines.
        scope: the relations to plan for.
        relation_id: only this relation, assigned or not (for `explain`).
    """
    rules = list(rules)
    judged = judge_days(extract_expiry_days(store, relation_id)) if any(r.schedule.is_field for r in rules) else None
    planned = []
    for rule in rules:
        if isinstance(rule.template, GroupTemplate):
            planned.append(_plan_group(store, rule.template.group, as_of, held, scope, relation_id))
            continue
        found = scope.of(extract_candidates(store, rule, relation_id))
        if found.empty:
            continue
        candidates = found.assign(is_held=found["is_held"] | found["relation_id"].isin(list(held)))
        if rule.schedule.is_field:
            blocked = candidates.assign(block=block_reasons(candidates, judged))
            planned.append(plan_follow_ups(blocked, rule, workdays, as_of))
        else:
            planned.append(plan_periods(candidates, rule, workdays, as_of))
    filled = [frame for frame in planned if not frame.empty]
    return pd.concat(filled, ignore_index=True) if filled else frames.empty(frames.FOLLOW_UPS)


def _plan_group(
    store: Store, group: UpdateGroup, as_of: date, held: frozenset[str], scope: Scope, relation_id: str | None
) -> pd.DataFrame:
    """The dossiers of an update group; one whose date has a dossier already is not made again (P2)."""
    known = set(store.read("fields_in_use")["field"]) if relation_id is None else set(group.field_names)
    if known.isdisjoint(group.field_names):
        return frames.empty(frames.FOLLOW_UPS)
    relations, fields = extract_updates(store, group, relation_id)
    relations = relations.assign(is_held=relations["is_held"] | relations["relation_id"].isin(list(held)))
    if scope.relations is not None:
        kept = relations["relation_id"].isin(list(scope.relations))
        relations = relations.loc[kept].reset_index(drop=True)
        fields = {name: frame.loc[kept].reset_index(drop=True) for name, frame in fields.items()}
    if relations.empty:
        return frames.empty(frames.FOLLOW_UPS)
    found = plan_updates(relations, fields, group, as_of)
    is_due = found["reason"].isna()
    if not is_due.any():
        return found
    key = ["relation_id", "occurrence"]
    taken = pd.MultiIndex.from_frame(store.read("update_occurrences", template=group.group)[key])
    is_taken = is_due & pd.MultiIndex.from_frame(found[key]).isin(taken)
    return found.assign(reason=found["reason"].mask(is_taken, Reason.ALREADY_CREATED.value))


def plan_again(
    store: Store,
    rules: Iterable[TemplateSchedule],
    planned: pd.DataFrame,
    *,
    workdays: Workdays,
    as_of: date,
    held: frozenset[str],
    scope: Scope = EVERYTHING,
) -> pd.DataFrame:
    """Plan again after the due tasks were created, so that recurring dates show their next occurrence.

    Args:
        store: the database, with the new tasks in it.
        rules: as in `plan`, like the remaining arguments.
        planned: what `plan` returned before.
        workdays: the firm's.
        as_of: the date to plan for.
        held: relations that are quarantined.
        scope: the relations planned for.

    Returns:
        frames.FOLLOW_UPS; unchanged for schedules that had no recurring date due.
    """
    due = planned.loc[planned["reason"].isna(), ["template", "schedule"]].drop_duplicates()
    names = set(zip(due["template"], due["schedule"], strict=True))
    moved = [r for r in rules if not r.schedule.is_field and (r.template.template, r.schedule.key) in names]
    if not moved:
        return planned
    gone = [f"{r.template.template}/{r.schedule.key}" for r in moved]
    others = planned.loc[~(planned["template"] + "/" + planned["schedule"]).isin(gone)]
    again = plan(store, moved, workdays=workdays, as_of=as_of, held=held, scope=scope)
    return pd.concat([frame for frame in (others, again) if not frame.empty], ignore_index=True)
