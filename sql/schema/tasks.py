"""Tables about the firm's work: tasks, their sub-tasks, and the items that a request asks for.

May touch: SQLAlchemy.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
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

# One row per task of the firm. `occurrence` is the anchor date (or, for recurring schedules, the period) as
# text, and `mission_id` is '' if there is none, because a NULL would escape the unique key (P2).
# `closed_by` says who closed it: `renewed` and `superseded` mean Relance (A2), `hand` a person, `steps` its last
# sub-task. `status_before` is the status it had then, `reopened_on` the day on which Relance last reopened it.
# `redated_from_on` is the anchor date it was created for, if it was changed since.
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
    UniqueConstraint("relation_id", "template", "schedule", "mission_id", "occurrence"),
    Index(None, "status", "template", "schedule"),
    sqlite_autoincrement=True,
)
# One row per sub-task, copied from the template when the task was created: editing the template does not change work
# in progress. `send_on` is the raw send day of its message, before quiet days: `offset_days` after the day that
# `send_from` names (creation, start, due), NULL if no message is sent automatically.
# `is_closed_with_task`: it was open when its task was closed, and is reopened when that is reversed.
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
    Column("assignee_id", String(64)),
    Column("on_sent", String(64)),
    Column("status", String(16), nullable=False),
    Column("is_closed_with_task", Boolean),
    Index(None, "kind", "status", "send_on"),
)
# One row per item that a request asks for, copied from the template like its sub-task.
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
    ForeignKeyConstraint(["task_id", "subtask"], ["follow_up_subtasks.task_id", "follow_up_subtasks.key"]),
)
