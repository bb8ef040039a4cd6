"""The tables of the night: relations, assignments, tasks, the outbox, the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "imports",
        sa.Column("import_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mapping", sa.String(length=64), nullable=False),
        sa.Column("source_file", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_on", sa.Date(), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_imports")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_imports_kind_mapping_source_file"), "imports", ["kind", "mapping", "source_file"], unique=False
    )
    op.create_table(
        "quarantine",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mapping", sa.String(length=64), nullable=False),
        sa.Column("source_file", sa.String(length=255), nullable=False),
        sa.Column("source_row", sa.Integer(), nullable=False),
        sa.Column("row_id", sa.String(length=255), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("column_name", sa.String(length=128), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("is_holding", sa.Boolean(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "mapping", "source_file", "source_row", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_kind_row_id"), "quarantine", ["kind", "row_id"], unique=False)
    op.create_table(
        "relations",
        sa.Column("relation_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("owner_id", sa.String(length=64), nullable=True),
        sa.Column("company_id", sa.String(length=64), nullable=True),
        sa.Column("first_seen_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("relation_id", name=op.f("pk_relations")),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("relations_read", sa.Integer(), nullable=True),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("first_name", sa.String(length=200), nullable=True),
        sa.Column("last_name", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("remind_minutes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
    )
    op.create_table(
        "assignments",
        sa.Column("relation_id", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("schedule", sa.String(length=64), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("stop_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["relation_id"], ["relations.relation_id"], name=op.f("fk_assignments_relation_id")),
        sa.PrimaryKeyConstraint("relation_id", "template", "schedule", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_template_schedule"), "assignments", ["template", "schedule"], unique=False)
    op.create_table(
        "follow_up_tasks",
        sa.Column("task_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("relation_id", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("schedule", sa.String(length=64), nullable=False),
        sa.Column("mission_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("occurrence", sa.String(length=32), nullable=False),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["relation_id"], ["relations.relation_id"], name=op.f("fk_follow_up_tasks_relation_id")
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_follow_up_tasks")),
        sa.UniqueConstraint(
            "relation_id",
            "template",
            "schedule",
            "mission_id",
            "occurrence",
            name=op.f("uq_follow_up_tasks_relation_id_template_schedule_mission_id_occurrence"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_follow_up_tasks_status_template_schedule"),
        "follow_up_tasks",
        ["status", "template", "schedule"],
        unique=False,
    )
    op.create_table(
        "relation_fields",
        sa.Column("relation_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("updated_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["relation_id"], ["relations.relation_id"], name=op.f("fk_relation_fields_relation_id")
        ),
        sa.PrimaryKeyConstraint("relation_id", "field", name=op.f("pk_relation_fields")),
    )
    op.create_table(
        "follow_up_subtasks",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("message", sa.String(length=64), nullable=True),
        sa.Column("offset_days", sa.Integer(), nullable=True),
        sa.Column("send_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["follow_up_tasks.task_id"], name=op.f("fk_follow_up_subtasks_task_id")),
        sa.PrimaryKeyConstraint("task_id", "key", name=op.f("pk_follow_up_subtasks")),
    )
    op.create_index(
        op.f("ix_follow_up_subtasks_kind_status_send_on"),
        "follow_up_subtasks",
        ["kind", "status", "send_on"],
        unique=False,
    )
    op.create_table(
        "messages",
        sa.Column("message_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("subtask", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("recipient_id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body_text", sa.Text(), nullable=True),
        sa.Column("body_html", sa.Text(), nullable=True),
        sa.Column("send_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'sending', 'sent', 'unknown', 'held', 'rejected', 'suppressed', 'cancelled')",
            name=op.f("ck_messages_status"),
        ),
        sa.ForeignKeyConstraint(["task_id"], ["follow_up_tasks.task_id"], name=op.f("fk_messages_task_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "task_id",
            "subtask",
            "sequence",
            "recipient_id",
            name=op.f("uq_messages_task_id_subtask_sequence_recipient_id"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_messages_recipient_id"), "messages", ["recipient_id"], unique=False)
    op.create_index(op.f("ix_messages_status_send_on"), "messages", ["status", "send_on"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_messages_status_send_on"), table_name="messages")
    op.drop_index(op.f("ix_messages_recipient_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_index(op.f("ix_follow_up_subtasks_kind_status_send_on"), table_name="follow_up_subtasks")
    op.drop_table("follow_up_subtasks")
    op.drop_table("relation_fields")
    op.drop_index(op.f("ix_follow_up_tasks_status_template_schedule"), table_name="follow_up_tasks")
    op.drop_table("follow_up_tasks")
    op.drop_index(op.f("ix_assignments_template_schedule"), table_name="assignments")
    op.drop_table("assignments")
    op.drop_table("users")
    op.drop_table("runs")
    op.drop_table("relations")
    op.drop_index(op.f("ix_quarantine_kind_row_id"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index(op.f("ix_imports_kind_mapping_source_file"), table_name="imports")
    op.drop_table("imports")
