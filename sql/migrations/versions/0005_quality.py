"""Quality: the scores of each run, and since when what is to mend is to mend."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make both tables. What is to mend today counts from the next night on."""
    op.create_table(
        "quality_scores",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("criterion", sa.String(length=128), nullable=False),
        sa.Column("met", sa.Integer(), nullable=False),
        sa.Column("not_met", sa.Integer(), nullable=False),
        sa.Column("not_applicable", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_quality_scores_run_id")),
        sa.PrimaryKeyConstraint("run_id", "owner_id", "criterion", name=op.f("pk_quality_scores")),
    )
    op.create_table(
        "gaps",
        sa.Column("gap_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("relation_id", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("schedule", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("mended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["relation_id"], ["relations.relation_id"], name=op.f("fk_gaps_relation_id")),
        sa.PrimaryKeyConstraint("gap_id", name=op.f("pk_gaps")),
        sqlite_autoincrement=True,
    )
    is_open = sa.text("mended_on IS NULL")
    op.create_index(
        "uq_gaps_open",
        "gaps",
        ["relation_id", "template", "schedule"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
