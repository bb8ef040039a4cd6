"""Extract: the database to raw frames. No cleaning. Files are read by tasks/csv_files.py.

Law: same tables, same frames.
May touch: sql. Tests: tests/integration/test_rooms.py.
"""

from datetime import date

import pandas as pd

from sql.store import Store, iso
from tasks.domain.planning import Rule


def extract_relations(store: Store, relation_id: str | None = None) -> pd.DataFrame:
    """Every relation of the database, or the one named, as raw text; one row per relation."""
    raw = store.read("relations", relation_id=relation_id)
    return raw.assign(source_row=range(1, len(raw) + 1), appearance=1)


def extract_candidates(store: Store, rule: Rule, relation_id: str | None = None) -> pd.DataFrame:
    """One row per relation that a schedule may concern (frames.CANDIDATES).

    Args:
        store: the database.
        rule: the schedule.
        relation_id: ask for this relation, assigned or not (`explain`); None for all that are assigned.
    """
    names = {"template": rule.template.template, "schedule": rule.schedule.key, "field": rule.schedule.field}
    everyone = rule.schedule.assign == "all"
    if everyone or relation_id is not None:
        return store.read("all_candidates", everyone=everyone, relation_id=relation_id, **names)
    return store.read("assigned_candidates", **names)


def extract_unsettled(store: Store, rule: Rule) -> pd.DataFrame:
    """One row per open task whose anchor field has changed since (A2)."""
    return store.read(
        "unsettled_tasks", template=rule.template.template, schedule=rule.schedule.key, field=rule.schedule.field
    )


def extract_due_mails(store: Store, as_of: date, only: str | None = None) -> pd.DataFrame:
    """One row per automatic mail whose send day has come, with its merge fields; of TEMPLATE/SCHEDULE `only`."""
    template, schedule = only.split("/", 1) if only else (None, None)
    return store.read("due_mails", as_of=iso(as_of), template=template, schedule=schedule)
