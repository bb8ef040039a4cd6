-- A mail that the service says did not arrive is not sent. Where the address is at fault it waits for another one
-- (`suppressed`); where this mail alone was refused it stays so.
UPDATE messages
SET status = CASE WHEN delivery IN ('bounced', 'dropped') THEN 'suppressed' ELSE 'rejected' END,
    reason = COALESCE(
        (
            SELECT MAX(s.reason) FROM suppressions AS s
            WHERE s.address = LOWER(messages.email) AND messages.delivery IN ('bounced', 'dropped')
        ),
        'bounced'
    )
WHERE message_id IN :message_ids
    AND status = 'sent'
    AND delivery IN ('bounced', 'dropped', 'blocked', 'refused')
