"""Tables about the client's page: links, sessions, codes, drafts, and everything that happened to a request.

May touch: SQLAlchemy.
"""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from sql.schema.base import metadata

# One row per link to a request's page: for one recipient, the same in every message until it is revoked (D1). The next
# generation takes its place. The link's token is not stored, only its hash: it is derived from a key outside the
# database. `first_session_id` is the session of the first device that opened it (D3).
page_links = Table(
    "page_links",
    metadata,
    Column("link_id", Integer, primary_key=True, autoincrement=True),
    Column("task_id", Integer, nullable=False),
    Column("step", String(64), nullable=False),
    Column("recipient_id", String(64), ForeignKey("relations.relation_id"), nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("created_at", DateTime, nullable=False),
    Column("mailed_at", DateTime),
    Column("revoked_at", DateTime),
    Column("first_session_id", Integer),
    ForeignKeyConstraint(["task_id", "step"], ["follow_up_subtasks.task_id", "follow_up_subtasks.key"]),
    UniqueConstraint("task_id", "step", "recipient_id", "generation"),
    sqlite_autoincrement=True,
)
# One row per browser that opened a link, known by the hash of the secret in its cookie; over at `ended_at`.
page_sessions = Table(
    "page_sessions",
    metadata,
    Column("session_id", Integer, primary_key=True, autoincrement=True),
    Column("secret_sha256", String(64), nullable=False, unique=True),
    Column("created_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("language", String(2)),
    sqlite_autoincrement=True,
)
# One row per link that a session has opened; `confirmed_at` is missing until the device has shown what `web.check`
# asks.
page_session_links = Table(
    "page_session_links",
    metadata,
    Column("session_id", Integer, ForeignKey("page_sessions.session_id"), primary_key=True),
    Column("link_id", Integer, ForeignKey("page_links.link_id"), primary_key=True),
    Column("opened_at", DateTime, nullable=False),
    Column("confirmed_at", DateTime),
)
# One row per code that was mailed to confirm a device. The code is not stored: it is derived from the key and the row's
# id.
sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    Column("code_id", Integer, primary_key=True, autoincrement=True),
    Column("session_id", Integer, ForeignKey("page_sessions.session_id"), nullable=False),
    Column("link_id", Integer, ForeignKey("page_links.link_id"), nullable=False, index=True),
    Column("created_at", DateTime, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("used_at", DateTime),
    sqlite_autoincrement=True,
)
# One row per text that a client typed and has not sent off: it is shown again, and is no answer (R3).
drafts = Table(
    "drafts",
    metadata,
    Column("task_id", Integer, primary_key=True),
    Column("step", String(64), primary_key=True),
    Column("item", String(64), primary_key=True),
    Column("recipient_id", String(64), ForeignKey("relations.relation_id"), primary_key=True),
    Column("value", Text, nullable=False),
    Column("saved_at", DateTime, nullable=False),
    ForeignKeyConstraint(
        ["task_id", "step", "item"],
        ["request_items.task_id", "request_items.subtask", "request_items.key"],
        ondelete="CASCADE",
    ),
)
# One row per thing that happened to a request (D8). Rows are only added: the database refuses to change or delete one.
# `detail` is JSON; `address` is a shortened network address. No foreign keys: it outlives what it is about.
request_events = Table(
    "request_events",
    metadata,
    Column("event_id", Integer, primary_key=True, autoincrement=True),
    Column("happened_at", DateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("task_id", Integer, nullable=False),
    Column("step", String(64), nullable=False),
    Column("item", String(64)),
    Column("recipient_id", String(64)),
    Column("link_id", Integer),
    Column("session_id", Integer),
    Column("detail", Text),
    Column("address", String(64)),
    Index(None, "task_id"),
    sqlite_autoincrement=True,
)
