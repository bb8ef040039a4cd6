"""Ids as a person reads them, with an index, filled for every row there is; and relations that want no mail."""

import pandas as pd
import sqlalchemy as sa
from alembic import op

from sql.bulk import read_frame, staged
from tasks.domain.intake import ids

revision = "0008"
down_revision = "0007"
WITH_IDS = {"relations": "relation_id", "missions": "mission_id", "activities": "activity_id", "users": "user_id"}


def upgrade() -> None:
    """Add the columns, and fill `folded_id`; a change of its rule comes with a migration that fills it again."""
    for table, key in WITH_IDS.items():
        op.add_column(table, sa.Column("folded_id", sa.Text(), nullable=True))
        _fill(table, key)
        op.create_index(op.f(f"ix_{table}_folded_id"), table, ["folded_id"], unique=False)
    op.add_column("relations", sa.Column("is_opted_out", sa.Boolean(), nullable=True))


def _fill(name: str, key: str) -> None:
    connection = op.get_bind()
    table = sa.Table(name, sa.MetaData(), sa.Column(key, sa.String(64)), sa.Column("folded_id", sa.Text()))
    rows = read_frame(connection, f"SELECT {key} FROM {name}", {})  # noqa: S608 - names of this file
    if rows.empty:
        return
    folded = pd.DataFrame({key: rows[key], "folded_id": ids.id_keys(rows[key])})
    with staged(connection, table, folded) as stage:
        same = table.c[key] == stage.c[key]
        connection.execute(sa.update(table).where(same).values(folded_id=stage.c.folded_id))
