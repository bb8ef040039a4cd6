"""Events: what the mail service tells of mails and addresses, and whether dispatch is paused."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables, and let an attempt and a mail carry what is known of them."""
    op.create_table(
        "suppressions",
        sa.Column("suppression_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("since_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("suppression_id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("address", "kind", name=op.f("uq_suppressions_address_kind")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "suppression_syncs",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("read_until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_suppression_syncs")),
    )
    op.create_table(
        "mail_events",
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_mail_events")),
    )
    op.create_index(op.f("ix_mail_events_token"), "mail_events", ["token"], unique=False)
    op.create_index(op.f("ix_mail_events_message_id"), "mail_events", ["message_id"], unique=False)
    op.create_table(
        "pauses",
        sa.Column("pause_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("paused_at", sa.DateTime(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("resumed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("pause_id", name=op.f("pk_pauses")),
        sqlite_autoincrement=True,
    )
    op.add_column("attempts", sa.Column("token", sa.String(length=64), nullable=True))
    op.add_column("attempts", sa.Column("cancel_asked_at", sa.DateTime(), nullable=True))
    op.create_index(op.f("ix_attempts_token"), "attempts", ["token"], unique=True)
    op.add_column("messages", sa.Column("delivery", sa.String(length=16), nullable=True))
    op.create_index("ix_relations_address", "relations", [sa.text("lower(email)")], unique=False)
