"""The way back: what opens a task again or gives it its old date back (A2); and requests merged into one mail (P4)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Of tasks closed before this revision it is not known which sub-tasks were open then. A mail that was sent was done;
# everything else that ended as its task did counts as closed with it: opened once too often, it costs a person one click.
CLOSED_WITH_TASK = """
UPDATE follow_up_subtasks
SET is_closed_with_task = true
WHERE EXISTS (
    SELECT 1 FROM follow_up_tasks AS t
    WHERE t.task_id = follow_up_subtasks.task_id
        AND t.closed_by IN ('renewed', 'superseded')
        AND t.status = follow_up_subtasks.status
)
AND NOT (
    kind IN ('email', 'auto_email')
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = follow_up_subtasks.task_id AND m.subtask = follow_up_subtasks.key AND m.status = 'sent'
    )
)
"""


def upgrade() -> None:
    """Add the columns."""
    op.add_column("follow_up_tasks", sa.Column("status_before", sa.String(length=64), nullable=True))
    op.add_column("follow_up_tasks", sa.Column("reopened_on", sa.Date(), nullable=True))
    op.add_column("follow_up_tasks", sa.Column("redated_from_on", sa.Date(), nullable=True))
    op.add_column("follow_up_subtasks", sa.Column("is_closed_with_task", sa.Boolean(), nullable=True))
    op.execute(CLOSED_WITH_TASK)
    op.create_index(op.f("ix_gaps_relation_id"), "gaps", ["relation_id"], unique=False)
    op.add_column("messages", sa.Column("merged_into_task_id", sa.Integer(), nullable=True))
    is_merged = sa.text("merged_into_task_id IS NOT NULL")
    op.create_index(
        "ix_messages_merged_into_task_id",
        "messages",
        ["merged_into_task_id"],
        unique=False,
        sqlite_where=is_merged,
        postgresql_where=is_merged,
    )
