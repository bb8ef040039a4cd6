"""Attempts: what was asked of the mail service, before it was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, and let messages name the attempt they are part of."""
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("claim", sa.String(length=36), nullable=False),
        sa.Column("batch_id", sa.String(length=100), nullable=True),
        sa.Column("send_at", sa.DateTime(), nullable=True),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'refused', 'released', 'unknown', 'cancelled', 'held', 'resolved')",
            name=op.f("ck_attempts_state"),
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attempts_state_lease_until"), "attempts", ["state", "lease_until"], unique=False)
    op.add_column("messages", sa.Column("claimed_until", sa.DateTime(), nullable=True))
    attempt = sa.Column("attempt_id", sa.Integer(), nullable=True)
    if op.get_bind().dialect.name == "sqlite":
        # SQLite takes a reference with the column, and only so.
        op.execute("ALTER TABLE messages ADD COLUMN attempt_id INTEGER REFERENCES attempts (attempt_id)")
    else:
        op.add_column("messages", attempt)
        op.create_foreign_key(op.f("fk_messages_attempt_id"), "messages", "attempts", ["attempt_id"], ["attempt_id"])
    op.create_index(op.f("ix_messages_attempt_id"), "messages", ["attempt_id"], unique=False)
