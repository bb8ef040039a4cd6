"""Tables about the desk, the firm's own pages: links that sign in, sessions, and what each person did.

May touch: SQLAlchemy.
"""

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Text

from sql.schema.base import metadata

# One row per link that was mailed to a user to sign in. Its token is not stored, only its hash: it is derived from a
# key outside the database and from `nonce`. It works once.
desk_links = Table(
    "desk_links",
    metadata,
    Column("link_id", Integer, primary_key=True, autoincrement=True),
    Column("user_id", String(64), nullable=False, index=True),
    Column("nonce", String(32), nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("created_at", DateTime, nullable=False),
    Column("used_at", DateTime),
    sqlite_autoincrement=True,
)
# One row per browser in which a user has signed in, known by the hash of the secret in its cookie.
desk_sessions = Table(
    "desk_sessions",
    metadata,
    Column("session_id", Integer, primary_key=True, autoincrement=True),
    Column("user_id", String(64), nullable=False, index=True),
    Column("secret_sha256", String(64), nullable=False, unique=True),
    Column("created_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("language", String(2)),
    sqlite_autoincrement=True,
)
# One row per act of a person at the desk, and one more if it was refused. Rows are only added: the database refuses to
# change or delete one. `detail` is JSON. No foreign keys: it outlives what it is about.
desk_acts = Table(
    "desk_acts",
    metadata,
    Column("act_id", Integer, primary_key=True, autoincrement=True),
    Column("happened_at", DateTime, nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("session_id", Integer, nullable=False),
    Column("act", String(32), nullable=False),
    Column("about_kind", String(16)),
    Column("about_id", String(64)),
    Column("detail", Text),
    Index(None, "about_kind", "about_id"),
    sqlite_autoincrement=True,
)
# One row per work of the desk that takes longer than a page is waited for: a rehearsal, a run, a preview, an import. It
# is done by a process of its own. `options` and `result` are JSON; `problem` is why it failed, in words.
desk_works = Table(
    "desk_works",
    metadata,
    Column("work_id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("status", String(16), nullable=False),
    Column("process_id", Integer),
    Column("options", Text),
    Column("result", Text),
    Column("problem", Text),
    sqlite_autoincrement=True,
)
