"""Tables about activities, and about the rules that act when a record is saved (V1 to V7, W3, W4).

May touch: SQLAlchemy.
"""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from sql.schema.base import metadata

# One row per appointment, call or other event at an instant (T6); instants are UTC. `saves` counts its saves, and
# `saved_at` is the last one; `sequence` counts the changes of start, end and place, and `uid` is its name for life in
# calendars, given with the first invitation (V5). `remind_at` is `starts_at` less `remind_minutes` (V3). Nothing that
# was due before `quiet_until` is sent: it came with a first import (V2). `follows_id`: the activity that it was copied
# from (V6). `is_invitation_due`: it was saved, and nobody has looked yet who is to be told (V5).
activities = Table(
    "activities",
    metadata,
    Column("activity_id", String(64), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("starts_at", DateTime, nullable=False),
    Column("ends_at", DateTime),
    Column("owner_id", String(64)),
    Column("contact_id", String(64), index=True),
    Column("location", String(200)),
    Column("status", String(32)),
    Column("description", Text),
    Column("is_notified", Boolean),
    Column("remind_minutes", Integer),
    Column("invitees", Text),
    Column("is_contact_notified", Boolean),
    Column("import_id", Integer),
    Column("folded_id", Text, index=True),
    Column("saves", Integer, nullable=False, server_default="0"),
    Column("saved_at", DateTime),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("uid", String(128)),
    Column("remind_at", DateTime),
    Column("quiet_until", DateTime),
    Column("follows_id", String(64), index=True, unique=True),
    Column("is_invitation_due", Boolean, index=True),
    Index(None, "remind_at"),
    Index(None, "starts_at"),
)
# One row per person who was asked to an activity: what that person was told last (V5). `method` is REQUEST, CANCEL, or
# NONE for somebody who came with a first import and was told nothing. `email` is where it went.
invitations = Table(
    "invitations",
    metadata,
    Column("activity_id", String(64), ForeignKey("activities.activity_id"), primary_key=True),
    Column("attendee_kind", String(16), primary_key=True),
    Column("attendee_id", String(64), primary_key=True),
    Column("method", String(8), nullable=False),
    Column("email", String(320)),
    Column("sequence", Integer, nullable=False),
    Column("told_at", DateTime, nullable=False),
)
# One row per rule, record and save for which the rule acted, was left out, or waits (W4). `save` names the save:
# its number, or the import. `outcome` is waiting, done, over (a delayed one whose condition no longer held), left_out
# or failed, the last two with a reason and in words what was missing.
rule_acts = Table(
    "rule_acts",
    metadata,
    Column("act_id", Integer, primary_key=True, autoincrement=True),
    Column("rule", String(64), nullable=False),
    Column("record_kind", String(16), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("save", String(32), nullable=False),
    Column("judged_at", DateTime, nullable=False),
    Column("due_at", DateTime),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(32)),
    Column("detail", String(500)),
    Column("owner_id", String(64)),
    UniqueConstraint("rule", "record_kind", "record_id", "save"),
    Index(None, "record_kind", "record_id"),
    Index(None, "outcome", "due_at"),
    sqlite_autoincrement=True,
)
# One row per field that a rule set otherwise than a file had it: the file's value. While the file repeats it, the
# rule's value stays (V1).
rule_values = Table(
    "rule_values",
    metadata,
    Column("record_kind", String(16), primary_key=True),
    Column("record_id", String(64), primary_key=True),
    Column("field", String(128), primary_key=True),
    Column("file_value", Text),
)
