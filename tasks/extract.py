"""Extract: the database to raw frames. No cleaning. Files are read by tasks/csv_files.py.

Law: same tables, same frames.
May touch: sql. Tests: tests/integration/test_rooms.py.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from sql.store import Store, iso
from tasks.domain import frames
from tasks.domain.canonical import MISSION_SERVICES, MISSIONS, Kind
from tasks.domain.definitions import MISSION, Template
from tasks.domain.planning import Rule
from tasks.twins import WITH_IDS, with_twins


def extract_relations(store: Store, relation_id: str | None = None) -> pd.DataFrame:
    """Every relation of the database, or the one named, as raw text; one row per relation."""
    raw = store.read("relations", relation_id=relation_id)
    return raw.assign(source_row=range(1, len(raw) + 1), appearance=1)


def extract_candidates(store: Store, rule: Rule, relation_id: str | None = None) -> pd.DataFrame:
    """One row per relation, or mission service, that a schedule may concern.

    Args:
        store: the database.
        rule: the schedule.
        relation_id: ask for this relation, assigned or not (`explain`); None for all that are assigned.

    Returns:
        frames.CANDIDATES for a schedule that goes by a data field, else frames.RECURRING.
    """
    names = {"template": rule.template.template, "schedule": rule.schedule.key}
    everyone = rule.schedule.assign == "all"
    if rule.schedule.anchor == MISSION:
        return store.read("mission_candidates", relation_id=relation_id, **names)
    if not rule.schedule.is_field:
        return store.read("recurring_candidates", everyone=everyone, relation_id=relation_id, **names)
    if everyone or relation_id is not None:
        field = rule.schedule.field
        return store.read("all_candidates", everyone=everyone, relation_id=relation_id, field=field, **names)
    return store.read("assigned_candidates", field=rule.schedule.field, **names)


def with_references(
    store: Store, typed: pd.DataFrame, kind: Kind, templates: Mapping[str, Template], has_exact_ids: bool = False
) -> pd.DataFrame:
    """Say of each row whether what it refers to is known.

    Args:
        store: the database.
        typed: rows of a file (typed_rows.type_rows).
        kind: what they are.
        templates: by name.
        has_exact_ids: take ids as they are written, whatever they look like.

    Returns:
        The same rows; for every kind with an id of its own with what `with_twins` says, unless ids are exact; for
        missions with is_known_relation, for mission services with is_known_mission, is_known_template and
        has_mission_schedule. A missing reference counts as known: a finding of its own says that it is missing.
    """
    if kind.name in WITH_IDS and not has_exact_ids:
        typed = with_twins(store, typed, kind)
    if kind is MISSIONS:
        known = store.read("relation_ids")["relation_id"]
        return typed.assign(is_known_relation=_is_known(typed["relation_id"], known))
    if kind is MISSION_SERVICES:
        serving = [name for name, t in templates.items() if any(s.anchor == MISSION for s in t.schedules)]
        return typed.assign(
            is_known_mission=_is_known(typed["mission_id"], store.read("mission_ids")["mission_id"]),
            is_known_template=_is_known(typed["template"], list(templates)),
            has_mission_schedule=_is_known(typed["template"], serving) | ~typed["template"].isin(list(templates)),
        )
    return typed


def _is_known(ids: pd.Series, known: Iterable[str]) -> pd.Series:
    return ids.isna() | frames.is_among(ids, pd.Series(list(known), dtype=frames.TEXT))


def extract_expiry_days(store: Store, relation_id: str | None = None) -> pd.Series:
    """Every distinct expiry date of the data fields, of all relations or of one; the last one is missing (NaT)."""
    days = store.read("expiry_days", relation_id=relation_id)["expires_on"]
    return pd.concat([days, pd.Series([pd.NaT], dtype=frames.DATE)], ignore_index=True)


def extract_unsettled(store: Store, rule: Rule) -> pd.DataFrame:
    """One row per task whose date may have to follow its field's date (A2)."""
    return store.read(
        "unsettled_tasks",
        template=rule.template.template,
        schedule=rule.schedule.key,
        field=rule.schedule.field,
        closes=rule.template.close_when is not None,
    )


def extract_due_mails(store: Store, as_of: date, only: str | None = None, task_id: int | None = None) -> pd.DataFrame:
    """One row per mail whose send day has come, with its merge fields; of TEMPLATE/SCHEDULE `only`, of one task."""
    template, schedule = only.split("/", 1) if only else (None, None)
    return store.read("due_mails", as_of=iso(as_of), template=template, schedule=schedule, task_id=task_id)


def extract_due_items(store: Store, as_of: date) -> pd.DataFrame:
    """One row per item that the requests of `extract_due_mails` still ask for."""
    return store.read("due_items", as_of=iso(as_of))
