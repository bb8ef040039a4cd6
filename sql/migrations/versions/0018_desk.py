"""The desk: roles of users, links that sign in, sessions, and what each person did; indexes for its lists."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

REFUSED = "desk_acts is only added to"
OF_SQLITE = """
CREATE TRIGGER desk_acts_no_{verb} BEFORE {verb} ON desk_acts
BEGIN SELECT RAISE(ABORT, '{refused}'); END
"""
OF_POSTGRESQL = f"""
CREATE FUNCTION refuse_to_change_desk_acts() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$
"""
TRIGGER = """
CREATE TRIGGER desk_acts_no_change BEFORE UPDATE OR DELETE ON desk_acts
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_desk_acts()
"""
IS_OPEN = sa.text("status NOT IN ('done', 'cancelled')")
INDEXED = (
    ("activities", "starts_at"),
    ("activities", "contact_id"),
    ("follow_up_subtasks", "assignee_id"),
)
PARTIAL = (
    ("ix_request_items_received", "request_items", "status = 'received'"),
    ("ix_follow_up_subtasks_exhausted", "follow_up_subtasks", "exhausted_on IS NOT NULL"),
)
TABLES = ("desk_works", "desk_acts", "desk_sessions", "desk_links")


def upgrade() -> None:
    """Add the column, the tables and the indexes."""
    op.add_column("users", sa.Column("role", sa.String(16)))
    op.add_column("task_comments", sa.Column("user_id", sa.String(64)))
    _create_links()
    _create_sessions()
    _create_acts()
    _create_works()
    op.create_index(
        "ix_follow_up_tasks_open",
        "follow_up_tasks",
        ["due_on", "task_id"],
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index(
        "ix_follow_up_tasks_open_of",
        "follow_up_tasks",
        ["relation_id", "task_id"],
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_follow_up_tasks_status_due_on_task_id", "follow_up_tasks", ["status", "due_on", "task_id"])
    for name, table, only in PARTIAL:
        op.create_index(name, table, ["task_id"], sqlite_where=sa.text(only), postgresql_where=sa.text(only))
    for column in ("status", "owner_id"):
        op.create_index(f"ix_relations_{column}_relation_id", "relations", [column, "relation_id"])
    op.create_index("ix_relations_name", "relations", ["name"], postgresql_ops={"name": "text_pattern_ops"})
    for table, column in INDEXED:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _create_links() -> None:
    op.create_table(
        "desk_links",
        sa.Column("link_id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("used_at", sa.DateTime),
        sa.PrimaryKeyConstraint("link_id", name="pk_desk_links"),
        sa.UniqueConstraint("token_sha256", name="uq_desk_links_token_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_links_user_id", "desk_links", ["user_id"])


def _create_sessions() -> None:
    op.create_table(
        "desk_sessions",
        sa.Column("session_id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("language", sa.String(2)),
        sa.PrimaryKeyConstraint("session_id", name="pk_desk_sessions"),
        sa.UniqueConstraint("secret_sha256", name="uq_desk_sessions_secret_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_sessions_user_id", "desk_sessions", ["user_id"])


def _create_acts() -> None:
    op.create_table(
        "desk_acts",
        sa.Column("act_id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("happened_at", sa.DateTime, nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("session_id", sa.Integer, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("about_kind", sa.String(16)),
        sa.Column("about_id", sa.String(64)),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("act_id", name="pk_desk_acts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_acts_about_kind_about_id", "desk_acts", ["about_kind", "about_id"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(OF_SQLITE.format(verb=verb, refused=REFUSED))
    else:
        op.execute(OF_POSTGRESQL)
        op.execute(TRIGGER)


def _create_works() -> None:
    op.create_table(
        "desk_works",
        sa.Column("work_id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("process_id", sa.Integer),
        sa.Column("options", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("problem", sa.Text),
        sa.PrimaryKeyConstraint("work_id", name="pk_desk_works"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop them."""
    for column in ("status", "owner_id"):
        op.drop_index(f"ix_relations_{column}_relation_id", table_name="relations")
    for table, column in (*INDEXED, ("relations", "name")):
        op.drop_index(f"ix_{table}_{column}", table_name=table)
    for name, table, _ in PARTIAL:
        op.drop_index(name, table_name=table)
    for name in ("ix_follow_up_tasks_status_due_on_task_id", "ix_follow_up_tasks_open_of", "ix_follow_up_tasks_open"):
        op.drop_index(name, table_name="follow_up_tasks")
    for name in TABLES:
        op.drop_table(name)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_to_change_desk_acts")
    op.drop_column("task_comments", "user_id")
    op.drop_column("users", "role")
