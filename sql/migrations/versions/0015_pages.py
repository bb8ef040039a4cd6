"""The client's page: its links, sessions, codes and drafts, what happened to each request, and how a document was scanned.

What happened is only added to: triggers refuse to change or delete a row (D8).
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

REFUSED = "request_events is only added to"
OF_SQLITE = """
CREATE TRIGGER request_events_no_{verb} BEFORE {verb} ON request_events
BEGIN SELECT RAISE(ABORT, '{refused}'); END
"""
OF_POSTGRESQL = f"""
CREATE FUNCTION refuse_to_change_request_events() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$
"""
TRIGGER = """
CREATE TRIGGER request_events_no_change BEFORE UPDATE OR DELETE ON request_events
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_request_events()
"""


def upgrade() -> None:
    """Create the tables."""
    op.add_column("documents", sa.Column("scan", sa.String(16), nullable=False, server_default="unscanned"))
    op.add_column("documents", sa.Column("received_sha256", sa.String(64)))
    _create_links()
    _create_sessions()
    _create_drafts()
    _create_events()


def _create_links() -> None:
    op.create_table(
        "page_links",
        sa.Column("link_id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("task_id", sa.Integer, nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("recipient_id", sa.String(64), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("mailed_at", sa.DateTime),
        sa.Column("revoked_at", sa.DateTime),
        sa.Column("first_session_id", sa.Integer),
        sa.PrimaryKeyConstraint("link_id", name="pk_page_links"),
        sa.ForeignKeyConstraint(["recipient_id"], ["relations.relation_id"], name="fk_page_links_recipient_id"),
        sa.ForeignKeyConstraint(
            ["task_id", "step"],
            ["follow_up_subtasks.task_id", "follow_up_subtasks.key"],
            name="fk_page_links_task_id_step",
        ),
        sa.UniqueConstraint("token_sha256", name="uq_page_links_token_sha256"),
        sa.UniqueConstraint(
            "task_id", "step", "recipient_id", "generation", name="uq_page_links_task_id_step_recipient_id_generation"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_page_links_recipient_id", "page_links", ["recipient_id"])


def _create_sessions() -> None:
    op.create_table(
        "page_sessions",
        sa.Column("session_id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("language", sa.String(2)),
        sa.PrimaryKeyConstraint("session_id", name="pk_page_sessions"),
        sa.UniqueConstraint("secret_sha256", name="uq_page_sessions_secret_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "page_session_links",
        sa.Column("session_id", sa.Integer, nullable=False),
        sa.Column("link_id", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.DateTime, nullable=False),
        sa.Column("confirmed_at", sa.DateTime),
        sa.PrimaryKeyConstraint("session_id", "link_id", name="pk_page_session_links"),
        sa.ForeignKeyConstraint(["session_id"], ["page_sessions.session_id"], name="fk_page_session_links_session_id"),
        sa.ForeignKeyConstraint(["link_id"], ["page_links.link_id"], name="fk_page_session_links_link_id"),
    )
    op.create_table(
        "sign_in_codes",
        sa.Column("code_id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("session_id", sa.Integer, nullable=False),
        sa.Column("link_id", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("used_at", sa.DateTime),
        sa.PrimaryKeyConstraint("code_id", name="pk_sign_in_codes"),
        sa.ForeignKeyConstraint(["session_id"], ["page_sessions.session_id"], name="fk_sign_in_codes_session_id"),
        sa.ForeignKeyConstraint(["link_id"], ["page_links.link_id"], name="fk_sign_in_codes_link_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sign_in_codes_link_id", "sign_in_codes", ["link_id"])


def _create_drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("task_id", sa.Integer, nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("recipient_id", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("saved_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("task_id", "step", "item", "recipient_id", name="pk_drafts"),
        sa.ForeignKeyConstraint(["recipient_id"], ["relations.relation_id"], name="fk_drafts_recipient_id"),
        sa.ForeignKeyConstraint(
            ["task_id", "step", "item"],
            ["request_items.task_id", "request_items.subtask", "request_items.key"],
            name="fk_drafts_task_id_step_item",
            ondelete="CASCADE",
        ),
    )


def _create_events() -> None:
    op.create_table(
        "request_events",
        sa.Column("event_id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("happened_at", sa.DateTime, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("task_id", sa.Integer, nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("item", sa.String(64)),
        sa.Column("recipient_id", sa.String(64)),
        sa.Column("link_id", sa.Integer),
        sa.Column("session_id", sa.Integer),
        sa.Column("detail", sa.Text),
        sa.Column("address", sa.String(64)),
        sa.PrimaryKeyConstraint("event_id", name="pk_request_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_request_events_task_id", "request_events", ["task_id"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(OF_SQLITE.format(verb=verb, refused=REFUSED))
    else:
        op.execute(OF_POSTGRESQL)
        op.execute(TRIGGER)


def downgrade() -> None:
    """Drop them."""
    for name in ("request_events", "drafts", "sign_in_codes", "page_session_links", "page_sessions", "page_links"):
        op.drop_table(name)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_to_change_request_events")
    for name in ("received_sha256", "scan"):
        op.drop_column("documents", name)
