"""Quality review: the data of the relations, checked against the firm's criteria.

Law: every relation × criterion exactly once; equal to the slow reference; the order of rows does not matter.
May touch: sql, tasks/validation.py, domain. Tests: tests/integration/reporting/test_quality_review.py.
"""

from collections.abc import Collection
from datetime import date

import pandas as pd

from sql.bulk import read_frame
from sql.store import Store, query
from tasks.domain.definitions.template import Template
from tasks.domain.quality.criteria import fields_of, review_relations
from tasks.planning.blocks import block_reasons
from tasks.validation import judge_days


def review(
    store: Store,
    templates: Collection[Template],
    as_of: date,
    relation_id: str | None = None,
    owner_id: str | None = None,
) -> pd.DataFrame:
    """One row per relation, by id, with a column per criterion (domain's `review_relations`).

    Args:
        store: the database, read only.
        templates: all of the firm's.
        as_of: the date of the review.
        relation_id: only this relation.
        owner_id: only this user's relations.
    """
    whose = {"relation_id": relation_id, "owner_id": owner_id}
    with store.begin(only_reads=True) as connection:
        relations = read_frame(connection, query("quality_relations"), whose)
        known = {f: read_frame(connection, query("quality_fields"), whose | {"field": f}) for f in fields_of(templates)}
    days = [frame["expires_on"] for frame in known.values() if not frame.empty]
    reasons = judge_days(pd.concat(days, ignore_index=True)) if days else None
    judged = {field: frame.assign(block=block_reasons(frame, reasons)) for field, frame in known.items()}
    # Sorted here, because the two databases order text differently.
    return review_relations(relations.sort_values("relation_id", ignore_index=True), judged, templates, as_of)
