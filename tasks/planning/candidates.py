"""Candidates: one row per relation and schedule, with the facts that planning needs.

May touch: sql. Tests: tests/integration/planning/test_stages.py.
"""

import numpy as np
import pandas as pd

from sql.store import Store
from tasks.domain import frames
from tasks.domain.definitions.template import MISSION
from tasks.domain.definitions.update_group import UpdateGroup
from tasks.domain.planning.field_dates import TemplateSchedule


def extract_relations(store: Store, relation_id: str | None = None) -> pd.DataFrame:
    """Every relation in the database, or only the one named, as raw text; one row per relation."""
    raw = store.read("relations", relation_id=relation_id)
    return raw.assign(source_row=range(1, len(raw) + 1), appearance=1)


def extract_candidates(store: Store, rule: TemplateSchedule, relation_id: str | None = None) -> pd.DataFrame:
    """One row per relation, or mission service, that a schedule may apply to.

    Args:
        store: the database.
        rule: the schedule.
        relation_id: only this relation, assigned or not (`explain`); None for all that are assigned.

    Returns:
        frames.CANDIDATES for a schedule anchored on a data field, else frames.RECURRING.
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


def extract_updates(
    store: Store, group: UpdateGroup, relation_id: str | None = None
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Every relation with a field of a group, and for each field a frame with the same rows in the same order.

    Args:
        store: the database, in which nobody adds relations meanwhile (P9).
        group: the update group.
        relation_id: only this relation, also if it has none of the fields; None for all that have one.

    Returns:
        frames.UPDATE_RELATIONS, and frames.UPDATE_FIELDS by field.
    """
    wanted = {"template": group.group, "relation_id": relation_id}
    relations = store.read("update_relations", **wanted)
    fields = {
        field.field: store.read("update_fields", field=field.field, is_document=field.type == "document", **wanted)
        for field in group.fields
    }
    if relation_id is not None:
        return relations, fields
    has_any = np.any([frame["is_there"].to_numpy() for frame in fields.values()], axis=0)
    return _only(relations, has_any), {name: _only(frame, has_any) for name, frame in fields.items()}


def _only(frame: pd.DataFrame, kept: np.ndarray) -> pd.DataFrame:
    return frame if kept.all() else frame.loc[kept].reset_index(drop=True)


def extract_expiry_days(store: Store, relation_id: str | None = None) -> pd.Series:
    """Every distinct expiry date of the data fields, of all relations or of one; the last value is missing (NaT)."""
    days = store.read("expiry_days", relation_id=relation_id)["expires_on"]
    return pd.concat([days, pd.Series([pd.NaT], dtype=frames.DATE)], ignore_index=True)


def extract_reconcilable(store: Store, rule: TemplateSchedule, relation_id: str | None = None) -> pd.DataFrame:
    """One row per task, of all relations or of one, whose date may have to follow its field's date (A2)."""
    return store.read(
        "tasks_to_reconcile",
        template=rule.template.template,
        schedule=rule.schedule.key,
        field=rule.schedule.field,
        closes=rule.template.close_when is not None,
        relation_id=relation_id,
    )
