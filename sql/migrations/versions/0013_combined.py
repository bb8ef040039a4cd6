"""Requests of several past periods leave in one mail as digests do: combined as they leave, each a message of its own (P4).

What another mail has carried is `sent` with it, and points to it by `carrier_id`. What was to be carried by a message that
has not left yet is composed anew, and so is that message.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

# What was handed over, whatever becomes of it, has been asked in that mail. Its text is the carrier's: if it has to
# leave again, it has one.
HANDED_OVER = """
UPDATE messages
SET status = carrier.status,
    reason = carrier.reason,
    email = carrier.email,
    language = carrier.language,
    subject = carrier.subject,
    body_text = carrier.body_text,
    body_html = carrier.body_html,
    send_on = carrier.send_on,
    attempt_id = carrier.attempt_id,
    claimed_by = carrier.claimed_by,
    claimed_until = carrier.claimed_until,
    sent_at = carrier.sent_at,
    delivery = carrier.delivery,
    carrier_id = carrier.message_id
FROM messages AS carrier
WHERE messages.merged_into_task_id IS NOT NULL
    AND messages.status = 'suppressed'
    AND carrier.task_id = messages.merged_into_task_id
    AND carrier.step = messages.step
    AND carrier.cycle = 0
    AND carrier.sequence = 0
    AND carrier.recipient_kind = messages.recipient_kind
    AND carrier.recipient_id = messages.recipient_id
    AND carrier.status IN ('sending', 'sent', 'unknown', 'held')
"""
# The carrier lists the requests of all: it is composed anew, too.
WAITING = """
UPDATE messages
SET status = 'suppressed', reason = 'superseded'
WHERE status = 'pending'
    AND cycle = 0
    AND sequence = 0
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.merged_into_task_id = messages.task_id AND m.step = messages.step AND m.status = 'suppressed'
            AND m.recipient_kind = messages.recipient_kind AND m.recipient_id = messages.recipient_id
    )
"""


def upgrade() -> None:
    """Give what was carried the state of its mail, and drop the column that named the carrying task."""
    op.execute(HANDED_OVER)
    op.execute(WAITING)
    op.drop_index("ix_messages_merged_into_task_id", table_name="messages")
    op.drop_column("messages", "merged_into_task_id")
