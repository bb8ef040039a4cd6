"""Tables about clients: relations, the firm's users, assignments, missions and their services.

`import_id` in a table: the import that added the row, and that removes it when it is undone.
`folded_id`: the id as a person reads it (tasks/domain/intake/ids.py), by which a second spelling is found (Q6).
May touch: SQLAlchemy.
"""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, func

from sql.schema.base import metadata

# One row per relation (client, prospect or other) of the firm. `ended_on`: the day on which a run first saw it former.
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
    Column("import_id", Integer),
    Column("folded_id", Text, index=True),
    Column("is_opted_out", Boolean),
    Column("ended_on", Date),
    Index(None, "status", "relation_id"),
    Index(None, "owner_id", "relation_id"),
)
# Addresses are looked up in lower case, because the mail service may write them with other capitals.
Index("ix_relations_address", func.lower(relations.c.email))
# The desk finds names by how they begin; other collations than C find nothing so by a plain index.
Index("ix_relations_name", relations.c.name, postgresql_ops={"name": "text_pattern_ops"})
# One row per relation and data field: its value, and its expiry date. `replaced_*` is what a client's answer replaced:
# an import that still says so is a stale echo, and changes nothing (D6). `next_update_on` and `frequency` are the
# field's own where it does not go by the dates of its update group (U3).
relation_fields = Table(
    "relation_fields",
    metadata,
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("value", Text),
    Column("expires_on", Date),
    Column("source", String(200), nullable=False),
    Column("updated_on", Date, nullable=False),
    Column("import_id", Integer),
    Column("replaced_value", Text),
    Column("replaced_expires_on", Date),
    Column("next_update_on", Date),
    Column("frequency", String(32)),
)
# One row per user, i.e. a person of the firm. `role`: what he may do at the desk; NULL is staff.
users = Table(
    "users",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("first_name", String(200)),
    Column("last_name", String(200)),
    Column("email", String(320), nullable=False),
    Column("remind_minutes", Integer),
    Column("role", String(16)),
    Column("import_id", Integer),
    Column("folded_id", Text, index=True),
)
# One row per relation that was put on a schedule by hand; `stop_on` is its last day (T4).
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
# One row per relation that gets no reminders, until `until_on` inclusive or until a person ends it (K2).
reminder_pauses = Table(
    "reminder_pauses",
    metadata,
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), primary_key=True),
    Column("paused_on", Date, nullable=False),
    Column("until_on", Date),
)
# One row per engagement of a relation; only a signed one creates tasks (P4). `end_on` is its last day (T4).
missions = Table(
    "missions",
    metadata,
    Column("mission_id", String(64), primary_key=True),
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), nullable=False),
    Column("name", String(200)),
    Column("status", String(16), nullable=False),
    Column("start_on", Date),
    Column("end_on", Date),
    Column("import_id", Integer),
    Column("folded_id", Text, index=True),
    Index(None, "relation_id"),
)
# One row per service of a mission: a template to create tasks from. `signed_seen_on` is the first day on which the
# service was seen in a signed mission: no tasks are created for earlier due dates, unless `is_backfill` (P4).
# `recipients`: ids of the relations that its requests ask, with blanks between them (R6).
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
    Column("import_id", Integer),
    Column("recipients", Text),
    Index(None, "template"),
)
