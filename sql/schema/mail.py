"""Tables about sending: messages, attempts to send them, and what the mail service reported.

May touch: SQLAlchemy.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
)

from sql.schema.base import metadata
from tasks.domain.mail.keys import MESSAGE_KEY, RECIPIENT_KINDS
from tasks.domain.mail.states import ATTEMPT_STATES, MESSAGE_STATUSES

TASK_OF_CAUSE = "CASE WHEN cause_kind = 'task' THEN CAST(cause_id AS integer) END"
# One row per request to a mail service that cannot tell whether it already accepted the same request. It is committed
# before the request is made (O1), and closed only if it is still in the state in which it was opened, so that a late
# answer changes nothing. `token` is sent with each message: an event or a log entry with it belongs to this request and
# no other. After a cancel was requested (`cancel_asked_at`), acceptance by the service no longer proves anything.
attempts = Table(
    "attempts",
    metadata,
    Column("attempt_id", Integer, primary_key=True, autoincrement=True),
    Column("claim", String(36), nullable=False),
    Column("token", String(64)),
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
    Column("cancel_asked_at", DateTime),
    CheckConstraint("state IN ('" + "', '".join(ATTEMPT_STATES) + "')", name="state"),
    Index(None, "state", "lease_until"),
    Index(None, "token", unique=True),
    sqlite_autoincrement=True,
)
# The outbox. One row per message, whatever asks for it. Its key is the database's own (M1): the cause (a task, for
# now), its step (a task's sub-task), the cycle of a request that was returned, the sequence (0 first, then reminders),
# and who receives it: a relation or a user. `task_id` is the cause if that is a task, computed by the database. `email`
# is where it goes: a corrected address does not create a second message. `subject`, `body_text` and `body_html` are the
# recipient's own part, rendered; placeholders are filled and the shared layout is added on sending. `claimed_by` is the
# dispatch that has claimed it, until `claimed_until` (UTC); `attempt_id` is the request that it is or was part of;
# `delivery` is the most severe kind of event reported since (tasks/domain/mail/events.py). `is_crossed`: it
# was handed over, and an answer came before it left (R2). `carrier_id`: the message in whose mail this one leaves, or
# left (P4, K1). `send_at` is the instant at which it leaves, if that is not the send hour (V3). `owner_id` is the user
# who gets the answer, if that is not the relation's owner; `is_from_owner`: it bears that user's name. `calendar` is an
# iCalendar text that goes with it (V5), `about_at` the start of the activity that it speaks of, and `fixed_email` where
# it goes although the recipient's address has changed.
messages = Table(
    "messages",
    metadata,
    Column("message_id", Integer, primary_key=True, autoincrement=True),
    Column("cause_kind", String(16), nullable=False),
    Column("cause_id", String(64), nullable=False),
    Column("step", String(64), nullable=False),
    Column("cycle", Integer, nullable=False, server_default="0"),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("recipient_kind", String(16), nullable=False),
    Column("recipient_id", String(64), nullable=False),
    Column("task_id", Integer, Computed(TASK_OF_CAUSE, persisted=True), ForeignKey("follow_up_tasks.task_id")),
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
    Column("delivery", String(16)),
    Column("is_crossed", Boolean),
    Column("carrier_id", Integer, index=True),
    Column("send_at", DateTime),
    Column("owner_id", String(64)),
    Column("is_from_owner", Boolean),
    Column("calendar", Text),
    Column("about_at", DateTime),
    Column("fixed_email", String(320)),
    UniqueConstraint(*MESSAGE_KEY, name="uq_messages_key"),
    CheckConstraint("recipient_kind IN ('" + "', '".join(RECIPIENT_KINDS) + "')", name="recipient_kind"),
    CheckConstraint("status IN ('" + "', '".join(MESSAGE_STATUSES) + "')", name="status"),
    Index(None, "task_id", "step"),
    Index(None, "status", "send_on"),
    Index(None, "recipient_id"),
    Index(None, "attempt_id"),
    sqlite_autoincrement=True,
)
# Bounces may name only the address (M7).
Index("ix_messages_address", func.lower(messages.c.email))
# One row per address and reason why it must not get e-mail (M7), in lower case. `kind` is the mail service's list, or
# `hand`; `reason` is the reason given to its messages, NULL if it does not stop any (a block concerns one message, and
# the next one may arrive).
suppressions = Table(
    "suppressions",
    metadata,
    Column("suppression_id", Integer, primary_key=True, autoincrement=True),
    Column("address", String(320), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reason", String(32)),
    Column("since_at", DateTime, nullable=False),
    UniqueConstraint("address", "kind"),
    sqlite_autoincrement=True,
)
# One row per list of the mail service: the instant up to which it has been read.
suppression_syncs = Table(
    "suppression_syncs",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("read_until", DateTime, nullable=False),
)
# One row per event that the mail service reported, by the service's id, so that repeated events are recognised. `token`
# is the attempt's; it is empty if the message is not ours, and only the address counts.
mail_events = Table(
    "mail_events",
    metadata,
    Column("event_id", String(128), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("happened_at", DateTime, nullable=False),
    Column("message_id", Integer),
    Column("token", String(64)),
    Column("address", String(320), nullable=False),
    Column("noted_at", DateTime, nullable=False),
    Index(None, "token"),
    Index(None, "message_id"),
)
# One row per pause of sending, by a person or after too many failures; open until `resumed_at`.
pauses = Table(
    "pauses",
    metadata,
    Column("pause_id", Integer, primary_key=True, autoincrement=True),
    Column("paused_at", DateTime, nullable=False),
    Column("problem", Text, nullable=False),
    Column("resumed_at", DateTime),
    sqlite_autoincrement=True,
)
