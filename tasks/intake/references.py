"""The ids that imported rows refer to: in their known spelling, and whether they are known.

May touch: sql. Tests: tests/integration/intake/test_references.py.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from sql.store import Store
from tasks.domain import frames
from tasks.domain.definitions.kinds import FIELD_DATES, MISSION_SERVICES, MISSIONS, Kind
from tasks.domain.definitions.template import MISSION, Template
from tasks.domain.definitions.update_group import GroupTemplate
from tasks.domain.intake.service_frequency import misses_month_end
from tasks.intake.twins import with_twins
from tasks.spelling import WITH_IDS, as_stored

# Columns that refer to ids of another kind; those of the kind itself may stand in the same file.
REFERENCES = {
    "relations": {"owner_id": "users", "company_id": "relations"},
    "missions": {"relation_id": "relations"},
    "mission_services": {"mission_id": "missions"},
    "answers": {"relation_id": "relations"},
    "field_dates": {"relation_id": "relations"},
    "activities": {"owner_id": "users", "contact_id": "relations"},
}


def respell_references(store: Store, typed: pd.DataFrame, kind: Kind) -> dict[str, pd.Series]:
    """The columns of a file that refer to other ids, in the spelling in which those are known (Q6); by column.

    Args:
        store: the database.
        typed: rows of a file (typed_rows.type_rows).
        kind: the kind of the rows.
    """
    columns = {name: of for name, of in REFERENCES.get(kind.name, {}).items() if name in typed.columns}
    return {
        name: as_stored(store, of, typed[name], typed["row_id"] if of == kind.name else None)
        for name, of in columns.items()
    }


def with_references(
    store: Store, typed: pd.DataFrame, kind: Kind, templates: Mapping[str, Template], has_exact_ids: bool = False
) -> pd.DataFrame:
    """Mark for each row whether the ids it refers to are known.

    Args:
        store: the database.
        typed: rows of a file (typed_rows.type_rows).
        kind: the kind of the rows.
        templates: by name.
        has_exact_ids: compare ids exactly, even if they look alike.

    Returns:
        The same rows with further columns: for every kind with its own ids those of `with_twins`, unless ids are exact;
        for missions is_known_relation; for mission services is_known_mission, is_known_template, has_mission_schedule
        and misses_month_end; for field dates is_known_relation,
        is_filled_field and is_asked_field. A missing reference counts as known: another finding reports that it is
        missing.
    """
    if kind.name in WITH_IDS and not has_exact_ids:
        typed = with_twins(store, typed, kind)
    if kind is MISSIONS:
        known = store.read("relation_ids")["relation_id"]
        return typed.assign(is_known_relation=_is_known(typed["relation_id"], known))
    if kind is MISSION_SERVICES:
        serving = [name for name, t in templates.items() if any(s.anchor == MISSION for s in t.schedules)]
        if "recipients" in typed.columns:
            typed = typed.assign(**_recipients(store, typed["recipients"]))
        return typed.assign(
            is_known_mission=_is_known(typed["mission_id"], store.read("mission_ids")["mission_id"]),
            is_known_template=_is_known(typed["template"], list(templates)),
            has_mission_schedule=_is_known(typed["template"], serving) | ~typed["template"].isin(list(templates)),
            misses_month_end=misses_month_end(typed, templates),
        )
    if kind is FIELD_DATES:
        return _with_fields(store, typed, templates)
    return typed


def _with_fields(store: Store, typed: pd.DataFrame, templates: Mapping[str, Template]) -> pd.DataFrame:
    """Whether the relation of each row has the field, and whether an update group asks for it."""
    is_filled = pd.Series(typed["field"].isna() | typed["relation_id"].isna(), index=typed.index)
    for field in typed["field"].dropna().unique():
        of_field = typed["field"] == field
        known = store.read("filled_fields", field=field)["relation_id"]
        is_filled |= of_field & frames.is_among(typed["relation_id"], known)
    known_relations = store.read("relation_ids")["relation_id"]
    is_known = _is_known(typed["relation_id"], known_relations)
    asked = [name for t in templates.values() if isinstance(t, GroupTemplate) for name in t.group.field_names]
    return typed.assign(
        is_known_relation=is_known,
        is_filled_field=is_filled | ~is_known,
        is_asked_field=_is_known(typed["field"], asked),
    )


def _recipients(store: Store, recipients: pd.Series) -> dict[str, pd.Series]:
    """The ids of relations in each row, in their known spelling, and whether all of them are known (R6)."""
    each = recipients.dropna().str.split().explode()
    each = as_stored(store, "relations", each.reset_index(drop=True)).set_axis(each.index)
    known = _is_known(each, store.read("relation_ids")["relation_id"]).groupby(level=0).all()
    spelled = each.groupby(level=0).agg(" ".join).astype(frames.TEXT)
    return {
        "recipients": spelled.reindex(recipients.index),
        "is_known_recipients": known.reindex(recipients.index, fill_value=True),
    }


def _is_known(ids: pd.Series, known: Iterable[str]) -> pd.Series:
    return ids.isna() | frames.is_among(ids, pd.Series(list(known), dtype=frames.TEXT))
