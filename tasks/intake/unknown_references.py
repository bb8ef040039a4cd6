"""Says which rows refer to an owner, a company or a contact that nobody knows, or to a person as their company.

They go in, and nothing follows from it.

May touch: sql. Tests: tests/integration/intake/test_references.py.
"""

import pandas as pd

from sql.store import Store
from tasks.domain import frames
from tasks.domain.definitions.kinds import Kind
from tasks.intake.references_by_name import BY_NAME
from tasks.spelling import known_alike

ROWS_NAMED = 5
PERSON = "person"
FOLLOWS = {
    "owner_id": "nobody of the firm answers for these until `relance import users` brings them",
    "company_id": "these belong to no company until a file brings it",
    "contact_id": "no client is told of these until a file brings them",
}


def doubt_unknown(store: Store, typed: pd.DataFrame, kind: Kind) -> tuple[str, ...]:
    """One sentence for each column that refers to ids which are neither in the database nor in the file.

    Args:
        store: the database.
        typed: rows of a file that go in, with references in their known spelling.
        kind: the kind of the rows.
    """
    said = []
    for column, of in BY_NAME.get(kind.name, {}).items():
        if column not in typed.columns:
            continue
        ids = typed[column].dropna()
        wanted = ids.drop_duplicates()
        if of == kind.name:
            wanted = wanted.loc[~frames.is_among(wanted, typed["row_id"])]
        if not wanted.empty:
            wanted = wanted.loc[~frames.is_among(wanted, known_alike(store, of, wanted))]
        unknown = typed.loc[typed[column].notna() & frames.is_among(typed[column], wanted), "source_row"]
        if len(unknown):
            rows = ", ".join(f"{n:,}" for n in unknown.head(ROWS_NAMED))
            more = " …" if len(unknown) > ROWS_NAMED else ""
            said.append(
                f"{column}: {len(unknown):,} rows name none of the known {of} (rows {rows}{more}): {FOLLOWS[column]}."
            )
    return (*said, *_doubt_persons(typed))


def _doubt_persons(typed: pd.DataFrame) -> list[str]:
    """A sentence where the company of a row is a person of the same file."""
    if not {"company_id", "type"} <= set(typed.columns):
        return []
    persons = typed.loc[typed["type"] == PERSON, "row_id"]
    rows = typed.loc[typed["company_id"].notna() & frames.is_among(typed["company_id"], persons), "source_row"]
    if rows.empty:
        return []
    named = ", ".join(f"{n:,}" for n in rows.head(ROWS_NAMED))
    return [
        (
            f"company_id: {len(rows):,} rows name a person of this file as their company (rows {named}"
            f"{' …' if len(rows) > ROWS_NAMED else ''}): are companies numbered apart? Then give their ids a `prefix`."
        )
    ]
