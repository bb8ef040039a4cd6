"""Explain why a relation gets something or nothing.

May touch: sql, planning. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from sql.store import Store
    from tasks.domain.definitions.home import HomeDefinitions
    from tasks.domain.definitions.update_group import UpdateGroup
    from tasks.domain.planning.field_dates import TemplateSchedule

EXPLAIN_KEYS = ("template", "schedule", "mission_id", "anchor_on", "due_on", "planned_on", "outcome", "reason")
OF_FIELDS = ("field",)  # of the rows of an update group only


def explain(home: HomeDefinitions, store: Store, relation_id: str, as_of: dt.date) -> list[dict[str, Any]]:
    """Each rule's verdict on one relation, as the nightly run would give it; empty for an unknown relation.

    For recurring dates, both the latest task and the next date are listed; of an update group, each of its fields.
    """
    from tasks.domain.definitions.update_group import GroupTemplate
    from tasks.domain.reasons import outcome_of
    from tasks.planning.candidates import extract_relations
    from tasks.planning.plan import plan, schedules_of
    from tasks.planning.reconcile import find_date_changes
    from tasks.rows import plain_rows
    from tasks.validation import set_aside_ids, validate

    every = schedules_of(home.templates.values())
    rules = [rule for rule in every if not isinstance(rule.template, GroupTemplate)]
    groups = [rule.template.group for rule in every if isinstance(rule.template, GroupTemplate)]
    relation = extract_relations(store, relation_id)
    if relation.empty:
        return _explain_quarantined(store, relation_id, home)
    findings = validate(relation, "relations", "relation_id")
    set_aside = set_aside_ids(findings)
    found = plan(store, rules, workdays=home.workdays, as_of=as_of, held=set_aside, relation_id=relation_id)
    planned = _as_followed(plain_rows(found), find_date_changes(store, rules, home.workdays, relation_id))
    verdict_of = {_key(row): row for row in [*_latest_tasks(store, relation_id, rules), *planned]}
    of_fields = [row for group in groups for row in _of_fields(store, group, relation_id, as_of, set_aside)]
    every_row = sorted(
        [*verdict_of.values(), *of_fields], key=lambda row: (row["template"], row["schedule"], row["mission_id"])
    )
    verdicts = [row | {"outcome": outcome_of(row["reason"])} for row in every_row]
    return [{key: row[key] for key in (*EXPLAIN_KEYS, *OF_FIELDS) if key in row} for row in verdicts]


def _of_fields(
    store: Store, group: UpdateGroup, relation_id: str, as_of: dt.date, held: frozenset[str]
) -> list[dict[str, Any]]:
    """What an update group asks of a relation, field by field: when it was or will be asked, or why it is not."""
    from tasks.domain.definitions.update_group import SCHEDULE
    from tasks.domain.planning.update_dates import explain_fields
    from tasks.planning.candidates import extract_updates
    from tasks.rows import plain_rows

    relations, fields = extract_updates(store, group, relation_id)
    relations = relations.assign(is_held=relations["is_held"] | relations["relation_id"].isin(list(held)))
    found = explain_fields(relations, fields, group, as_of)
    return [{"template": group.group, "schedule": SCHEDULE, "mission_id": ""} | row for row in plain_rows(found)]


def _as_followed(planned: list[dict[str, Any]], changes: pd.DataFrame) -> list[dict[str, Any]]:
    """The verdicts, with `redated` where a task will take the date before anything is planned (A2)."""
    from tasks.domain.planning.following import REDATED, REOPENED
    from tasks.domain.reasons import Reason
    from tasks.rows import plain_rows

    moving = changes.loc[changes["change"].isin([REDATED, REOPENED])]
    names = ("template", "schedule", "anchor_on")
    moved = {tuple(row[name] for name in names) for row in plain_rows(moving) if row["anchor_on"] != row["was_for_on"]}
    will_move = [tuple(row[name] for name in names) in moved for row in planned]
    return [
        row | {"reason": Reason.REDATED.value} if moves else row for row, moves in zip(planned, will_move, strict=True)
    ]


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[key] for key in ("template", "schedule", "mission_id", "anchor_on", "period"))


def _latest_tasks(store: Store, relation_id: str, rules: list[TemplateSchedule]) -> list[dict[str, Any]]:
    """The latest task of each recurring schedule, and of each mission, in the form of a verdict."""
    from tasks.domain.definitions.firm import CLOSED_STATUSES
    from tasks.domain.reasons import Reason
    from tasks.planning.overview import TaskFilter, list_tasks

    recurring = {(r.template.template, r.schedule.key) for r in rules if not r.schedule.is_field}
    latest: dict[tuple[str, ...], dict[str, Any]] = {}
    for task in list_tasks(store, TaskFilter(relation_id=relation_id)):
        if (task["template"], task["schedule"]) in recurring:
            reason = Reason.ALREADY_DONE if task["status"] in CLOSED_STATUSES else Reason.ALREADY_CREATED
            latest[task["template"], task["schedule"], task["mission_id"]] = task | {"reason": reason.value}
    return list(latest.values())


def quarantined_rows(store: Store, relation_id: str) -> list[dict[str, Any]]:
    """The quarantined source rows of a relation: source_file, source_row, column_name, problem."""
    from tasks.rows import plain_rows

    quarantine = store.read("open_quarantine")
    return plain_rows(quarantine.loc[(quarantine["kind"] == "relations") & (quarantine["row_id"] == relation_id)])


def _explain_quarantined(store: Store, relation_id: str, home: HomeDefinitions) -> list[dict[str, Any]]:
    from tasks.domain.definitions.template import MISSION
    from tasks.domain.reasons import Reason
    from tasks.planning.plan import schedules_of

    if not quarantined_rows(store, relation_id):
        return []
    skipped = {
        "mission_id": "",
        "field": None,
        "anchor_on": None,
        "due_on": None,
        "planned_on": None,
        "outcome": "skipped",
    }
    return [
        {"template": rule.template.template, "schedule": rule.schedule.key}
        | skipped
        | {"reason": Reason.QUARANTINED.value}
        for rule in schedules_of(home.templates.values())
        if rule.schedule.anchor != MISSION
    ]
