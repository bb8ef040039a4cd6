"""One outbox for every cause: a message's key names its cause and its kind of recipient (M1).

The messages of older versions are all caused by tasks and sent to relations.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KEY = ("cause_kind", "cause_id", "step", "cycle", "sequence", "recipient_kind", "recipient_id")
TASK_OF_CAUSE = "CASE WHEN cause_kind = 'task' THEN CAST(cause_id AS integer) END"
STATUSES = "'pending', 'sending', 'sent', 'unknown', 'held', 'rejected', 'suppressed', 'cancelled'"
KEPT = (
    "message_id, sequence, recipient_id, email, language, subject, body_text, body_html, send_on, status, reason, "
    "claimed_by, claimed_until, attempt_id, sent_at, delivery, merged_into_task_id"
)


def upgrade() -> None:
    """Give messages the longer key; every row keeps its id, which the mail service knows."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
    else:
        _alter()
    op.create_index(op.f("ix_messages_task_id_step"), "messages", ["task_id", "step"], unique=False)


def _rebuild() -> None:
    """SQLite cannot change a key: copy the rows into a new table."""
    # A deleted row's id must not be given again, as the mail service may still report on it.
    highest = op.get_bind().execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")).scalar()
    op.create_table("messages_new", *_columns(), sqlite_autoincrement=True)
    op.execute(
        f"INSERT INTO messages_new (cause_kind, cause_id, step, recipient_kind, {KEPT}) "  # noqa: S608 - names of this file
        f"SELECT 'task', CAST(task_id AS text), subtask, 'relation', {KEPT} FROM messages"
    )
    op.drop_table("messages")
    op.rename_table("messages_new", "messages")
    if highest is not None:
        # Renaming moved the new table's row, if it has one.
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'messages'")
        op.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', :highest)").bindparams(highest=highest)
        )
    for columns in (["status", "send_on"], ["recipient_id"], ["attempt_id"]):
        op.create_index(op.f(f"ix_messages_{'_'.join(columns)}"), "messages", columns, unique=False)
    op.create_index("ix_messages_address", "messages", [sa.text("lower(email)")])
    merged = sa.text("merged_into_task_id IS NOT NULL")
    op.create_index(
        op.f("ix_messages_merged_into_task_id"), "messages", ["merged_into_task_id"], unique=False, sqlite_where=merged
    )


def _columns() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("message_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("cause_kind", sa.String(16), nullable=False),
        sa.Column("cause_id", sa.String(64), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("recipient_kind", sa.String(16), nullable=False),
        sa.Column("recipient_id", sa.String(64), nullable=False),
        sa.Column("task_id", sa.Integer(), sa.Computed(TASK_OF_CAUSE, persisted=True)),
        sa.Column("email", sa.String(320)),
        sa.Column("language", sa.String(2)),
        sa.Column("subject", sa.Text()),
        sa.Column("body_text", sa.Text()),
        sa.Column("body_html", sa.Text()),
        sa.Column("send_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("claimed_by", sa.String(36)),
        sa.Column("claimed_until", sa.DateTime()),
        sa.Column("attempt_id", sa.Integer()),
        sa.Column("sent_at", sa.DateTime()),
        sa.Column("delivery", sa.String(16)),
        sa.Column("merged_into_task_id", sa.Integer()),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_messages_status")),
        sa.CheckConstraint("recipient_kind IN ('relation', 'user')", name=op.f("ck_messages_recipient_kind")),
        sa.ForeignKeyConstraint(["task_id"], ["follow_up_tasks.task_id"], name=op.f("fk_messages_task_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.attempt_id"], name=op.f("fk_messages_attempt_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_messages")),
        sa.UniqueConstraint(*KEY, name="uq_messages_key"),
    ]


def _alter() -> None:
    op.add_column("messages", sa.Column("cause_kind", sa.String(16), nullable=False, server_default="task"))
    op.add_column("messages", sa.Column("cause_id", sa.String(64)))
    op.add_column("messages", sa.Column("cycle", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("recipient_kind", sa.String(16), nullable=False, server_default="relation"))
    op.execute("UPDATE messages SET cause_id = CAST(task_id AS text)")
    op.alter_column("messages", "cause_id", nullable=False)
    for column in ("cause_kind", "recipient_kind"):
        op.alter_column("messages", column, server_default=None)
    op.drop_column("messages", "task_id")  # with its foreign key and the old unique key
    op.alter_column("messages", "subtask", new_column_name="step")
    op.add_column("messages", sa.Column("task_id", sa.Integer(), sa.Computed(TASK_OF_CAUSE, persisted=True)))
    op.create_foreign_key(op.f("fk_messages_task_id"), "messages", "follow_up_tasks", ["task_id"], ["task_id"])
    op.create_unique_constraint("uq_messages_key", "messages", list(KEY))
    op.create_check_constraint(op.f("ck_messages_recipient_kind"), "messages", "recipient_kind IN ('relation', 'user')")
