"""Labels in several languages (K3), and mails by the address they went to (M7)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add `labels` beside each label, and an index."""
    for table in ("follow_up_tasks", "follow_up_subtasks", "request_items"):
        op.add_column(table, sa.Column("labels", sa.Text(), nullable=True))
    op.create_index("ix_messages_address", "messages", [sa.text("lower(email)")])
