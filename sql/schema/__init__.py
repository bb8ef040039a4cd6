"""The tables: what a row is, its key, and what the database itself refuses.

tests/integration/sql/test_migrations.py checks that the migrations give the same tables.
May touch: SQLAlchemy.
"""

from sql.schema.activities import activities, invitations, rule_acts, rule_values
from sql.schema.base import metadata
from sql.schema.desk import desk_acts, desk_links, desk_sessions, desk_works
from sql.schema.intake import import_changes, imports, quarantine
from sql.schema.mail import (
    attempts,
    mail_events,
    messages,
    pauses,
    suppression_syncs,
    suppressions,
)
from sql.schema.pages import (
    drafts,
    page_links,
    page_session_links,
    page_sessions,
    request_events,
    sign_in_codes,
)
from sql.schema.quality import gaps, quality_scores
from sql.schema.relations import (
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
    "desk_acts",
    "desk_links",
    "desk_sessions",
    "desk_works",
    "documents",
    "drafts",
    "follow_up_subtasks",
    "follow_up_tasks",
    "gaps",
    "import_changes",
    "imports",
    "invitations",
    "mail_events",
    "messages",
    "metadata",
    "mission_services",
    "missions",
    "page_links",
    "page_session_links",
    "page_sessions",
    "pauses",
    "quality_scores",
    "quarantine",
    "relation_fields",
    "relations",
    "reminder_pauses",
    "request_events",
    "request_items",
    "request_recipients",
    "rule_acts",
    "rule_values",
    "runs",
    "sign_in_codes",
    "suppression_syncs",
    "suppressions",
    "task_comments",
    "users",
]
