"""Imports: a ledger that can be shown again and undone, activities, and which import brought a row in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
BROUGHT_IN = ("relations", "relation_fields", "users", "missions", "mission_services", "quarantine")


def upgrade() -> None:
    """Make the tables, and let every row say which import brought it in."""
    op.create_table(
        "activities",
        sa.Column("activity_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("owner_id", sa.String(length=64), nullable=True),
        sa.Column("contact_id", sa.String(length=64), nullable=True),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_notified", sa.Boolean(), nullable=True),
        sa.Column("remind_minutes", sa.Integer(), nullable=True),
        sa.Column("invitees", sa.Text(), nullable=True),
        sa.Column("is_contact_notified", sa.Boolean(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activities")),
    )
    op.create_table(
        "import_changes",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=True),
    )
    op.create_index(op.f("ix_import_changes_import_id"), "import_changes", ["import_id"], unique=False)
    for table in BROUGHT_IN:
        op.add_column(table, sa.Column("import_id", sa.Integer(), nullable=True))
    op.add_column("quarantine", sa.Column("stream", sa.String(length=255), nullable=False, server_default=""))
    op.execute("UPDATE quarantine SET stream = source_file")
    op.add_column("imports", sa.Column("stream", sa.String(length=255), nullable=False, server_default=""))
    op.execute("UPDATE imports SET stream = source_file")
    op.add_column("imports", sa.Column("left_out", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("imports", sa.Column("made_former", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("imports", sa.Column("is_full", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("imports", sa.Column("is_drop_accepted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("imports", sa.Column("details", sa.Text(), nullable=True))
    op.add_column("imports", sa.Column("undone_at", sa.DateTime(), nullable=True))
    op.drop_index(op.f("ix_imports_kind_mapping_source_file"), table_name="imports")
    op.create_index(op.f("ix_imports_kind_mapping_stream"), "imports", ["kind", "mapping", "stream"], unique=False)
