"""Update groups: a data field's own dates, and which dossiers are removed (U3, U6)."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("relation_fields", sa.Column("next_update_on", sa.Date))
    op.add_column("relation_fields", sa.Column("frequency", sa.String(32)))
    op.add_column("follow_up_tasks", sa.Column("remove_on", sa.Date))
    op.add_column("follow_up_tasks", sa.Column("removed_on", sa.Date))
    op.create_index("ix_follow_up_tasks_remove_on", "follow_up_tasks", ["remove_on"])
    op.add_column("documents", sa.Column("removed_on", sa.Date))
    op.add_column("relations", sa.Column("ended_on", sa.Date))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("relations", "ended_on")
    op.drop_column("documents", "removed_on")
    op.drop_index("ix_follow_up_tasks_remove_on", "follow_up_tasks")
    op.drop_column("follow_up_tasks", "removed_on")
    op.drop_column("follow_up_tasks", "remove_on")
    op.drop_column("relation_fields", "frequency")
    op.drop_column("relation_fields", "next_update_on")
