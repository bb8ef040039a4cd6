"""References by name: exports often write who owns or employs somebody, and not that person's or firm's id.

A name is an id only where exactly one user or relation has it, and no id is written like it. The relation of a mission
is never found by its name: a task for the wrong client would be mailed.
May touch: sql. Tests: tests/integration/intake/test_references.py.
"""

from collections.abc import Iterator

import pandas as pd
from sqlalchemy import Connection, select

from sql import schema
from sql.store import Store
from tasks.domain import frames
from tasks.domain.definitions.kinds import Kind
from tasks.spelling import known_alike

BY_NAME = {
    "relations": {"owner_id": "users", "company_id": "relations"},
    "activities": {"owner_id": "users", "contact_id": "relations"},
}
NAMES_AT_ONCE = 500


def references_by_name(store: Store, typed: pd.DataFrame, kind: Kind) -> dict[str, pd.Series]:
    """The columns of a file that refer to others, with ids in the place of names; by column.

    Args:
        store: the database.
        typed: rows of a file (typed_rows.type_rows), with ids in their known spelling.
        kind: the kind of the rows.
    """
    found = {}
    for column, of in BY_NAME.get(kind.name, {}).items():
        if column not in typed.columns:
            continue
        others = typed if of == kind.name else None
        ids = _ids_of(store, of, typed[column], others)
        found[column] = typed[column].where(
            ~frames.is_among(typed[column], ids["name"]), typed[column].map(_table(ids))
        )
    return found


def _ids_of(store: Store, of: str, references: pd.Series, others: pd.DataFrame | None) -> pd.DataFrame:
    """The id of each name that only one has: name, id."""
    wanted = references.dropna().drop_duplicates()
    if others is not None:
        wanted = wanted.loc[~frames.is_among(wanted, others["row_id"])]
    if not wanted.empty:
        wanted = wanted.loc[~frames.is_among(wanted, known_alike(store, of, wanted))]
    if wanted.empty:
        return pd.DataFrame({"name": [], "id": []}, dtype=frames.TEXT)
    with store.begin(only_reads=True) as connection:
        parts = [_users(connection)] if of == "users" else list(_relations(connection, wanted.tolist()))
    if others is not None and "name" in others.columns:
        parts.append(others[["name", "row_id"]].set_axis(["name", "id"], axis=1).dropna())
    every = pd.concat(parts, ignore_index=True).astype(frames.TEXT).dropna().drop_duplicates()
    alone = every.loc[~every["name"].duplicated(keep=False)]
    return alone.loc[frames.is_among(alone["name"], wanted)]


def _users(connection: Connection) -> pd.DataFrame:
    """Every user under the whole name, turned both ways, and the e-mail address."""
    users = schema.users.c
    rows = connection.execute(select(users.user_id, users.first_name, users.last_name, users.email)).all()
    frame = pd.DataFrame(rows, columns=["id", "first", "last", "email"], dtype=frames.TEXT)
    names = (frame["first"] + " " + frame["last"], frame["last"] + " " + frame["first"], frame["email"])
    return pd.concat([pd.DataFrame({"name": name, "id": frame["id"]}) for name in names]).dropna()


def _relations(connection: Connection, names: list[str]) -> Iterator[pd.DataFrame]:
    relations = schema.relations.c
    for at in range(0, len(names), NAMES_AT_ONCE):
        some = select(relations.name, relations.relation_id).where(relations.name.in_(names[at : at + NAMES_AT_ONCE]))
        yield pd.DataFrame(connection.execute(some).all(), columns=["name", "id"], dtype=frames.TEXT)


def _table(ids: pd.DataFrame) -> dict[str, str]:
    return dict(zip(ids["name"], ids["id"], strict=True))
