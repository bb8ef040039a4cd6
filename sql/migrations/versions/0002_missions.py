"""Missions with their services, and requests with their items."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NEW_COLUMNS = (
    ("send_from", sa.String(length=16)),
    ("due_on", sa.Date()),
    ("assignee_id", sa.String(length=64)),
    ("on_sent", sa.String(length=64)),
)


def upgrade() -> None:
    """Make the new tables; mails under way go by their due day, as they did."""
    op.create_table(
        "missions",
        sa.Column("mission_id", sa.String(length=64), nullable=False),
        sa.Column("relation_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["relation_id"], ["relations.relation_id"], name=op.f("fk_missions_relation_id")),
        sa.PrimaryKeyConstraint("mission_id", name=op.f("pk_missions")),
    )
    op.create_index(op.f("ix_missions_relation_id"), "missions", ["relation_id"], unique=False)
    op.create_table(
        "mission_services",
        sa.Column("mission_id", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("frequency", sa.String(length=32), nullable=True),
        sa.Column("first_due_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("is_backfill", sa.Boolean(), nullable=True),
        sa.Column("signed_seen_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.mission_id"], name=op.f("fk_mission_services_mission_id")),
        sa.PrimaryKeyConstraint("mission_id", "template", name=op.f("pk_mission_services")),
    )
    op.create_index(op.f("ix_mission_services_template"), "mission_services", ["template"], unique=False)
    for name, kind in NEW_COLUMNS:
        op.add_column("follow_up_subtasks", sa.Column(name, kind, nullable=True))
    op.execute("UPDATE follow_up_subtasks SET send_from = 'due' WHERE offset_days IS NOT NULL")
    op.create_table(
        "request_items",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("subtask", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id", "subtask"],
            ["follow_up_subtasks.task_id", "follow_up_subtasks.key"],
            name=op.f("fk_request_items_task_id_subtask"),
        ),
        sa.PrimaryKeyConstraint("task_id", "subtask", "key", name=op.f("pk_request_items")),
    )
