"""Tables about the firm's work: tasks, their sub-tasks, and the items that a request asks for.

May touch: SQLAlchemy.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from sql.schema.base import metadata

IS_OPEN = text("status NOT IN ('done', 'cancelled')")
IS_RECEIVED = text("status = 'received'")
IS_EXHAUSTED = text("exhausted_on IS NOT NULL")

# One row per task of the firm. `occurrence` is the anchor date (or, for recurring schedules, the period) as
# text, and `mission_id` is '' if there is none, because a NULL would escape the unique key (P2).
# `closed_by` says who closed it: `renewed`, `superseded` and `after_end` mean Relance (A2), `hand` a person, `steps`
# its last sub-task. `status_before` is the status it had then, `reopened_on` the day on which Relance last reopened it.
# `redated_from_on` is the anchor date it was created for, if it was changed since. `remove_on` is a dossier's
# last day, and `removed_on` the day on which what it held was removed (U6); its row, its history and what was accepted
# stay.
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
    Column("labels", Text),
    Column("anchor_on", Date),
    Column("planned_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("created_on", Date, nullable=False),
    Column("status", String(64), nullable=False),
    Column("closed_on", Date),
    Column("closed_by", String(64)),
    Column("status_before", String(64)),
    Column("reopened_on", Date),
    Column("redated_from_on", Date),
    Column("remove_on", Date, index=True),
    Column("removed_on", Date),
    UniqueConstraint("relation_id", "template", "schedule", "mission_id", "occurrence"),
    Index(None, "status", "template", "schedule"),
    Index(None, "status", "due_on", "task_id"),
    Index("ix_follow_up_tasks_open", "due_on", "task_id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    Index("ix_follow_up_tasks_open_of", "relation_id", "task_id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    sqlite_autoincrement=True,
)
# One row per sub-task, copied from the template when the task was created: editing the template does not change work
# in progress. `send_on` is the raw send day of its message, before quiet days: `offset_days` after the day that
# `send_from` names (creation, start, due), NULL if no message is sent automatically.
# `is_closed_with_task`: it was open when its task was closed, and is reopened when that is reversed.
# Of a request: `remind_*` is its rhythm and its messages, `cycle` counts its returns (R4), `remind_on` is
# the day of its next reminder before quiet days, written as a message of it leaves, `exhausted_on` is the day on
# which its last reminder left unanswered (R5), `completed_on` the day on which all that it requires was there,
# `recipients` is `contacts` if the persons of a company are asked (R6).
follow_up_subtasks = Table(
    "follow_up_subtasks",
    metadata,
    Column("task_id", Integer, ForeignKey("follow_up_tasks.task_id"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("label", String(200)),
    Column("labels", Text),
    Column("message", String(64)),
    Column("offset_days", Integer),
    Column("send_from", String(16)),
    Column("send_on", Date),
    Column("due_on", Date),
    Column("assignee_id", String(64), index=True),
    Column("on_sent", String(64)),
    Column("status", String(16), nullable=False),
    Column("is_closed_with_task", Boolean),
    Column("on_exhausted", String(64)),
    Column("on_returned", String(64)),
    Column("on_complete", String(64)),
    Column("remind_every_days", Integer),
    Column("remind_max", Integer),
    Column("remind_message", String(64)),
    Column("remind_message_started", String(64)),
    Column("cycle", Integer, nullable=False, server_default="0"),
    Column("remind_on", Date),
    Column("exhausted_on", Date),
    Column("completed_on", Date),
    Column("recipients", String(16)),
    Index(None, "kind", "status", "send_on"),
    Index(None, "remind_on"),
    Index("ix_follow_up_subtasks_exhausted", "task_id", sqlite_where=IS_EXHAUSTED, postgresql_where=IS_EXHAUSTED),
)
# One row per item that a request asks for, copied from the template like its sub-task, with its answer: `value` as text
# (a number with a point, a date as ISO), `source` page, import or hand, `note` the reason of a return or of "does not
# concern me", `promised_on` the day for which the client promised it, for the `promises`-th time (R7).
request_items = Table(
    "request_items",
    metadata,
    Column("task_id", Integer, primary_key=True),
    Column("subtask", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("label", String(200), nullable=False),
    Column("labels", Text),
    Column("type", String(16), nullable=False),
    Column("field", String(64)),
    Column("status", String(16), nullable=False),
    Column("is_optional", Boolean),
    Column("is_reviewed", Boolean),
    Column("is_expiry_asked", Boolean),
    Column("options", Text),
    Column("check_name", String(16)),
    Column("help", Text),
    Column("helps", Text),
    Column("min_files", Integer),
    Column("max_files", Integer),
    Column("accept", Text),
    Column("due_on", Date),
    Column("value", Text),
    Column("expires_on", Date),
    Column("answered_on", Date),
    Column("source", String(16)),
    Column("note", Text),
    Column("promised_on", Date),
    Column("promises", Integer),
    ForeignKeyConstraint(["task_id", "subtask"], ["follow_up_subtasks.task_id", "follow_up_subtasks.key"]),
    Index(None, "answered_on"),
    Index("ix_request_items_received", "task_id", sqlite_where=IS_RECEIVED, postgresql_where=IS_RECEIVED),
)
# One row per recipient that was chosen for a request, until `removed_on` (R6). A request without any asks the task's
# relation.
request_recipients = Table(
    "request_recipients",
    metadata,
    Column("task_id", Integer, primary_key=True),
    Column("step", String(64), primary_key=True),
    Column("recipient_id", String(64), ForeignKey("relations.relation_id"), primary_key=True, index=True),
    Column("added_on", Date, nullable=False),
    Column("removed_on", Date),
    ForeignKeyConstraint(["task_id", "step"], ["follow_up_subtasks.task_id", "follow_up_subtasks.key"]),
)
# One row per comment of a person of the firm on a task, with the user who wrote it at the desk; work that recurs never
# carries it over (A4).
task_comments = Table(
    "task_comments",
    metadata,
    Column("comment_id", Integer, primary_key=True, autoincrement=True),
    Column("task_id", Integer, ForeignKey("follow_up_tasks.task_id"), nullable=False, index=True),
    Column("written_at", DateTime, nullable=False),
    Column("text", Text, nullable=False),
    Column("user_id", String(64)),
    sqlite_autoincrement=True,
)
# One row per file that a client sent, in the home's documents/ under a random name: `path` is relative to it.
# `sha256` is of the file that is kept, `received_sha256` of what was sent, where that is another: pictures are stored
# without what they tell of the place. `scan`: clean, unscanned, unscannable, infected (D5). `removed_on`: the day on
# which the file was removed with its dossier or on the client's wish; its hash stays (U7).
documents = Table(
    "documents",
    metadata,
    Column("document_id", Integer, primary_key=True, autoincrement=True),
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), nullable=False),
    Column("task_id", Integer, nullable=False),
    Column("step", String(64), nullable=False),
    Column("item", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("path", String(255), nullable=False),
    Column("received_at", DateTime, nullable=False),
    Column("import_id", Integer),
    Column("scan", String(16), nullable=False, server_default="unscanned"),
    Column("received_sha256", String(64)),
    Column("removed_on", Date),
    ForeignKeyConstraint(
        ["task_id", "step", "item"], ["request_items.task_id", "request_items.subtask", "request_items.key"]
    ),
    UniqueConstraint("task_id", "step", "item", "sha256"),
    Index(None, "relation_id"),
    sqlite_autoincrement=True,
)
