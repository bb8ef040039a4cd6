"""References to ids in the spelling in which they are stored: what a person reads as one id is one (Q6).

May touch: sql. Tests: tests/integration/intake/test_references.py, on both databases.
"""

import pandas as pd
from sqlalchemy import Table, select

from sql import schema
from sql.bulk import staged
from sql.store import Store
from tasks.domain import frames
from tasks.domain.intake.ids import id_keys

# Kinds with ids of their own, and where these are stored.
WITH_IDS: dict[str, tuple[Table, str]] = {
    "relations": (schema.relations, "relation_id"),
    "missions": (schema.missions, "mission_id"),
    "activities": (schema.activities, "activity_id"),
    "users": (schema.users, "user_id"),
}


def known_alike(store: Store, kind: str, ids: pd.Series) -> pd.Series:
    """Ids in the database that look the same as one of these; found by an index on their folded form."""
    table, column = WITH_IDS[kind]
    keys = pd.DataFrame({"folded_id": id_keys(ids.dropna().drop_duplicates())}).drop_duplicates()
    with store.begin(only_reads=True) as connection, staged(connection, table, keys) as stage:
        alike = select(table.c[column]).where(table.c.folded_id.in_(select(stage.c.folded_id)))
        return pd.Series(connection.execute(alike).scalars().all(), dtype=frames.TEXT)


def as_stored(store: Store, kind: str, references: pd.Series, others: pd.Series | None = None) -> pd.Series:
    """References to ids of a kind, each in the spelling of the id that it means.

    Args:
        store: the database.
        kind: what they refer to, in `WITH_IDS`.
        references: one per row, missing where a row has none.
        others: further ids that they may mean, such as those of the same file.

    Returns:
        The same references; one that is known as it is, that nothing looks like, or that could mean two ids stays.
    """
    doubtful = references.dropna().drop_duplicates()
    others = pd.Series([], dtype=frames.TEXT) if others is None else others.dropna()
    doubtful = doubtful.loc[~frames.is_among(doubtful, others)]
    known = pd.Series([], dtype=frames.TEXT) if doubtful.empty else known_alike(store, kind, doubtful)
    doubtful = doubtful.loc[~frames.is_among(doubtful, known)]
    if doubtful.empty:
        return references
    every = pd.concat([known, others]).astype(frames.TEXT).drop_duplicates()
    spelled = pd.Series(every.to_numpy(), index=id_keys(every).to_numpy())
    spelled = spelled.loc[~spelled.index.duplicated(keep=False)]
    meant = id_keys(doubtful).map(spelled).dropna()
    return references.replace(dict(zip(doubtful.loc[meant.index], meant, strict=True)))


def spelled(store: Store, kind: str, reference: str | None) -> str | None:
    """One reference to an id of a kind, in the spelling of the id that it means."""
    if not reference:
        return None
    table, column = WITH_IDS[kind]
    with store.begin(only_reads=True) as connection:
        if connection.execute(select(table.c[column]).where(table.c[column] == reference)).first():
            return reference  # most are written as they are stored, and folding one id takes ten times as long
    return str(as_stored(store, kind, pd.Series([reference], dtype=frames.TEXT)).iloc[0])
