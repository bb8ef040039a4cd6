"""What a request needs until it is answered: its rhythm, what is asked of each item, the answers and the files.

Requests of older versions have no rhythm: they are not repeated.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


# What decides on a message of a task, and its merge fields: one row per task (sql/README.md, "Views").
TASK_FACTS = """
CREATE VIEW task_facts AS
SELECT
    t.task_id,
    t.template,
    t.schedule,
    t.label AS task_label,
    t.labels AS task_labels,
    t.anchor_on,
    t.due_on,
    COALESCE(t.reopened_on, t.created_on) AS created_on,
    t.status AS task_status,
    r.relation_id,
    r.type,
    r.status,
    r.name,
    r.email,
    CASE
        WHEN r.is_opted_out THEN 'opted_out'
        ELSE (SELECT MAX(x.reason) FROM suppressions AS x WHERE x.address = LOWER(r.email))
    END AS suppression,
    r.language,
    c.name AS company_name,
    mi.name AS mission_name,
    u.first_name AS owner_first_name,
    u.last_name AS owner_last_name,
    u.email AS owner_email,
    EXISTS (
        SELECT 1 FROM quarantine AS q
        WHERE q.kind = 'relations' AND q.row_id = r.relation_id AND q.is_holding
    ) AS is_held
FROM follow_up_tasks AS t
INNER JOIN relations AS r ON r.relation_id = t.relation_id
LEFT JOIN relations AS c ON c.relation_id = r.company_id
LEFT JOIN missions AS mi ON mi.mission_id = t.mission_id
LEFT JOIN users AS u ON u.user_id = r.owner_id
"""


def _step_columns() -> tuple["sa.Column[Any]", ...]:
    return (
        sa.Column("on_exhausted", sa.String(64)),
        sa.Column("on_returned", sa.String(64)),
        sa.Column("on_complete", sa.String(64)),
        sa.Column("remind_every_days", sa.Integer()),
        sa.Column("remind_max", sa.Integer()),
        sa.Column("remind_message", sa.String(64)),
        sa.Column("remind_message_started", sa.String(64)),
        sa.Column("cycle", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("remind_on", sa.Date()),
        sa.Column("exhausted_on", sa.Date()),
        sa.Column("completed_on", sa.Date()),
    )


def _item_columns() -> tuple["sa.Column[Any]", ...]:
    return (
        sa.Column("is_optional", sa.Boolean()),
        sa.Column("is_reviewed", sa.Boolean()),
        sa.Column("is_expiry_asked", sa.Boolean()),
        sa.Column("options", sa.Text()),
        sa.Column("check_name", sa.String(16)),
        sa.Column("help", sa.Text()),
        sa.Column("helps", sa.Text()),
        sa.Column("min_files", sa.Integer()),
        sa.Column("max_files", sa.Integer()),
        sa.Column("accept", sa.Text()),
        sa.Column("due_on", sa.Date()),
        sa.Column("value", sa.Text()),
        sa.Column("expires_on", sa.Date()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("source", sa.String(16)),
        sa.Column("note", sa.Text()),
    )


def upgrade() -> None:
    """Add the columns and the table."""
    for table, columns in (("follow_up_subtasks", _step_columns()), ("request_items", _item_columns())):
        for column in columns:
            op.add_column(table, column)
    op.create_index(op.f("ix_follow_up_subtasks_remind_on"), "follow_up_subtasks", ["remind_on"], unique=False)
    op.execute(TASK_FACTS)
    op.add_column("relation_fields", sa.Column("replaced_value", sa.Text()))
    op.add_column("relation_fields", sa.Column("replaced_expires_on", sa.Date()))
    op.create_table(
        "documents",
        sa.Column("document_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("relation_id", sa.String(64), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("path", sa.String(255), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["relation_id"], ["relations.relation_id"], name=op.f("fk_documents_relation_id")),
        sa.ForeignKeyConstraint(
            ["task_id", "step", "item"],
            ["request_items.task_id", "request_items.subtask", "request_items.key"],
            name=op.f("fk_documents_task_id_step_item"),
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_documents")),
        sa.UniqueConstraint("task_id", "step", "item", "sha256", name=op.f("uq_documents_task_id_step_item_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_documents_relation_id"), "documents", ["relation_id"], unique=False)
