"""The tables: what a row is, its key, and what the database itself refuses.

tests/integration/sql/test_migrations.py checks that the migrations give the same tables.
May touch: SQLAlchemy.
"""

from sql.schema.base import metadata
from sql.schema.intake import import_changes, imports, quarantine
from sql.schema.mail import (
    attempts,
    mail_events,
    messages,
    pauses,
    suppression_syncs,
    suppressions,
)
from sql.schema.quality import gaps, quality_scores
from sql.schema.relations import (
    activities,
    assignments,
    mission_services,
    missions,
    relation_fields,
    relations,
    reminder_pauses,
    users,
)
from sql.schema.runs import runs
from sql.schema.tasks import (
    documents,
    follow_up_subtasks,
    follow_up_tasks,
    request_items,
    request_recipients,
    task_comments,
)

__all__ = [
    "activities",
    "assignments",
    "attempts",
    "documents",
    "follow_up_subtasks",
    "follow_up_tasks",
    "gaps",
    "import_changes",
    "imports",
    "mail_events",
    "messages",
    "metadata",
    "mission_services",
    "missions",
    "pauses",
    "quality_scores",
    "quarantine",
    "relation_fields",
    "relations",
    "reminder_pauses",
    "request_items",
    "request_recipients",
    "runs",
    "suppression_syncs",
    "suppressions",
    "task_comments",
    "users",
]
