"""Twins: ids that look the same to a person, in a file, between a file and the database, and in the database (Q6).

Stored ids are found by an index on their folded form (`folded_id`).
May touch: sql. Tests: tests/integration/intake/test_twin_ids.py, on both databases.
"""

import pandas as pd
from sqlalchemy import func, select

from sql.store import Store
from tasks.domain.definitions.kinds import Kind
from tasks.domain.intake.ids import find_twins
from tasks.spelling import WITH_IDS, known_alike

GROUPS_NAMED = 20


def with_twins(store: Store, typed: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Mark for each row whether its id is a second spelling of another id (`find_twins`).

    Args:
        store: the database.
        typed: rows of a file (typed_rows.type_rows), of a kind in `WITH_IDS`.
        kind: the kind of the rows.
    """
    found = find_twins(typed["row_id"], known_alike(store, kind.name, typed["row_id"]))
    return typed.assign(**{name: found[name] for name in found.columns})


def stored_twins(store: Store) -> dict[str, list[list[str]]]:
    """Ids in the database that look the same to a person: by kind, the first groups of them."""
    found = {}
    with store.begin(only_reads=True) as connection:
        for kind, (table, column) in WITH_IDS.items():
            shared = select(table.c.folded_id).group_by(table.c.folded_id).having(func.count() > 1)
            some = shared.where(table.c.folded_id.is_not(None)).order_by(table.c.folded_id).limit(GROUPS_NAMED)
            twins = select(table.c.folded_id, table.c[column]).where(table.c.folded_id.in_(some.subquery().select()))
            rows = connection.execute(twins.order_by(table.c.folded_id, table.c[column])).all()
            groups: dict[str, list[str]] = {}
            for key, stored in rows:
                groups.setdefault(key, []).append(stored)
            if groups:
                found[kind] = list(groups.values())
    return found
