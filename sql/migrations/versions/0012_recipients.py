"""Who is asked (R6), who is left in peace for a while (K2), promises (R7), comments, and mails that crossed an answer (R2).

The view of the facts about a task gives way to one about each request and each of its recipients.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

# What decides on a message of a sub-task, and its merge fields: one row per sub-task and recipient (sql/README.md,
# "Views"). Whoever is chosen is greeted and mailed; the task's relation decides whether its template still applies.
STEP_FACTS = """
CREATE VIEW step_facts AS
SELECT
    s.task_id,
    s.key AS step,
    s.position,
    s.kind,
    s.status AS step_status,
    s.completed_on,
    s.message,
    s.label AS step_label,
    s.labels AS step_labels,
    s.send_on AS raw_send_on,
    s.send_from,
    s.recipients = 'contacts' AND q.recipient_id IS NULL AS is_without_recipient,
    p.relation_id AS recipient_id,
    q.added_on,
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
    p.name,
    p.email,
    p.language,
    CASE
        WHEN p.is_opted_out THEN 'opted_out'
        ELSE (SELECT MAX(x.reason) FROM suppressions AS x WHERE x.address = LOWER(p.email))
    END AS suppression,
    CASE WHEN q.recipient_id IS NULL OR q.recipient_id = r.relation_id THEN c.name ELSE r.name END AS company_name,
    mi.name AS mission_name,
    u.first_name AS owner_first_name,
    u.last_name AS owner_last_name,
    u.email AS owner_email,
    EXISTS (
        SELECT 1 FROM quarantine AS h
        WHERE h.kind = 'relations' AND h.row_id IN (r.relation_id, p.relation_id) AND h.is_holding
    ) AS is_held
FROM follow_up_subtasks AS s
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
INNER JOIN relations AS r ON r.relation_id = t.relation_id
LEFT JOIN request_recipients AS q ON q.task_id = s.task_id AND q.step = s.key AND q.removed_on IS NULL
INNER JOIN relations AS p ON p.relation_id = COALESCE(q.recipient_id, t.relation_id)
LEFT JOIN relations AS c ON c.relation_id = r.company_id
LEFT JOIN missions AS mi ON mi.mission_id = t.mission_id
LEFT JOIN users AS u ON u.user_id = r.owner_id
"""


def upgrade() -> None:
    """Add the tables and columns, and the view in place of the old one."""
    op.execute("DROP VIEW task_facts")
    op.add_column("follow_up_subtasks", sa.Column("recipients", sa.String(16)))
    op.add_column("mission_services", sa.Column("recipients", sa.Text()))
    op.add_column("request_items", sa.Column("promised_on", sa.Date()))
    op.add_column("request_items", sa.Column("promises", sa.Integer()))
    op.create_index(op.f("ix_request_items_answered_on"), "request_items", ["answered_on"], unique=False)
    op.add_column("documents", sa.Column("import_id", sa.Integer()))
    op.add_column("messages", sa.Column("is_crossed", sa.Boolean()))
    op.add_column("messages", sa.Column("carrier_id", sa.Integer()))
    op.create_index(op.f("ix_messages_carrier_id"), "messages", ["carrier_id"], unique=False)
    op.create_table(
        "request_recipients",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("recipient_id", sa.String(64), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("removed_on", sa.Date()),
        sa.ForeignKeyConstraint(
            ["task_id", "step"],
            ["follow_up_subtasks.task_id", "follow_up_subtasks.key"],
            name=op.f("fk_request_recipients_task_id_step"),
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["relations.relation_id"], name=op.f("fk_request_recipients_recipient_id")
        ),
        sa.PrimaryKeyConstraint("task_id", "step", "recipient_id", name=op.f("pk_request_recipients")),
    )
    op.create_index(op.f("ix_request_recipients_recipient_id"), "request_recipients", ["recipient_id"], unique=False)
    op.create_table(
        "reminder_pauses",
        sa.Column("relation_id", sa.String(64), nullable=False),
        sa.Column("paused_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.ForeignKeyConstraint(
            ["relation_id"], ["relations.relation_id"], name=op.f("fk_reminder_pauses_relation_id")
        ),
        sa.PrimaryKeyConstraint("relation_id", name=op.f("pk_reminder_pauses")),
    )
    op.create_table(
        "task_comments",
        sa.Column("comment_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["follow_up_tasks.task_id"], name=op.f("fk_task_comments_task_id")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_task_comments")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_task_comments_task_id"), "task_comments", ["task_id"], unique=False)
    op.execute(STEP_FACTS)
