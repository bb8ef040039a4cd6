"""The tables, once: what a row is, its key, and what the database itself refuses.

Migrations are held equal to this file by tests/integration/test_migrations.py.
May touch: SQLAlchemy.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

MESSAGE_STATUSES = ("pending", "sending", "sent", "unknown", "held", "rejected", "suppressed", "cancelled")
# open: the request may be on its way. unknown: nobody knows whether it arrived. cancelled: its batch was fenced, and
# what was in it is queued again. held: only a person can say.
ATTEMPT_STATES = ("open", "accepted", "refused", "released", "unknown", "cancelled", "held", "resolved")

# One row per relation the firm knows.
relations = Table(
    "relations",
    metadata,
    Column("relation_id", String(64), primary_key=True),
    Column("type", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("email", String(320)),
    Column("language", String(16)),
    Column("owner_id", String(64)),
    Column("company_id", String(64)),
    Column("first_seen_on", Date, nullable=False),
)

# One row per relation and data field: its value, and the day it expires.
relation_fields = Table(
    "relation_fields",
    metadata,
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("value", Text),
    Column("expires_on", Date),
    Column("source", String(200), nullable=False),
    Column("updated_on", Date, nullable=False),
)

# One row per person of the firm.
users = Table(
    "users",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("first_name", String(200)),
    Column("last_name", String(200)),
    Column("email", String(320), nullable=False),
    Column("remind_minutes", Integer),
)

# One row per relation that was put on a schedule by hand; `stop_on` is the last day it holds (T4).
assignments = Table(
    "assignments",
    metadata,
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), primary_key=True),
    Column("template", String(64), primary_key=True),
    Column("schedule", String(64), primary_key=True),
    Column("start_on", Date, nullable=False),
    Column("stop_on", Date),
    Index(None, "template", "schedule"),
)

# One row per engagement of a relation; only a signed one makes tasks (P4). `end_on` is its last day (T4).
missions = Table(
    "missions",
    metadata,
    Column("mission_id", String(64), primary_key=True),
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), nullable=False),
    Column("name", String(200)),
    Column("status", String(16), nullable=False),
    Column("start_on", Date),
    Column("end_on", Date),
    Index(None, "relation_id"),
)

# One row per service of a mission: a template that it makes tasks of. `signed_seen_on` is the first day on which
# anything saw it in a signed mission: what was due before that day is not made, unless `is_backfill` (P4).
mission_services = Table(
    "mission_services",
    metadata,
    Column("mission_id", String(64), ForeignKey("missions.mission_id"), primary_key=True),
    Column("template", String(64), primary_key=True),
    Column("frequency", String(32)),
    Column("first_due_on", Date),
    Column("quantity", Integer),
    Column("is_backfill", Boolean),
    Column("signed_seen_on", Date),
    Index(None, "template"),
)

# One row per task of the firm. `occurrence` is the anchor date (or, for recurring schedules, the period) as
# text, and `mission_id` is '' where there is none, because a NULL would escape the unique key (P2).
follow_up_tasks = Table(
    "follow_up_tasks",
    metadata,
    Column("task_id", Integer, primary_key=True, autoincrement=True),
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), nullable=False),
    Column("template", String(64), nullable=False),
    Column("schedule", String(64), nullable=False),
    Column("mission_id", String(64), nullable=False, server_default=""),
    Column("occurrence", String(32), nullable=False),
    Column("period", Integer),
    Column("label", String(200), nullable=False),
    Column("anchor_on", Date),
    Column("planned_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("created_on", Date, nullable=False),
    Column("status", String(64), nullable=False),
    Column("closed_on", Date),
    Column("closed_by", String(64)),
    UniqueConstraint("relation_id", "template", "schedule", "mission_id", "occurrence"),
    Index(None, "status", "template", "schedule"),
    sqlite_autoincrement=True,
)

# One row per step of a task, copied from the template when the task was made: editing the template does not
# change work that is under way. `send_on` is the raw send day of its mail, before quiet days: `offset_days` after the
# day that `send_from` names (creation, start, due), NULL where no mail leaves by itself.
follow_up_subtasks = Table(
    "follow_up_subtasks",
    metadata,
    Column("task_id", Integer, ForeignKey("follow_up_tasks.task_id"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("label", String(200)),
    Column("message", String(64)),
    Column("offset_days", Integer),
    Column("send_from", String(16)),
    Column("send_on", Date),
    Column("due_on", Date),
    Column("assignee_id", String(64)),
    Column("on_sent", String(64)),
    Column("status", String(16), nullable=False),
    Index(None, "kind", "status", "send_on"),
)

# One row per thing that a request asks for, copied from the template as its step is.
request_items = Table(
    "request_items",
    metadata,
    Column("task_id", Integer, primary_key=True),
    Column("subtask", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("label", String(200), nullable=False),
    Column("type", String(16), nullable=False),
    Column("field", String(64)),
    Column("status", String(16), nullable=False),
    ForeignKeyConstraint(["task_id", "subtask"], ["follow_up_subtasks.task_id", "follow_up_subtasks.key"]),
)

# One row per request to a mail service that cannot say whether it took the same one before. It is committed before
# the request leaves (O1); whoever closes it must find it as it was opened, so that a late answer changes nothing.
attempts = Table(
    "attempts",
    metadata,
    Column("attempt_id", Integer, primary_key=True, autoincrement=True),
    Column("claim", String(36), nullable=False),
    Column("batch_id", String(100)),
    Column("send_at", DateTime),
    Column("body_sha256", String(64), nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("lease_until", DateTime, nullable=False),
    Column("closed_at", DateTime),
    Column("http_status", Integer),
    Column("problem", String(200)),
    CheckConstraint("state IN ('" + "', '".join(ATTEMPT_STATES) + "')", name="state"),
    Index(None, "state", "lease_until"),
    sqlite_autoincrement=True,
)

# The outbox. One row per mail; its key is the database's own (M1). `recipient_id` is who, `email` is where:
# a corrected address does not make a second mail. `subject`, `body_text` and `body_html` are the client's own
# part, rendered; the shared layout is added when the mail leaves. `claimed_by` is the dispatch that has it in hand,
# until `claimed_until` (UTC); `attempt_id` is the request that it is or was part of.
messages = Table(
    "messages",
    metadata,
    Column("message_id", Integer, primary_key=True, autoincrement=True),
    Column("task_id", Integer, ForeignKey("follow_up_tasks.task_id"), nullable=False),
    Column("subtask", String(64), nullable=False),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("recipient_id", String(64), nullable=False),
    Column("email", String(320)),
    Column("language", String(2)),
    Column("subject", Text),
    Column("body_text", Text),
    Column("body_html", Text),
    Column("send_on", Date, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(32)),
    Column("claimed_by", String(36)),
    Column("claimed_until", DateTime),
    Column("attempt_id", Integer, ForeignKey("attempts.attempt_id")),
    Column("sent_at", DateTime),
    UniqueConstraint("task_id", "subtask", "sequence", "recipient_id"),
    CheckConstraint("status IN ('" + "', '".join(MESSAGE_STATUSES) + "')", name="status"),
    Index(None, "status", "send_on"),
    Index(None, "recipient_id"),
    Index(None, "attempt_id"),
    sqlite_autoincrement=True,
)

# The ledger. One row per file that was read in.
imports = Table(
    "imports",
    metadata,
    Column("import_id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("mapping", String(64), nullable=False),
    Column("source_file", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("imported_on", Date, nullable=False),
    Column("imported_at", DateTime, nullable=False),
    Column("read", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Index(None, "kind", "mapping", "source_file"),
    sqlite_autoincrement=True,
)

# One row per source row that was not let in, until a later import lets it in or no longer holds it (Q4).
# `is_holding`: nothing else of this file stands for the relation, so its automations wait.
quarantine = Table(
    "quarantine",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("mapping", String(64), primary_key=True),
    Column("source_file", String(255), primary_key=True),
    Column("source_row", Integer, primary_key=True),
    Column("row_id", String(255)),
    Column("reason", String(32), nullable=False),
    Column("column_name", String(128), nullable=False),
    Column("problem", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("is_holding", Boolean, nullable=False),
    Column("since_on", Date, nullable=False),
    Index(None, "kind", "row_id"),
)

# One row per run of the night, whatever became of it.
runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True, autoincrement=True),
    Column("as_of", Date, nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
    Column("relations_read", Integer),
    Column("figures", Text),
    Column("problem", Text),
    sqlite_autoincrement=True,
)
